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
NEGLIGIBLE = 1e-6
"""What the background of a read may lack, of itself, for the sake of speed."""


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


_f8, _i4, _i8, _u1 = numba.float64, numba.int32, numba.int64, numba.uint8
_named = numba.types.NamedTuple
CHANNEL = _named((_f8[:, :, ::1], _f8[:, :, ::1], _f8[:, ::1], _f8[::1], _f8[:, ::1]), Channel)  # type: ignore[no-untyped-call]
PLATES = _named((_u1[:, ::1], _i4[::1], _i8[::1]), Plates)  # type: ignore[no-untyped-call]
TEXTS = _named((_i8[::1], _u1[:, ::1], _i4[::1], _f8[::1], _f8[:, ::1]), Texts)  # type: ignore[no-untyped-call]
FORMATS = _named((_u1[:, ::1], _i4[::1], _f8[::1], _f8[:, ::1]), Formats)  # type: ignore[no-untyped-call]


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


@kernel(numba.void(_i8, TEXTS, FORMATS, CHANNEL, _f8[:, :, ::1]))
def emissions(text: int, texts: Texts, formats: Formats, channel: Channel, table: Floats) -> None:
    """P(symbol of the text | row) of every row that a pattern has, into table (S, rows, 16)."""
    emit, own, read, doubts = channel.emit, channel.own, texts.codes[text], texts.doubts[text]
    done = np.zeros(table.shape[1], dtype=np.bool_)
    for p in range(formats.lengths.shape[0]):
        for i in range(formats.lengths[p]):
            row = formats.patterns[p, i]
            if not done[row]:
                done[row] = True
                for s in range(table.shape[0]):
                    for j in range(texts.lengths[text]):
                        right = own[row, read[j]] * emit[s, read[j], read[j]]
                        table[s, row, j] = doubted(emit[s, row, read[j]], right, doubts[j])


@kernel(numba.void(_i8, _i8, TEXTS, CHANNEL, _f8[:, :, ::1], _f8[::1]))
def still(s: int, text: int, texts: Texts, channel: Channel, table: Floats, most: Floats) -> None:
    """most[j], (17,): an upper bound of P(the symbols from j on | what is left of any pattern).

    Each is shown by a row or added, so that none is likelier than the likeliest of these (by induction from the end:
    what can happen next is a mean of outcomes, of which none exceeds the bound).
    """
    n = texts.lengths[text]
    most[n] = 1.0
    for j in range(n - 1, -1, -1):
        symbol = texts.codes[text, j]
        best = max(channel.added[s, 0, symbol], channel.added[s, 1, symbol])
        for row in range(table.shape[1]):
            best = max(best, table[s, row, j])
        most[j] = best * most[j + 1]


@kernel(_f8(_u1[::1], _i8, _i8, _i8, TEXTS, CHANNEL, _f8[:, :, ::1], _f8[::1], _f8))
def of_pattern(
    pattern: Codes,
    m: int,
    s: int,
    text: int,
    texts: Texts,
    channel: Channel,
    table: Floats,
    most: Floats,
    least: float,
) -> float:
    """P(text | pattern) at severity s, as forward() sums it; 0 as soon as it can be seen to stay under `least`."""
    n, read, gaps, added = texts.lengths[text], texts.codes[text], channel.gaps, channel.added
    sums = np.zeros(17)
    sums[0] = 1.0
    for i in range(m + 1):
        inside = 0 < i < m
        grow = gaps[s, ADDED_INSIDE] if inside else gaps[s, ADDED_EDGE]
        stray = 0 if inside else 1
        bound = sums[0] * most[0]
        for j in range(n):
            sums[j + 1] += sums[j] * grow * added[s, stray, read[j]]
            bound += sums[j + 1] * most[j + 1]
        if i == m or bound < least:
            break
        lost = gaps[s, LOST_EDGE] if i == 0 or i == m - 1 else gaps[s, LOST_INSIDE]
        for j in range(n, 0, -1):
            kept = sums[j - 1] * (1.0 - lost) * table[s, pattern[i], j - 1]
            sums[j] = (1.0 - grow) * (sums[j] * lost + kept)
        sums[0] *= (1.0 - grow) * lost
    return sums[n] * (1.0 - gaps[s, ADDED_EDGE]) if i == m else 0.0


@kernel(_f8[::1](_i8[::1], TEXTS, FORMATS, CHANNEL))
def ordinary(groups: Longs, texts: Texts, formats: Formats, channel: Channel) -> Floats:
    """P(read | just another vehicle) of the reads in groups, (k,), but for a share of NEGLIGIBLE of each."""
    result = np.zeros(groups.shape[0])
    table = np.zeros((channel.shares.shape[0], channel.emit.shape[1], 16))
    most = np.empty(17)
    terms = formats.lengths.shape[0] * channel.shares.shape[0]
    for k in range(groups.shape[0]):
        for t in range(texts.starts[groups[k]], texts.starts[groups[k] + 1]):
            n = texts.lengths[t]
            exact = density(texts.codes[t], n, formats)
            total = exact * forward(texts.codes[t], n, texts.codes[t], n, texts.doubts[t], channel)
            least = NEGLIGIBLE / terms * total
            total = 0.0
            emissions(t, texts, formats, channel, table)
            for s in range(channel.shares.shape[0]):
                still(s, t, texts, channel, table, most)
                for p in range(formats.lengths.shape[0]):
                    share = formats.shares[p] * channel.shares[s]
                    if share > 0.0:
                        needed = max(least, NEGLIGIBLE / terms * total) / share
                        total += share * of_pattern(
                            formats.patterns[p], formats.lengths[p], s, t, texts, channel, table, most, needed
                        )
            result[k] += texts.weights[t] * total
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


@kernel(_f8[::1](PLATES, TEXTS, FORMATS, CHANNEL))
def least_ordinary(plates: Plates, texts: Texts, formats: Formats, channel: Channel) -> Floats:
    """For the read of each plate, (k,): a lower bound of its background without the plates given (the listed ones).

    An ordinary vehicle may carry exactly the text that was read: one term of the background's sum, which stays in it
    unless that text is one of the plates.
    """
    result = np.zeros(plates.groups.shape[0])
    end = 0
    while end < result.shape[0]:
        start, g = end, plates.groups[end]
        while end < result.shape[0] and plates.groups[end] == g:
            end += 1
        least = 0.0
        for t in range(texts.starts[g], texts.starts[g + 1]):
            listed = False
            for k in range(start, end):
                same = plates.lengths[k] == texts.lengths[t] and np.array_equal(plates.codes[k], texts.codes[t])
                listed = listed or same
            share = 0.0 if listed else density(texts.codes[t], texts.lengths[t], formats)
            if share > 0.0:
                least += share * seen_as(texts.codes[t], texts.lengths[t], t, texts, channel)
        result[start:end] = least
    return result
