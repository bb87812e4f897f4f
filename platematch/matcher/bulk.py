"""Probabilities of many reads at once, as arrays: for bulk work on texts alone, without explanations."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from platematch.matcher.channel import DENSE
from platematch.matcher.kernels import (
    Codes,
    Crowd,
    Floats,
    Ints,
    Longs,
    Plates,
    Texts,
    densities,
    kernel,
    likelihoods,
    ordinary,
)
from platematch.matcher.model import Model
from platematch.matcher.posterior import LEAST_BACKGROUND
from platematch.matcher.sift import BY_COUNTRY, PRIOR

_f8, _i8 = numba.float64, numba.int64
MIX = 0x9E3779B97F4A7C1
"""Odd, and its bits without a pattern."""


class Scores(NamedTuple):
    """k pairs of a read and a listed plate: places of the reads (k,), ascending, rows (k,), probabilities (k,)."""

    reads: Longs
    rows: Longs
    probabilities: Floats


NOTHING = Scores(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


def probabilities(
    model: Model, crowd: Crowd, reads: tuple[Codes, Ints], readers: Longs, plates: Codes, policies: Floats
) -> Floats:
    """The posterior of each of k candidates, (k,), none of them a pattern, each an entry of its own.

    crowd: the model's; reads: codes (n, 16) and lengths (n,); readers (k,), ascending: the read of each; plates (k, 16)
    codes; policies (k, 3): of their lists. As posterior.odds gives it for single reads.
    """
    n = len(reads[1])
    texts = Texts(np.arange(n + 1), DENSE[reads[0]], reads[1], np.ones(n), np.zeros((n, 16)))
    listed = Plates(DENSE[plates], (plates != 0).sum(axis=1, dtype=np.int32), readers)
    return posteriors(
        readers,
        plates,
        policies,
        likelihoods(listed, texts, model.channel),
        densities(listed, model.formats),
        densities(listed, model.common),
        ordinary(np.arange(n), texts, crowd),
        LEAST_BACKGROUND,
    )


@kernel(_i8[::1](_i8[::1], numba.uint8[:, ::1]))
def firsts(readers: Longs, plates: Codes) -> Longs:
    """Of each candidate, the place of the first one of its read with the same plate, (k,), by a table of hashes."""
    size = 4
    while size < 2 * len(readers):
        size *= 2
    table, result = np.full(size, -1), np.empty(len(readers), dtype=np.int64)
    for k in range(len(readers)):
        mixed = readers[k]
        for code in plates[k]:
            mixed = (mixed ^ code) * MIX
        slot = (mixed >> 32) & (size - 1)
        while table[slot] >= 0 and not (
            readers[table[slot]] == readers[k] and np.array_equal(plates[table[slot]], plates[k])
        ):
            slot = (slot + 1) & (size - 1)
        if table[slot] < 0:
            table[slot] = k
        result[k] = table[slot]
    return result


@kernel(_f8[::1](_i8[::1], numba.uint8[:, ::1], _f8[:, ::1], _f8[::1], _f8[::1], _f8[::1], _f8[::1], _f8))
def posteriors(
    readers: Longs, plates: Codes, policies: Floats,
    likelihood: Floats, density: Floats, common: Floats, ground: Floats, least: float,
) -> Floats:  # fmt: skip
    """The same from P(read | plate), density and common density (k,), and the backgrounds of the reads, (n,).

    Entries with one plate are one vehicle, which counts by the likeliest of them. least: what is left of a background.
    """
    first, joint = firsts(readers, plates), np.empty(len(readers))
    best, left, rivals = np.zeros(len(readers)), ground.copy(), np.zeros(len(ground))
    for k in range(len(readers)):
        usual = common[k] / density[k] if policies[k, BY_COUNTRY] > 0.0 and density[k] > 0.0 else 1.0
        joint[k] = likelihood[k] * policies[k, PRIOR] * usual
        best[first[k]] = max(best[first[k]], joint[k])
    for k in range(len(readers)):
        if first[k] == k:
            left[readers[k]] -= density[k] * likelihood[k]
            rivals[readers[k]] += best[k]
    for k in range(len(readers)):
        read = readers[k]
        against = max(left[read], least * ground[read]) + max(rivals[read] - best[first[k]], 0.0)
        joint[k] /= joint[k] + against
    return joint
