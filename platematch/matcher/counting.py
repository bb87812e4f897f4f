"""The kernel that counts: what reads say of a camera's channel and of the traffic, in expectation, by forward-backward.

The expectation step of Baum and Welch for the channel of kernels.py (Durbin et al., sections 3.3 and 4.2), of a read
beside one plate (a labelled pair) or beside the patterns of all formats (just another vehicle).
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from platematch.matcher.kernels import (
    ADDED_EDGE,
    ADDED_INSIDE,
    CHANNEL,
    FORMATS,
    LOST_EDGE,
    LOST_INSIDE,
    Channel,
    Codes,
    Floats,
    Formats,
    Ints,
    Longs,
    kernel,
)

COUNTED = 37
"""Symbols that are counted: unread, 0-9, A-Z. Those of other scripts keep the default rates."""
NEGLIGIBLE = 1e-3
"""Explanations of a read that are less probable than this are not counted."""
NEAREST = 1
"""Patterns whose length differs by more are not tried."""


class Seen(NamedTuple):
    """n reads. starts (n + 1,) int64: read g showed the alternative texts starts[g]:starts[g + 1], with weights (t,).

    codes (t, 16) rows of the emission table, lengths (t,) int32; bins (t, 16) int64: of the confidence of each
    character, -1 without one; cameras (n,) int64; first, last (n,) int64: the patterns that may explain the read.
    """

    starts: Longs
    codes: Codes
    lengths: Ints
    weights: Floats
    bins: Longs
    cameras: Longs
    first: Longs
    last: Longs


class Sums(NamedTuple):
    """What is added to, of c cameras: rows (c, S, rows, COUNTED): plate's row, symbol read; gaps, chances (c, S, 4).

    strays (c, 2, COUNTED): inside, at an edge; severities (c, S); formats (c, patterns); positions
    (patterns, 16, COUNTED); characters (c, 2, BINS): right, wrong.
    """

    rows: NDArray[np.float64]
    gaps: Floats
    chances: Floats
    strays: Floats
    severities: Floats
    formats: Floats
    positions: Floats
    characters: Floats


_f8, _i4, _i8, _u1 = numba.float64, numba.int32, numba.int64, numba.uint8
_named = numba.types.NamedTuple
SEEN = _named((_i8[::1], _u1[:, ::1], _i4[::1], _f8[::1], _i8[:, ::1], _i8[::1], _i8[::1], _i8[::1]), Seen)  # type: ignore[no-untyped-call]
SUMS = _named(
    (
        _f8[:, :, :, ::1],
        _f8[:, :, ::1],
        _f8[:, :, ::1],
        _f8[:, :, ::1],
        _f8[:, ::1],
        _f8[:, ::1],
        _f8[:, :, ::1],
        _f8[:, :, ::1],
    ),
    Sums,
)  # type: ignore[no-untyped-call]


@kernel(_f8(_u1[::1], _i8, _u1[::1], _i8, _i8, CHANNEL, _f8[:, ::1]))
def reach(plate: Codes, m: int, read: Codes, n: int, s: int, channel: Channel, before: Floats) -> float:
    """P(read | plate, severity s); before[i, j]: of all ways to have shown i characters of it by j symbols."""
    emit, added, gaps = channel.emit, channel.added, channel.gaps
    before[: m + 1, : n + 1] = 0.0
    before[0, 0] = 1.0
    for i in range(m + 1):
        inside = 0 < i < m
        grow = gaps[s, ADDED_INSIDE] if inside else gaps[s, ADDED_EDGE]
        stray = 0 if inside else 1
        lost = gaps[s, LOST_EDGE] if i == 0 or i == m - 1 else gaps[s, LOST_INSIDE]
        for j in range(n + 1):
            if j > 0:
                before[i, j] += before[i, j - 1] * grow * added[s, stray, read[j - 1]]
            if i < m:
                kept = before[i, j] * (1.0 - grow)
                before[i + 1, j] += kept * lost
                if j < n:
                    before[i + 1, j + 1] += kept * (1.0 - lost) * emit[s, plate[i], read[j]]
    total: float = before[m, n] * (1.0 - gaps[s, ADDED_EDGE])
    return total


@kernel(numba.void(_u1[::1], _i8, _u1[::1], _i8, _i8, CHANNEL, _f8[:, ::1]))
def rest(plate: Codes, m: int, read: Codes, n: int, s: int, channel: Channel, after: Floats) -> None:
    """after[i, j]: of all ways to go on from i characters shown by j symbols to the end."""
    emit, added, gaps = channel.emit, channel.added, channel.gaps
    for i in range(m, -1, -1):
        inside = 0 < i < m
        grow = gaps[s, ADDED_INSIDE] if inside else gaps[s, ADDED_EDGE]
        stray = 0 if inside else 1
        lost = gaps[s, LOST_EDGE] if i == 0 or i == m - 1 else gaps[s, LOST_INSIDE]
        for j in range(n, -1, -1):
            after[i, j] = 1.0 - grow if i == m and j == n else 0.0
            if j < n:
                after[i, j] += grow * added[s, stray, read[j]] * after[i, j + 1]
            if i < m:
                after[i, j] += (1.0 - grow) * lost * after[i + 1, j]
                if j < n:
                    shown = emit[s, plate[i], read[j]] * after[i + 1, j + 1]
                    after[i, j] += (1.0 - grow) * (1.0 - lost) * shown


@kernel(numba.void(_i8, _i8, _i8, _i8, _f8, SEEN, FORMATS, CHANNEL, _f8[::1], _f8[:, ::1], _f8[:, ::1], SUMS))
def share_out(
    g: int,
    t: int,
    p: int,
    s: int,
    scale: float,
    seen: Seen,
    formats: Formats,
    channel: Channel,
    sight: Floats,
    before: Floats,
    after: Floats,
    sums: Sums,
) -> None:
    """Add what one explanation of a read counts: text t as pattern p at severity s; scale: its weight over P(read).

    sight (rows,): of the misreadings of what a row stands for, the share that shows: that are none of the row's own.
    """
    emit, added, gaps, frequencies = channel.emit, channel.added, channel.gaps, formats.frequencies
    c, plate, read, m, n = seen.cameras[g], formats.patterns[p], seen.codes[t], formats.lengths[p], seen.lengths[t]
    reach(plate, m, read, n, s, channel, before)
    rest(plate, m, read, n, s, channel, after)
    for i in range(m + 1):
        inside = 0 < i < m
        kind, grow = (ADDED_INSIDE, gaps[s, ADDED_INSIDE]) if inside else (ADDED_EDGE, gaps[s, ADDED_EDGE])
        stray = 0 if inside else 1
        grown = 0.0
        for j in range(n):
            weight = scale * before[i, j] * grow * added[s, stray, read[j]] * after[i, j + 1]
            grown += weight
            if read[j] < COUNTED:
                sums.strays[c, stray, read[j]] += weight
        sums.gaps[c, s, kind] += grown
        sums.chances[c, s, kind] += grown + scale * after[0, 0]
        if i == m:
            break
        edge = i == 0 or i == m - 1
        kind, lost = (LOST_EDGE, gaps[s, LOST_EDGE]) if edge else (LOST_INSIDE, gaps[s, LOST_INSIDE])
        sums.chances[c, s, kind] += scale * after[0, 0]
        for j in range(n + 1):
            kept = scale * before[i, j] * (1.0 - grow)
            sums.gaps[c, s, kind] += kept * lost * after[i + 1, j]
            if j == n or read[j] >= COUNTED:
                continue
            weight = kept * (1.0 - lost) * emit[s, plate[i], read[j]] * after[i + 1, j + 1]
            own = frequencies[plate[i], read[j]] > 0.0
            sums.rows[c, s, plate[i], read[j]] += weight
            if own:
                sums.positions[p, i, read[j]] += weight
            if seen.bins[t, j] >= 0 and read[j] > 0 and sight[plate[i]] > 0.0:
                wrong = 0.0 if own else weight / sight[plate[i]]
                sums.characters[c, 0, seen.bins[t, j]] += weight - wrong
                sums.characters[c, 1, seen.bins[t, j]] += wrong


@kernel(_f8(SEEN, FORMATS, CHANNEL, _f8[::1], _f8, SUMS))
def count(seen: Seen, formats: Formats, channel: Channel, sight: Floats, no_plate: float, sums: Sums) -> float:
    """Add the expected counts of all reads; gives the sum of ln P(read), of reads that can be explained.

    no_plate: the share of reads that are none, with any symbols equally likely; of these nothing is counted.
    """
    before, after = np.zeros((17, 17)), np.zeros((17, 17))
    severities = channel.shares.shape[0]
    weights = np.zeros((formats.lengths.shape[0], severities))
    total = 0.0
    for g in range(seen.cameras.shape[0]):
        probability = 0.0
        for t in range(seen.starts[g], seen.starts[g + 1]):
            probability += no_plate * seen.weights[t] * (1.0 / (COUNTED - 1)) ** seen.lengths[t]
        for turn in range(2):  # the first finds P(read), the second shares it out
            for t in range(seen.starts[g], seen.starts[g + 1]):
                n = seen.lengths[t]
                for p in range(seen.first[g], seen.last[g]):
                    m = formats.lengths[p]
                    if n == 0 or m - n > NEAREST or n - m > NEAREST:
                        continue
                    for s in range(severities):
                        chance = seen.weights[t] * formats.shares[p] * channel.shares[s]
                        if turn == 0 or seen.starts[g + 1] - seen.starts[g] > 1:
                            weights[p, s] = chance * reach(formats.patterns[p], m, seen.codes[t], n, s, channel, before)
                        if turn == 0:
                            probability += weights[p, s]
                        elif weights[p, s] > NEGLIGIBLE * probability:
                            sums.severities[seen.cameras[g], s] += weights[p, s] / probability
                            sums.formats[seen.cameras[g], p] += weights[p, s] / probability
                            scale = chance / probability
                            share_out(g, t, p, s, scale, seen, formats, channel, sight, before, after, sums)
            if probability <= 0.0:
                break
        if probability > 0.0:
            total += np.log(probability)
    return total
