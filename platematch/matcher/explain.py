"""The explanation: the best alignment of a read with the listed plate, the figures, and both sentences on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from msgspec.structs import replace

from platematch.matcher.channel import symbols
from platematch.matcher.kernels import ADDED_EDGE, ADDED_INSIDE, ANY_ROW, LOST_EDGE, LOST_INSIDE, Channel
from platematch.matcher.languages import ENGLISH, UKRAINIAN
from platematch.matcher.match import Evidence, Explanation, Step
from platematch.matcher.posterior import Odds
from platematch.matcher.wording import sentence
from platematch.plates import unpack


def explain(
    read: str,
    listed: str,
    alignment: list[Step],
    odds: Odds,
    *,
    prior: float,
    likelihood: float,
    runner_up: str | None,
    runner_up_probability: float | None = None,
    evidence: Sequence[Evidence] = (),
    ambiguous: bool = False,
) -> Explanation:
    """The explanation of a match in words and data. read: the text that was aligned; listed: as on the list.

    odds hold the evidence; runner_up_probability: of the plate that comes next on the same list.
    """
    why = Explanation(
        sentence="",
        alignment=alignment,
        prior=prior,
        likelihood=likelihood,
        background=odds.background,
        rivals=odds.rivals,
        runner_up=runner_up,
        evidence=list(evidence),
        runner_up_probability=runner_up_probability,
        ambiguous=ambiguous,
    )
    return worded(why, read=read, listed=listed, probability=odds.probability)


def worded(why: Explanation, *, read: str, listed: str, probability: float) -> Explanation:
    """The explanation with its sentences made anew, as for a hit whose later reads have raised its probability."""
    english, ukrainian = (
        sentence(why, language, read=read, listed=listed, probability=probability) for language in (ENGLISH, UKRAINIAN)
    )
    return replace(why, sentence=english, sentence_uk=ukrainian)


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
