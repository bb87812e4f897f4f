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
    """The channel's tables, float64, C-contiguous.

    emit (2, rows, symbols): severity, row of the plate, symbol read; added (2, 2, symbols): severity,
    1 at an edge, symbol; gaps (2, 4): severity, LOST_EDGE and so on; shares (2,): of the severities.
    """

    emit: Floats
    added: Floats
    gaps: Floats
    shares: Floats


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
    """

    starts: Longs
    codes: Codes
    lengths: Ints
    weights: Floats


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
CHANNEL = _named((_f8[:, :, ::1], _f8[:, :, ::1], _f8[:, ::1], _f8[::1]), Channel)  # type: ignore[no-untyped-call]
PLATES = _named((_u1[:, ::1], _i4[::1], _i8[::1]), Plates)  # type: ignore[no-untyped-call]
TEXTS = _named((_i8[::1], _u1[:, ::1], _i4[::1], _f8[::1]), Texts)  # type: ignore[no-untyped-call]
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


@kernel(_f8(_u1[::1], _i8, _u1[::1], _i8, CHANNEL))
def forward(plate: Codes, m: int, read: Codes, n: int, channel: Channel) -> float:
    """P(read | plate): the forward sum over all alignments, mixed over the severities.

    plate: m rows of the emission table, 1..16; read: n symbols, rows too, 0..16. Durbin et al., section 4.2.
    """
    emit, added, gaps = channel.emit, channel.added, channel.gaps
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
            lost = gaps[s, LOST_EDGE] if i == 0 or i == m - 1 else gaps[s, LOST_INSIDE]
            for j in range(n, 0, -1):
                shown = sums[j - 1] * (1.0 - lost) * emit[s, plate[i], read[j - 1]]
                sums[j] = (1.0 - grow) * (sums[j] * lost + shown)
            sums[0] *= (1.0 - grow) * lost
        total += channel.shares[s] * sums[n] * (1.0 - gaps[s, ADDED_EDGE])
    return total


@kernel(_f8[::1](PLATES, TEXTS, CHANNEL))
def likelihoods(plates: Plates, texts: Texts, channel: Channel) -> Floats:
    """P(read | plate) of each plate and its read, (k,): the weighted sum over the read's alternative texts."""
    result = np.zeros(plates.groups.shape[0])
    for k in range(result.shape[0]):
        g = plates.groups[k]
        for t in range(texts.starts[g], texts.starts[g + 1]):
            result[k] += texts.weights[t] * forward(
                plates.codes[k], plates.lengths[k], texts.codes[t], texts.lengths[t], channel
            )
    return result


@kernel(_f8[::1](numba.int64[::1], TEXTS, FORMATS, CHANNEL))
def ordinary(groups: Longs, texts: Texts, formats: Formats, channel: Channel) -> Floats:
    """P(read | just another vehicle) of the reads in groups, (k,)."""
    result = np.zeros(groups.shape[0])
    for k in range(groups.shape[0]):
        for t in range(texts.starts[groups[k]], texts.starts[groups[k] + 1]):
            for p in range(formats.lengths.shape[0]):
                result[k] += (
                    texts.weights[t]
                    * formats.shares[p]
                    * forward(formats.patterns[p], formats.lengths[p], texts.codes[t], texts.lengths[t], channel)
                )
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
                    result[k] += (
                        texts.weights[t]
                        * share
                        * forward(narrowed, formats.lengths[p], texts.codes[t], texts.lengths[t], channel)
                    )
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
                n = texts.lengths[t]
                least += texts.weights[t] * share * forward(texts.codes[t], n, texts.codes[t], n, channel)
        result[start:end] = least
    return result
