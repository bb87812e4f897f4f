"""Probabilities of many reads at once, as arrays: for bulk work on texts alone, without explanations."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from platematch.matcher.channel import DENSE
from platematch.matcher.crowd import ordinary_texts
from platematch.matcher.kernels import (
    Codes,
    Floats,
    Ints,
    Longs,
    Plates,
    Texts,
    densities,
    likelihoods,
)
from platematch.matcher.model import Model
from platematch.matcher.posterior import LEAST_BACKGROUND
from platematch.matcher.sift import BY_COUNTRY, PRIOR


class Scores(NamedTuple):
    """k pairs of a read and a listed plate: places of the reads (k,), ascending, rows (k,), probabilities (k,)."""

    reads: Longs
    rows: Longs
    probabilities: Floats


NOTHING = Scores(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


def probabilities(model: Model, reads: tuple[Codes, Ints], readers: Longs, plates: Codes, policies: Floats) -> Floats:
    """The posterior of each of k candidates, (k,), none of them a pattern, each an entry of its own.

    reads: codes (n, 16) and lengths (n,); readers (k,), ascending: the read of each; plates (k, 16) codes; policies
    (k, 3): of their lists. As posterior.odds gives it for single reads.
    """
    n = len(reads[1])
    texts = Texts(np.arange(n + 1), DENSE[reads[0]], reads[1], np.ones(n), np.zeros((n, 16)))
    listed = Plates(DENSE[plates], np.count_nonzero(plates, axis=1).astype(np.int32), readers)
    likelihood, density = likelihoods(listed, texts, model.channel), densities(listed, model.formats)
    common = np.ones(len(readers))
    np.divide(densities(listed, model.common), density, out=common, where=density > 0.0)
    joint = likelihood * policies[:, PRIOR] * np.where(policies[:, BY_COUNTRY] > 0.0, common, 1.0)
    once = _once(readers, plates, joint)
    ground = ordinary_texts(texts.codes, texts.lengths, model.formats, model.channel)
    left = ground - np.bincount(readers, density * likelihood * once, n)
    against = np.maximum(left, LEAST_BACKGROUND * ground)
    rivals = np.maximum(np.bincount(readers, joint * once, n)[readers] - _same(readers, plates, joint), 0.0)
    result: Floats = joint / (joint + against[readers] + rivals)
    return result


def _once(readers: Longs, plates: Codes, joint: Floats) -> Floats:
    """1 for the likeliest candidate of each read and plate, 0 for the other entries with that plate."""
    result = np.ones(len(readers))
    for first, others in _repeated(readers, plates).items():
        result[[first, *others]] = 0.0
        result[max([first, *others], key=joint.__getitem__)] = 1.0
    return result


def _same(readers: Longs, plates: Codes, joint: Floats) -> Floats:
    """What the plate of each candidate counts in its read's sum: the likeliest of its entries."""
    result = joint.copy()
    for first, others in _repeated(readers, plates).items():
        result[[first, *others]] = joint[[first, *others]].max()
    return result


def _repeated(readers: Longs, plates: Codes) -> dict[int, list[int]]:
    """Places of candidates of one read and one plate: the first, with the others."""
    firsts: dict[tuple[int, bytes], int] = {}
    repeated: dict[int, list[int]] = {}
    for place, key in enumerate(zip(readers.tolist(), map(bytes, plates), strict=True)):
        first = firsts.setdefault(key, place)
        if first != place:
            repeated.setdefault(first, []).append(place)
    return repeated
