"""The kernels of the model: forward sums of the channel over listed plates, formats and their patterns.

All are in this one file because Numba's cache follows the changes of a kernel's own file only; what they take from
other modules comes as arguments, in the tuples below. Each has a plain Python twin in the tests.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]

ANY_ROW = 0
"""The row of the emission table, and the symbol, of a wildcard and of an unread character; padding has no row."""
LOST_EDGE, LOST_INSIDE, ADDED_EDGE, ADDED_INSIDE = range(4)


class Channel(NamedTuple):
    """The channel's tables, float64, C-contiguous, for S severities.

    emit (S, rows, symbols): severity, row of the plate, symbol read; added (S, 2, symbols): severity,
    1 at an edge, symbol; gaps (S, 4): severity, LOST_EDGE and so on; shares (S,): of the severities;
    own (rows, symbols): how often what a row stands for is this very symbol.
    """

    emit: Floats
    added: Floats
    gaps: Floats
    shares: Floats
    own: Floats


class Plates(NamedTuple):
    """k plates, each beside one read: codes (k, 16) rows of the emission table, lengths (k,) int32 1..16.

    groups (k,) int64, ascending: the read of each, a place in Texts.starts.
    """

    codes: Codes
    lengths: Ints
    groups: Longs


class Texts(NamedTuple):
    """What engines read: read g showed the alternatives starts[g]:starts[g + 1] (starts int64).

    codes (t, 16) rows of the emission table, lengths (t,) int32 0..16, weights (t,): of the alternatives of one read.
    doubts (t, 16): how much likelier than usual each character is a misread: -1 never, 0 as usual, 1 twice as likely.
    """

    starts: Longs
    codes: Codes
    lengths: Ints
    weights: Floats
    doubts: Floats


class Formats(NamedTuple):
    """The patterns of ordinary plates as tables for the kernels.

    patterns (p, 16) uint8 rows of the emission table, lengths (p,) int32, shares (p,) of all traffic, sum 1;
    frequencies (rows, symbols): of each symbol in what a row stands for.
    """

    patterns: Codes
    lengths: Ints
    shares: Floats
    frequencies: Floats


class Crowd(NamedTuple):
    """Formats and channel for the background: p patterns, the longest first, that have q different rows in all.

    rows (16, p) uint32: which of the q, by position and pattern; lengths (p,) int64; shares (p,). emit (S, symbols, q),
    own (symbols, q) and right (S, symbols), of emissions that are right: from Channel, as added, gaps and its shares,
    the severities (S,), are.
    """

    rows: NDArray[np.uint32]
    lengths: Longs
    shares: Floats
    emit: Floats
    own: Floats
    right: Floats
    added: Floats
    gaps: Floats
    severities: Floats


_f8, _i4, _i8, _u1 = numba.float64, numba.int32, numba.int64, numba.uint8
_named = numba.types.NamedTuple
CHANNEL = _named((_f8[:, :, ::1], _f8[:, :, ::1], _f8[:, ::1], _f8[::1], _f8[:, ::1]), Channel)  # type: ignore[no-untyped-call]
PLATES = _named((_u1[:, ::1], _i4[::1], _i8[::1]), Plates)  # type: ignore[no-untyped-call]
TEXTS = _named((_i8[::1], _u1[:, ::1], _i4[::1], _f8[::1], _f8[:, ::1]), Texts)  # type: ignore[no-untyped-call]
FORMATS = _named((_u1[:, ::1], _i4[::1], _f8[::1], _f8[:, ::1]), Formats)  # type: ignore[no-untyped-call]
_CROWD = (_f8[:, :, ::1], _f8[:, ::1], _f8[:, ::1], _f8[:, :, ::1], _f8[:, ::1], _f8[::1])
CROWD = _named((numba.uint32[:, ::1], _i8[::1], _f8[::1], *_CROWD), Crowd)  # type: ignore[no-untyped-call]


_Function = TypeVar("_Function", bound=Callable[..., object])


def kernel(signature: object) -> Callable[[_Function], _Function]:
    """Compiles a function for one signature, or takes it from the cache that a former process left.

    Where no cache can be written (a read-only installation, a full disk) it warns and compiles for this process only.
    """

    def compiled(function: _Function) -> _Function:
        try:
            return cast(_Function, numba.njit(signature, cache=True, nogil=True)(function))
        except (RuntimeError, OSError):
            warnings.warn(
                "no folder takes the compiled kernels, so that every start compiles them anew, which takes a minute; "
                "set NUMBA_CACHE_DIR to a folder that can be written",
                RuntimeWarning,
                stacklevel=1,
            )
            return cast(_Function, numba.njit(signature, nogil=True)(function))

    return compiled


@kernel(_f8(_f8, _f8, _f8))
def doubted(chance: float, right: float, doubt: float) -> float:
    """P(symbol read | row of the plate) with its misread part 1 + doubt times as likely; right: the other part.

    In likelihoods only ratios count: what the doubt itself tells is measured against a character that was read right.
    """
    return chance + doubt * max(0.0, chance - right)


@kernel(_f8(_u1[::1], _i8, _u1[::1], _i8, _f8[::1], CHANNEL))
def forward(plate: Codes, m: int, read: Codes, n: int, doubts: Floats, channel: Channel) -> float:
    """P(read | plate): the forward sum over all alignments, mixed over the severities.

    plate: m rows of the emission table, 1..16; read: n symbols, rows too, 0..16, with their doubts.
    Durbin et al., section 4.2.
    """
    emit, added, gaps, own = channel.emit, channel.added, channel.gaps, channel.own
    total = 0.0
    sums = np.empty(17)
    for s in range(channel.shares.shape[0]):
        sums[0] = 1.0
        sums[1 : n + 1] = 0.0
        for i in range(m + 1):
            inside = 0 < i < m
            grow = gaps[s, ADDED_INSIDE] if inside else gaps[s, ADDED_EDGE]
            stray = 0 if inside else 1
            for j in range(n):
                sums[j + 1] += sums[j] * grow * added[s, stray, read[j]]
            if i == m:
                break
            row, lost = plate[i], gaps[s, LOST_EDGE] if i == 0 or i == m - 1 else gaps[s, LOST_INSIDE]
            for j in range(n, 0, -1):
                symbol, chance = read[j - 1], emit[s, row, read[j - 1]]
                if doubts[j - 1] != 0.0:
                    chance = doubted(chance, own[row, symbol] * emit[s, symbol, symbol], doubts[j - 1])
                sums[j] = (1.0 - grow) * (sums[j] * lost + sums[j - 1] * (1.0 - lost) * chance)
            sums[0] *= (1.0 - grow) * lost
        total += channel.shares[s] * sums[n] * (1.0 - gaps[s, ADDED_EDGE])
    return total


@kernel(_f8(_u1[::1], _i8, _i8, TEXTS, CHANNEL))
def seen_as(plate: Codes, length: int, text: int, texts: Texts, channel: Channel) -> float:
    """forward() of one of the texts, times its weight."""
    chance = forward(plate, length, texts.codes[text], texts.lengths[text], texts.doubts[text], channel)
    return float(texts.weights[text] * chance)


@kernel(_f8[::1](PLATES, TEXTS, CHANNEL))
def likelihoods(plates: Plates, texts: Texts, channel: Channel) -> Floats:
    """P(read | plate) of each plate and its read, (k,): the weighted sum over the read's alternative texts."""
    result = np.zeros(plates.groups.shape[0])
    for k in range(result.shape[0]):
        g = plates.groups[k]
        for t in range(texts.starts[g], texts.starts[g + 1]):
            result[k] += seen_as(plates.codes[k], plates.lengths[k], t, texts, channel)
    return result


@kernel(_f8(_u1[::1], numba.int64, FORMATS))
def density(plate: Codes, length: int, formats: Formats) -> float:
    """The share of ordinary traffic that carries exactly this plate, which has no wildcard."""
    total = 0.0
    for p in range(formats.lengths.shape[0]):
        if formats.lengths[p] == length:
            share = formats.shares[p]
            for i in range(length):
                share *= formats.frequencies[formats.patterns[p, i], plate[i]]
            total += share
    return total


@kernel(numba.void(_i8, _i8, TEXTS, CROWD, _f8[:, ::1]))
def emissions(s: int, text: int, texts: Texts, crowd: Crowd, table: Floats) -> None:
    """P(symbol of the text | row) at severity s of every row that a pattern has, into table (16, rows)."""
    for j in range(texts.lengths[text]):
        symbol, doubt = texts.codes[text, j], texts.doubts[text, j]
        for row in range(table.shape[1]):
            table[j, row] = crowd.emit[s, symbol, row]
        if doubt != 0.0:
            for row in range(table.shape[1]):
                right = crowd.own[symbol, row] * crowd.right[s, symbol]
                table[j, row] = doubted(table[j, row], right, doubt)


@kernel(_f8(_i8, _i8, _i8, TEXTS, CROWD, _f8[:, ::1]))
def ended(s: int, text: int, pattern: int, texts: Texts, crowd: Crowd, sums: Floats) -> float:
    """forward() of a pattern after its last character: what may still be added."""
    total, grow = 0.0, crowd.gaps[s, ADDED_EDGE]
    for j in range(texts.lengths[text] + 1):
        stray = grow * crowd.added[s, 1, texts.codes[text, j - 1]] if j > 0 else 0.0
        total = sums[j, pattern] + total * stray
    return float(total)


@kernel(_f8(_i8, _i8, TEXTS, CROWD, _f8[:, ::1], _f8[:, ::1], _f8[:, ::1]))
def of_crowd(s: int, text: int, texts: Texts, crowd: Crowd, table: Floats, sums: Floats, steps: Floats) -> float:
    """P(text | just another vehicle) at severity s: forward() of all patterns at once, weighted by their shares.

    table: emissions(); to work in: sums (17, p), one column of forward() for each pattern, and steps (3, p): what the
    cell before holds, and by how much a character is lost and kept. The longest patterns come first, so that those
    that go on are always the first ones.
    """
    n, gaps, lengths, total = texts.lengths[text], crowd.gaps, crowd.lengths, 0.0
    going = ending = lengths.shape[0]
    sums[: n + 1] = 0.0
    sums[0] = 1.0
    for i in range(lengths[0] + 1):
        while ending > 0 and lengths[ending - 1] <= i + 1:
            ending -= 1
        grow = gaps[s, ADDED_EDGE if i == 0 else ADDED_INSIDE]
        lost = gaps[s, LOST_EDGE if i == 0 else LOST_INSIDE]
        steps[0] = 0.0
        steps[1, :ending], steps[2, :ending] = (1.0 - grow) * lost, (1.0 - grow) * (1.0 - lost)
        last = gaps[s, LOST_EDGE]
        steps[1, ending:going], steps[2, ending:going] = (1.0 - grow) * last, (1.0 - grow) * (1.0 - last)
        for j in range(n + 1):
            stray = grow * crowd.added[s, 1 if i == 0 else 0, texts.codes[text, j - 1]] if j > 0 else 0.0
            for k in range(going):
                chance = sums[j, k] + steps[0, k] * stray
                sums[j, k] = chance * steps[1, k] + steps[0, k] * steps[2, k] * table[max(j - 1, 0), crowd.rows[i, k]]
                steps[0, k] = chance
        for k in range(ending, going):
            total += crowd.shares[k] * ended(s, text, k, texts, crowd, sums)
        going = ending
    return float(total * (1.0 - gaps[s, ADDED_EDGE]))


@kernel(_f8[::1](_i8[::1], TEXTS, CROWD))
def ordinary(groups: Longs, texts: Texts, crowd: Crowd) -> Floats:
    """P(read | just another vehicle) of the reads in groups, (k,)."""
    result = np.zeros(groups.shape[0])
    table, patterns = np.zeros((16, crowd.emit.shape[2])), crowd.lengths.shape[0]
    sums, steps = np.empty((17, patterns)), np.empty((3, patterns))
    for k in range(groups.shape[0]):
        for t in range(texts.starts[groups[k]], texts.starts[groups[k] + 1]):
            for s in range(crowd.severities.shape[0]):
                emissions(s, t, texts, crowd, table)
                weight = texts.weights[t] * crowd.severities[s]
                result[k] += weight * of_crowd(s, t, texts, crowd, table, sums, steps)
    return result


@kernel(_f8[::1](PLATES, FORMATS))
def densities(plates: Plates, formats: Formats) -> Floats:
    """density() of each plate, (k,); 0 where it holds a wildcard."""
    result = np.empty(plates.groups.shape[0])
    for k in range(result.shape[0]):
        result[k] = density(plates.codes[k], plates.lengths[k], formats)
    return result


@kernel(_f8[::1](PLATES, TEXTS, FORMATS, CHANNEL))
def fits(plates: Plates, texts: Texts, formats: Formats, channel: Channel) -> Floats:
    """P(read, and an ordinary vehicle whose plate fits the wildcards), (k,): that part of the background.

    Each pattern of the wildcard plate's length is narrowed to the plate's fixed characters.
    """
    result = np.zeros(plates.groups.shape[0])
    narrowed = np.empty(16, dtype=np.uint8)
    for k in range(result.shape[0]):
        g = plates.groups[k]
        for p in range(formats.lengths.shape[0]):
            if formats.lengths[p] != plates.lengths[k]:
                continue
            share = formats.shares[p]
            for i in range(formats.lengths[p]):
                narrowed[i] = formats.patterns[p, i]
                if plates.codes[k, i] != ANY_ROW:
                    narrowed[i] = plates.codes[k, i]
                    share *= formats.frequencies[formats.patterns[p, i], plates.codes[k, i]]
            if share > 0.0:
                for t in range(texts.starts[g], texts.starts[g + 1]):
                    result[k] += share * seen_as(narrowed, formats.lengths[p], t, texts, channel)
    return result
