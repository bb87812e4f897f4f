"""The background of plain texts: what kernels.ordinary gives, for all patterns of a length side by side.

The forward sums of the patterns differ in the emissions alone, so that one step of them all is a loop over an array.
"""

from __future__ import annotations

import numba
import numpy as np

from platematch.matcher.kernels import CHANNEL, FORMATS, Channel, Codes, Floats, Formats, Ints, kernel

LOST_EDGE, LOST_INSIDE, ADDED_EDGE, ADDED_INSIDE = range(4)
_f8, _i8 = numba.float64, numba.int64


@kernel(_i8(numba.uint8[:, ::1], _f8[::1], _i8, FORMATS))
def of_length(rows: Codes, shares: Floats, length: int, formats: Formats) -> int:
    """Put the patterns of a length in rows (16, k) and their shares in shares; returns how many there are."""
    many = 0
    for p in range(formats.lengths.shape[0]):
        if formats.lengths[p] == length:
            rows[:, many] = formats.patterns[p]
            shares[many] = formats.shares[p]
            many += 1
    return many


@kernel(_i8(numba.uint8[:, ::1], _i8, _i8, numba.uint8[::1]))
def distinct(rows: Codes, many: int, length: int, kinds: Codes) -> int:
    """Put the different rows of the emission table that the patterns have in kinds (256,); returns how many."""
    seen = np.zeros(256, dtype=np.bool_)
    found = 0
    for i in range(length):
        for k in range(many):
            if not seen[rows[i, k]]:
                seen[rows[i, k]] = True
                kinds[found] = rows[i, k]
                found += 1
    return found


@kernel(_f8(numba.uint8[:, ::1], _f8[::1], _i8, _i8, numba.uint8[::1], _i8, _i8, _f8[:, ::1], _f8[:, ::1], CHANNEL))
def together(
    rows: Codes, shares: Floats, many: int, m: int, read: Codes, n: int, s: int,
    emissions: Floats, sums: Floats, channel: Channel,
) -> float:  # fmt: skip
    """sum of share P(read | pattern) at severity s over patterns of length m; sums (17, k): to work in."""
    gaps, added = channel.gaps, channel.added
    sums[: n + 1, :many] = 0.0
    sums[0, :many] = 1.0
    for i in range(m + 1):
        inside = 0 < i < m
        grow = gaps[s, ADDED_INSIDE] if inside else gaps[s, ADDED_EDGE]
        for j in range(n):
            stray = grow * added[s, 0 if inside else 1, read[j]]
            for k in range(many):
                sums[j + 1, k] += sums[j, k] * stray
        if i == m:
            break
        lost = gaps[s, LOST_EDGE] if i == 0 or i == m - 1 else gaps[s, LOST_INSIDE]
        stays, kept = (1.0 - grow) * lost, (1.0 - grow) * (1.0 - lost)
        for j in range(n, 0, -1):
            for k in range(many):
                sums[j, k] = sums[j, k] * stays + sums[j - 1, k] * kept * emissions[j - 1, rows[i, k]]
        sums[0, :many] *= stays
    total = 0.0
    for k in range(many):
        total += shares[k] * sums[n, k]
    return float(total * (1.0 - gaps[s, ADDED_EDGE]))


@kernel(_f8[::1](numba.uint8[:, ::1], numba.int32[::1], FORMATS, CHANNEL))
def ordinary_texts(codes: Codes, lengths: Ints, formats: Formats, channel: Channel) -> Floats:
    """P(text | just another vehicle) of n texts without doubts: codes (n, 16) rows of the emission table."""
    result = np.zeros(lengths.shape[0])
    patterns, severities = formats.lengths.shape[0], channel.shares.shape[0]
    rows, shares = np.empty((16, patterns), dtype=np.uint8), np.empty(patterns)
    kinds = np.empty(256, dtype=np.uint8)
    sums, emissions = np.empty((17, patterns)), np.empty((16, channel.emit.shape[1]))
    for m in range(1, 17):
        many = of_length(rows, shares, m, formats)
        different = distinct(rows, many, m, kinds)
        for t in range(result.shape[0] if many else 0):
            for s in range(severities):
                for j in range(lengths[t]):
                    for i in range(different):
                        emissions[j, kinds[i]] = channel.emit[s, kinds[i], codes[t, j]]
                result[t] += channel.shares[s] * together(
                    rows, shares, many, m, codes[t], lengths[t], s, emissions, sums, channel
                )
    return result
