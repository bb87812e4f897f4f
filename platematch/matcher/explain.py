"""The explanation: the best alignment of a read with the listed plate, and one sentence on it and on the odds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np

from platematch.matcher.channel import symbols
from platematch.matcher.kernels import ADDED_EDGE, ADDED_INSIDE, ANY_ROW, LOST_EDGE, LOST_INSIDE, Channel
from platematch.matcher.match import Explanation, Step
from platematch.matcher.posterior import Odds
from platematch.plates import unpack


def explain(
    read: str, listed: str, alignment: list[Step], odds: Odds, *, prior: float, likelihood: float, runner_up: str | None
) -> Explanation:
    """The explanation of a match in words and data. read: the text that was aligned; listed: as on the list."""
    parts = [f"Read {read}, listed {listed}: {_differences(alignment)}. {_odds_in_words(odds)}"]
    if runner_up is not None:
        parts.append(f"The next plate of the list is {runner_up}.")
    return Explanation(
        sentence=" ".join(parts),
        alignment=alignment,
        prior=prior,
        likelihood=likelihood,
        background=odds.background,
        rivals=odds.rivals,
        runner_up=runner_up,
    )


class _Pair(NamedTuple):
    """A listed plate and a text, as characters and as rows of the emission table."""

    listed: str
    read: str
    listed_rows: list[int]
    read_rows: list[int]


class Aligner:
    """Best paths through the channel, averaged over its severities (Durbin et al., section 4.1)."""

    def __init__(self, channel: Channel) -> None:
        self._emit = np.einsum("s,spr->pr", channel.shares, channel.emit)
        self._added = np.einsum("s,ser->er", channel.shares, channel.added)
        self._gaps = channel.shares @ channel.gaps

    def align(self, plate: bytes, read: bytes) -> tuple[float, list[Step]]:
        """The log-likelihood of the best alignment of a plate with a text, both symbol codes, and its steps."""
        pair = _Pair(unpack(plate), unpack(read), symbols(plate).tolist(), symbols(read).tolist())
        best: dict[tuple[int, int], tuple[float, list[Step]]] = {(0, 0): (0.0, [])}
        for i in range(len(plate) + 1):
            for j in range(len(read) + 1):
                if (i, j) != (0, 0):
                    best[i, j] = max(self._arrivals(best, pair, i, j), key=lambda path: path[0])
        return best[len(plate), len(read)]

    def _arrivals(
        self, best: dict[tuple[int, int], tuple[float, list[Step]]], pair: _Pair, i: int, j: int
    ) -> Iterator[tuple[float, list[Step]]]:
        """The paths that reach a cell from its neighbours, the one that pairs two characters first."""
        m = len(pair.listed)
        lost = float(self._gaps[LOST_EDGE if i in (1, m) else LOST_INSIDE])
        added = float(self._gaps[ADDED_EDGE if i in (0, m) else ADDED_INSIDE])
        if i and j:
            rate = float(self._emit[pair.listed_rows[i - 1], pair.read_rows[j - 1]])
            yield _longer(best[i - 1, j - 1], _step(pair, i - 1, j - 1, rate), rate * (1.0 - lost))
        if i:
            yield _longer(best[i - 1, j], Step("lost", pair.listed[i - 1], "", lost), lost)
        if j:
            shown = float(self._added[int(i in (0, m)), pair.read_rows[j - 1]])
            yield _longer(best[i, j - 1], Step("added", "", pair.read[j - 1], added), added * shown)


def _longer(path: tuple[float, list[Step]], step: Step, factor: float) -> tuple[float, list[Step]]:
    return path[0] + math.log(max(factor, 1e-300)), [*path[1], step]


def _step(pair: _Pair, i: int, j: int, rate: float) -> Step:
    listed, read = pair.listed_rows[i], pair.read_rows[j]
    kind: Literal["wildcard", "unread", "same", "confused"] = "same" if listed == read else "confused"
    if ANY_ROW in (listed, read):
        kind = "wildcard" if listed == ANY_ROW else "unread"
    return Step(kind, pair.listed[i], pair.read[j], rate)


def _differences(alignment: Sequence[Step]) -> str:
    found = [words for step in alignment if (words := _in_words(step))]
    if any(step.kind == "wildcard" for step in alignment):
        found.insert(0, "the pattern fits" if not found else "the pattern nearly fits")
    return "; ".join(dict.fromkeys(found)) or "every character agrees"


def _in_words(step: Step) -> str:
    rate = percent(step.rate)
    match step.kind:
        case "confused":
            return f"read {step.read} where the list has {step.listed}; cameras confuse these in {rate} of reads"
        case "lost":
            return f"the {step.listed} of the list was not read; cameras lose a character there in {rate} of reads"
        case "added":
            return f"read one {step.read} more; cameras add a character there in {rate} of reads"
        case "unread":
            return f"the {step.listed} of the list was unreadable"
        case _:
            return ""


def _odds_in_words(odds: Odds) -> str:
    against = odds.background + odds.rivals
    ratio = odds.listed / against if against > 0 else math.inf
    who = "Another listed vehicle" if odds.rivals > odds.background else "An ordinary vehicle"
    if 0.95 < ratio < 1.05:
        return f"{who} would give this read as often as the listed one."
    if ratio > 1:
        return f"{who} would give this read {_times(ratio)} times less often than the listed one."
    return f"{who} would give this read {_times(1 / ratio)} times more often than the listed one."


def _times(ratio: float) -> str:
    return "over a million" if ratio > 1e6 else f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}"


def percent(rate: float) -> str:
    """A rate in words: `1.2 %`, with two digits that count."""
    return f"{float(f'{100 * rate:.2g}'):g} %" if rate >= 1e-5 else "under 0.001 %"
