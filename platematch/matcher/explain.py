"""The explanation: the best alignment of a read with the listed plate, and one sentence on it and on the odds."""

from __future__ import annotations

import math
from collections.abc import Sequence
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


_PAIRED, _LOST, _ADDED = range(3)


class Aligner:
    """Best paths through the channel, averaged over its severities (Durbin et al., section 4.1)."""

    def __init__(self, channel: Channel) -> None:
        self._emit = np.einsum("s,spr->pr", channel.shares, channel.emit)
        self._added = np.einsum("s,ser->er", channel.shares, channel.added)
        self._gaps: list[float] = (channel.shares @ channel.gaps).tolist()

    def align(self, plate: bytes, read: bytes) -> tuple[float, list[Step]]:
        """The log-likelihood of the best alignment of a plate with a text, both symbol codes, and its steps."""
        pair = _Pair(unpack(plate), unpack(read), symbols(plate).tolist(), symbols(read).tolist())
        likelihood, arrivals = self._paths(pair)
        steps: list[Step] = []
        i, j = len(plate), len(read)
        while i or j:
            arrival = arrivals[i][j]
            i -= arrival != _ADDED
            j -= arrival != _LOST
            steps.append(self._step(pair, i, j, arrival))
        return math.log(max(likelihood, 1e-300)), steps[::-1]

    def _paths(self, pair: _Pair) -> tuple[float, list[list[int]]]:
        """The best path's likelihood, and by which step the best path to each cell comes there; a pair wins a tie."""
        m, n = len(pair.listed), len(pair.read)
        rates: list[list[float]] = self._emit[np.ix_(pair.listed_rows, pair.read_rows)].tolist()
        strays: list[list[float]] = self._added[:, pair.read_rows].tolist()
        arrivals = [[_PAIRED] * (n + 1) for _ in range(m + 1)]
        above: list[float] = []
        for i in range(m + 1):
            lost = self._gaps[LOST_EDGE if i in (1, m) else LOST_INSIDE]
            grow, stray = self._gaps[ADDED_EDGE if i in (0, m) else ADDED_INSIDE], strays[i in (0, m)]
            row: list[float] = []
            for j in range(n + 1):
                best, arrival = (
                    (above[j - 1] * rates[i - 1][j - 1] * (1.0 - lost), _PAIRED) if i and j else (-1.0, _PAIRED)
                )
                if i and above[j] * lost > best:
                    best, arrival = above[j] * lost, _LOST
                if j and row[j - 1] * grow * stray[j - 1] > best:
                    best, arrival = row[j - 1] * grow * stray[j - 1], _ADDED
                row.append(best if i or j else 1.0)
                arrivals[i][j] = arrival
            above = row
        return above[n], arrivals

    def _step(self, pair: _Pair, i: int, j: int, arrival: int) -> Step:
        """The step that leaves the cell (i, j)."""
        m = len(pair.listed)
        if arrival == _LOST:
            return Step("lost", pair.listed[i], "", self._gaps[LOST_EDGE if i in (0, m - 1) else LOST_INSIDE])
        if arrival == _ADDED:
            return Step("added", "", pair.read[j], self._gaps[ADDED_EDGE if i in (0, m) else ADDED_INSIDE])
        listed, read = pair.listed_rows[i], pair.read_rows[j]
        kind: Literal["wildcard", "unread", "same", "confused"] = "same" if listed == read else "confused"
        if ANY_ROW in (listed, read):
            kind = "wildcard" if listed == ANY_ROW else "unread"
        return Step(kind, pair.listed[i], pair.read[j], float(self._emit[listed, read]))


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
