"""The two pictures of the accuracy benchmark: found against false, and stated probabilities against outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")  # no display is needed, and none is opened

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from benchmarks._curve import HIGH, LOW, Said, Scored

DPI = 160
INK, PALE = "#22303c", "#8a97a3"
COLORS = {
    "matcher, text only": "#0b6fa4",
    "matcher, text only, pairs learnt": "#0b6fa4",
    "matcher, ten candidates": "#d1495b",
    "matcher, ten candidates, pairs learnt": "#d1495b",
    "weighted edit distance": "#7d8f69",
    "match weights (Splink-like)": "#b08968",
}
DRAWN_AS_POINTS = ("exact text", "Genetec, one look-alike", "OPS-COM, one look-alike", "Levenshtein ≤ 1 (RapidFuzz)")
MARKERS = dict(zip(DRAWN_AS_POINTS, "osD^", strict=True))
STYLE: Any = {
    "axes.edgecolor": PALE, "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#e6eaed",
    "font.size": 10, "axes.titlesize": 11, "axes.titleweight": "bold", "legend.frameon": False,
}  # fmt: skip


def draw(folder: Path, sizes: Mapping[str, Mapping[str, Any]]) -> None:
    """Write found-false.png and reliability.png into the folder, which is made if it is not there.

    sizes: of each title "curves" (Scored by rule), "settings" (found, false per 100,000 by rule) and "stated" (Said by
    rule).
    """
    folder.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STYLE):
        _found_false(folder / "found-false.png", sizes)
        _reliability(folder / "reliability.png", sizes)


def _found_false(file: Path, sizes: Mapping[str, Mapping[str, Any]]) -> None:
    figure, axes = plt.subplots(1, len(sizes), figsize=(4.6 * len(sizes), 4.6), sharey=True, squeeze=False)
    for ax, (title, drawn) in zip(axes[0], sizes.items(), strict=True):
        for name, color in COLORS.items():
            if name in drawn["curves"]:
                _curve(ax, name, drawn["curves"][name], color)
        for name, marker in MARKERS.items():
            found, false = drawn["settings"][name]
            ax.plot(
                max(false, 0.1), found, marker, color=INK, markersize=6, label=name, linestyle="none", clip_on=False
            )
        ax.set(title=title, xscale="log", xlim=(0.1, 3e5), ylim=(0.5, 1.0), xlabel="false alerts per 100,000 reads")
        for rate in (1, 10):
            ax.axvline(rate, color=PALE, linewidth=0.8, linestyle=(0, (2, 3)), zorder=0)
    axes[0][0].set_ylabel("share of listed vehicles found")
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=len(sizes) + 1, fontsize=9)
    rows = -(-len(labels) // (len(sizes) + 1))
    figure.tight_layout(rect=(0, 0.03 + 0.05 * rows, 1, 1))
    figure.savefig(file, dpi=DPI)
    plt.close(figure)


def _curve(ax: Axes, name: str, scored: Scored, color: str) -> None:
    rates, found = scored.curve()
    learnt = "learnt" in name
    ax.step(
        rates, found, where="post", color=color, label=name, linewidth=2.0 if name.startswith("matcher") else 1.3,
        linestyle="-" if learnt or not name.startswith("matcher") else (0, (4, 1.5)),
    )  # fmt: skip


def _reliability(file: Path, sizes: Mapping[str, Mapping[str, Any]]) -> None:
    """One panel for each row of the matcher that has a colour, the sizes of lists as points in it."""
    names = [name for name in COLORS if any(name in drawn["stated"] for drawn in sizes.values())]
    figure, axes = plt.subplots(1, len(names), figsize=(3.4 * len(names), 4.0), sharey=True, squeeze=False)
    for ax, name in zip(axes[0], names, strict=True):
        ax.plot([0, 1], [0, 1], color=PALE, linewidth=1)
        for marker, (title, drawn) in zip("osD^v", sizes.items(), strict=False):
            _points(ax, title, drawn["stated"].get(name), marker, COLORS[name])
        ax.set(title=name.removeprefix("matcher, "), xlabel="probability stated", xlim=(LOW, 1), ylim=(0, 1.02))
        ax.set_aspect("equal", adjustable="box")
        ax.legend(loc="lower right", fontsize=8)
    axes[0][0].set_ylabel(f"share that was right (hits from {LOW:g} to {HIGH:g})")
    figure.tight_layout()
    figure.savefig(file, dpi=DPI)
    plt.close(figure)


def _points(ax: Axes, title: str, said: Said | None, marker: str, color: str) -> None:
    """Bins as points, with two standard errors of the share that was right."""
    if said is None or not said.rows():
        return
    stated, right, _, count = zip(*said.rows(), strict=True)
    errors = [2 * (max(share * (1 - share), 0.01) / hits) ** 0.5 for share, hits in zip(right, count, strict=True)]
    ax.errorbar(
        stated, right, yerr=errors, fmt=marker, color=color, ecolor=PALE, elinewidth=1, markersize=5, label=title,
        markerfacecolor="white" if marker == "s" else color,
    )  # fmt: skip
