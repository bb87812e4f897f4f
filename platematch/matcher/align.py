"""The best alignment of a read with a listed plate: which characters were confused, lost or added."""

from __future__ import annotations

import math
from typing import Literal

import numba
import numpy as np

from platematch.matcher.channel import symbols
from platematch.matcher.kernels import (
    ADDED_EDGE,
    ADDED_INSIDE,
    ANY_ROW,
    LOST_EDGE,
    LOST_INSIDE,
    Channel,
    Codes,
    Floats,
    kernel,
)
from platematch.matcher.match import Step
from platematch.plates import unpack

PAIRED, LOST, ADDED = range(3)
_f8, _u1 = numba.float64, numba.uint8


class Aligner:
    """Best paths through the channel, averaged over its severities (Durbin et al., section 4.1)."""

    def __init__(self, channel: Channel) -> None:
        self._emit = np.einsum("s,spr->pr", channel.shares, channel.emit)
        self._added = np.einsum("s,ser->er", channel.shares, channel.added)
        self._gaps = channel.shares @ channel.gaps
        self._rates: list[float] = self._gaps.tolist()

    def align(self, plate: bytes, read: bytes) -> tuple[float, list[Step]]:
        """The log-likelihood of the best alignment of a plate with a text, both symbol codes, and its steps."""
        listed, shown = unpack(plate), unpack(read)
        listed_rows, read_rows = symbols(plate), symbols(read)
        likelihood, table = paths(listed_rows, read_rows, self._emit, self._added, self._gaps)
        arrivals: list[list[int]] = table.tolist()
        steps: list[Step] = []
        i, j, m = len(plate), len(read), len(plate)
        while i or j:
            arrival = arrivals[i][j]
            i -= arrival != ADDED
            j -= arrival != LOST
            if arrival == LOST:
                steps.append(Step("lost", listed[i], "", self._rates[LOST_EDGE if i in (0, m - 1) else LOST_INSIDE]))
            elif arrival == ADDED:
                steps.append(Step("added", "", shown[j], self._rates[ADDED_EDGE if i in (0, m) else ADDED_INSIDE]))
            else:
                steps.append(self._paired(listed[i], shown[j], int(listed_rows[i]), int(read_rows[j])))
        return math.log(max(likelihood, 1e-300)), steps[::-1]

    def _paired(self, listed: str, read: str, listed_row: int, read_row: int) -> Step:
        kind: Literal["wildcard", "unread", "same", "confused"] = "same" if listed_row == read_row else "confused"
        if ANY_ROW in (listed_row, read_row):
            kind = "wildcard" if listed_row == ANY_ROW else "unread"
        return Step(kind, listed, read, float(self._emit[listed_row, read_row]))


_BOTH = numba.types.Tuple((_f8, _u1[:, ::1]))  # type: ignore[no-untyped-call]


@kernel(_BOTH(_u1[::1], _u1[::1], _f8[:, ::1], _f8[:, ::1], _f8[::1]))
def paths(plate: Codes, read: Codes, emit: Floats, added: Floats, gaps: Floats) -> tuple[float, Codes]:
    """The best path's likelihood, and by which step the best path to each cell (m + 1, n + 1) comes there.

    A pair wins a tie. plate (m,), read (n,): rows of the emission table; emit (rows, symbols), added (2, symbols) and
    gaps (4,): of a channel of one severity.
    """
    m, n = len(plate), len(read)
    arrivals, best = np.zeros((m + 1, n + 1), dtype=np.uint8), np.full((m + 1, n + 1), -1.0)
    for i in range(m + 1):
        ends = i == 0 or i == m
        lost = gaps[LOST_EDGE if i == 1 or i == m else LOST_INSIDE]
        for j in range(n + 1):
            if i > 0 and j > 0:
                best[i, j] = best[i - 1, j - 1] * emit[plate[i - 1], read[j - 1]] * (1.0 - lost)
            elif i == 0 and j == 0:
                best[i, j] = 1.0
            if i > 0 and best[i - 1, j] * lost > best[i, j]:
                best[i, j], arrivals[i, j] = best[i - 1, j] * lost, LOST
            if j > 0:
                grown = best[i, j - 1] * gaps[ADDED_EDGE if ends else ADDED_INSIDE]
                grown *= added[1 if ends else 0, read[j - 1]]
                if grown > best[i, j]:
                    best[i, j], arrivals[i, j] = grown, ADDED
    return best[m, n], arrivals
