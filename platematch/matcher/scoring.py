"""Scores the candidates of reads that the bound has let through: their likelihoods, densities and backgrounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from platematch.matcher.channel import DENSE
from platematch.matcher.crowd import crowd_of
from platematch.matcher.kernels import (
    Floats,
    Longs,
    Plates,
    Texts,
    densities,
    fits,
    likelihoods,
    ordinary,
)
from platematch.matcher.model import Model
from platematch.matcher.rows import Gathered, has_wildcard
from platematch.watchlist import Entry

Flags = NDArray[np.bool_]


class Candidate(NamedTuple):
    """A listed row near a read, scored; the figures as in posterior.Suspect.

    common: how common vehicles of its country are here, 0..1; 1 for the most common ones and for patterns.
    """

    key: bytes
    length: int
    list_number: int
    entry: Entry
    wildcard: bool
    likelihood: float
    density: float
    common: float
    fits: float


class Scored(NamedTuple):
    """A read (its place in the batch) that may match, with all its candidates and P(read | just another vehicle)."""

    read: int
    candidates: list[Candidate]
    background: float


class Scorer:
    """Scores by one model."""

    def __init__(self, model: Model) -> None:
        self.formats, self._common, self.channel = model.formats, model.common, model.channel
        self.crowd = crowd_of(model.formats, model.channel)

    def score(self, rows: Gathered, reads: Longs, texts: Texts) -> Iterator[Scored]:
        """The reads that have candidates. rows: k candidates with their reads (k,), ascending."""
        plates = Plates(DENSE[rows.codes], rows.lengths, reads)
        wildcard = has_wildcard(rows.codes)
        density = densities(plates, self.formats)
        common = np.ones(len(reads))
        np.divide(densities(plates, self._common), density, out=common, where=density > 0.0)
        distinct, starts = np.unique(reads, return_index=True)
        candidates = list(
            map(
                Candidate,
                map(bytes, rows.codes),
                rows.lengths.tolist(),
                rows.lists.tolist(),
                rows.entries,
                wildcard.tolist(),
                likelihoods(plates, texts, self.channel).tolist(),
                density.tolist(),
                common.tolist(),
                self._fits(plates, texts, wildcard).tolist(),
            )
        )
        backgrounds = ordinary(distinct, texts, self.crowd).tolist()
        bounds = [*starts.tolist(), len(reads)]
        for read, start, end, ground in zip(distinct.tolist(), bounds, bounds[1:], backgrounds, strict=False):
            yield Scored(read, candidates[start:end], ground)

    def background(self, texts: Texts, read: int) -> float:
        """P(read | just another vehicle) of one read of the batch, above 0 if the read has a usable text."""
        return float(ordinary(np.array([read], dtype=np.int64), texts, self.crowd)[0])

    def _fits(self, plates: Plates, texts: Texts, wildcard: Flags) -> Floats:
        result = np.zeros(len(plates.groups))
        if wildcard.any():
            patterns = Plates(plates.codes[wildcard], plates.lengths[wildcard], plates.groups[wildcard])
            result[wildcard] = fits(patterns, texts, self.formats, self.channel)
        return result
