"""What engines say beside the text: how sure they are of each character, and what else it may be."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from platematch.simulation.fleet import Bytes
from platematch.simulation.sight import Floats, Sight

LEAST, MOST = np.float32(0.01), np.float32(0.999)
_OTHERS = 2  # of each character, in a candidate's place


class Candidates(NamedTuple):
    """Of n reads m each, the text itself first. glyphs (n, m, 10), -1 behind the end; confidences (n, m), falling.

    Where there are not as many, glyphs are -1 and the confidence is 0.
    """

    glyphs: Bytes
    confidences: Floats


def certainty(sight: Sight) -> Floats:
    """The engine's own idea of its certainty of each character, (n, 10): a softmax of the costs, too sure of itself."""
    chosen = np.take_along_axis(sight.costs, np.maximum(sight.glyphs, 0)[:, :, None].astype(np.int64), 2)[:, :, 0]
    sure: Floats = np.exp(-0.5 * chosen) / np.sqrt(np.exp(-sight.costs).sum(axis=2))
    return np.where(sight.glyphs >= 0, np.clip(sure, LEAST, MOST), np.float32(0.0))


def degraded(sure: Floats, lengths: NDArray[np.int64], share: float, rng: np.random.Generator) -> Floats:
    """The certainties with this share of them exchanged among all characters of all reads; 1.0: they mean nothing."""
    real = np.arange(sure.shape[1])[None, :] < lengths[:, None]
    exchanged = np.flatnonzero(real & (rng.random(sure.shape) < share))
    mixed = sure.copy()
    mixed.flat[exchanged] = sure.flat[rng.permutation(exchanged)]
    return mixed


def confidence(sure: Floats, lengths: NDArray[np.int64]) -> Floats:
    """Of the whole plate, (n,)."""
    mean: Floats = MOST * sure.sum(axis=1) / np.maximum(lengths, 1)
    return mean.astype(np.float32)


def candidates(sight: Sight, confidences: Floats, count: int) -> Candidates:
    """The texts and the next best, made by changing one or two characters to their second or third choice."""
    n = len(sight.glyphs)
    chosen = np.maximum(sight.glyphs, 0)[:, :, None].astype(np.int64)
    others = sight.costs.copy()
    np.put_along_axis(others, chosen, np.float32(np.inf), 2)
    numbers = np.argpartition(others, _OTHERS, axis=2)[:, :, :_OTHERS]
    losses = np.take_along_axis(others, numbers, 2) - np.take_along_axis(sight.costs, chosen, 2)
    losses = np.where(sight.glyphs[:, :, None] >= 0, np.maximum(losses, 0.0), np.float32(np.inf)).reshape(n, -1)
    best = np.argsort(losses, axis=1, kind="stable")[:, :count]
    loss = np.take_along_axis(losses, best, 1)
    swapped = np.take_along_axis(numbers.reshape(n, -1), best, 1).astype(np.int8)
    ways = _ways(best.shape[1])
    alone = ways[:, 0] == ways[:, 1]
    totals = loss[:, ways[:, 0]] + np.where(alone, np.float32(0.0), loss[:, ways[:, 1]])
    places = best // _OTHERS
    totals[(places[:, ways[:, 0]] == places[:, ways[:, 1]]) & ~alone] = np.inf
    order = np.argsort(totals, axis=1, kind="stable")[:, : count - 1]
    return _written(sight.glyphs, confidences, ways[order], places, swapped, np.take_along_axis(totals, order, 1))


def _ways(swaps: int) -> NDArray[np.int64]:
    """One swap, written twice, or two of them, (ways, 2)."""
    return np.array([(i, i) for i in range(swaps)] + list(combinations(range(swaps), 2)))


def _written(
    glyphs: Bytes,
    confidences: Floats,
    ways: NDArray[np.int64],
    places: NDArray[np.int64],
    swapped: Bytes,
    losses: Floats,
) -> Candidates:
    n, others = losses.shape
    texts = np.repeat(glyphs[:, None, :], others + 1, axis=1)
    rows, columns = np.arange(n)[:, None], np.arange(1, others + 1)[None, :]
    for swap in (ways[:, :, 0], ways[:, :, 1]):
        place = np.take_along_axis(places, swap, 1)
        texts[rows, columns, place] = np.take_along_axis(swapped, swap, 1)
    texts[:, 1:][np.isinf(losses)] = -1
    falling = confidences[:, None] * np.exp(-0.5 * np.pad(losses, ((0, 0), (1, 0))))
    return Candidates(texts, falling.astype(np.float32))
