"""Scores the candidates of a batch of reads: bounds first, then likelihoods and backgrounds of what may matter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from platematch.matcher.channel import DENSE
from platematch.matcher.kernels import (
    Floats,
    Longs,
    Plates,
    Texts,
    densities,
    fits,
    least_ordinary,
    likelihoods,
    ordinary,
)
from platematch.matcher.model import Model
from platematch.matcher.rows import Gathered, has_wildcard
from platematch.watchlist import Entry

Flags = NDArray[np.bool_]
SLACK = 1e-9
"""Keeps a read whose bound equals the threshold up to rounding."""


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

    def score(self, rows: Gathered, reads: Longs, texts: Texts, priors: Floats, floors: Floats) -> Iterator[Scored]:
        """The reads that have a candidate which may reach its floor.

        rows: k candidates with their reads (k,), ascending; priors, floors (k,): λ and the least probability wanted.
        """
        plates = Plates(DENSE[rows.codes], rows.lengths, reads)
        wildcard = has_wildcard(rows.codes)
        likelihood = likelihoods(plates, texts, self.channel)
        kept = np.flatnonzero(self.may_reach(plates, texts, wildcard, likelihood, priors, floors))
        if not len(kept):
            return
        plates = Plates(plates.codes[kept], plates.lengths[kept], reads[kept])
        density = densities(plates, self.formats)
        common = np.ones(len(kept))
        np.divide(densities(plates, self._common), density, out=common, where=density > 0.0)
        fitting = self._fits(plates, texts, wildcard[kept])
        distinct, starts = np.unique(plates.groups, return_index=True)
        backgrounds = ordinary(distinct, texts, self.formats, self.channel)
        ends = [*starts[1:].tolist(), len(kept)]
        for read, start, end, ground in zip(
            distinct.tolist(), starts.tolist(), ends, backgrounds.tolist(), strict=True
        ):
            candidates = [
                Candidate(
                    rows.codes[k].tobytes(),
                    int(rows.lengths[k]),
                    int(rows.lists[k]),
                    rows.entries[k],
                    bool(wildcard[k]),
                    float(likelihood[k]),
                    float(density[i]),
                    float(common[i]),
                    float(fitting[i]),
                )
                for i, k in enumerate(kept[start:end].tolist(), start)
            ]
            yield Scored(read, candidates, ground)

    def background(self, texts: Texts, read: int) -> float:
        """P(read | just another vehicle) of one read of the batch, above 0 if the read has a usable text."""
        return float(ordinary(np.array([read], dtype=np.int64), texts, self.formats, self.channel)[0])

    def may_reach(
        self, plates: Plates, texts: Texts, wildcard: Flags, likelihood: Floats, priors: Floats, floors: Floats
    ) -> Flags:
        """Which candidates, (k,), are of reads whose best possible posterior reaches the lowest floor.

        All candidates of a read together have at most sum λ P(r | w) against the least background; those of reads with
        a pattern among them all may. likelihood, priors, floors (k,): P(r | w), λ and the least probability wanted.
        """
        _, starts, counts = np.unique(plates.groups, return_index=True, return_counts=True)
        least = least_ordinary(plates, texts, self.formats, self.channel)[starts]
        floor = np.minimum.reduceat(floors, starts)
        reach = np.add.reduceat(likelihood * priors, starts) * (1.0 - floor) >= floor * least * (1.0 - SLACK)
        may: Flags = np.repeat(reach | np.logical_or.reduceat(wildcard, starts), counts)
        return may

    def _fits(self, plates: Plates, texts: Texts, wildcard: Flags) -> Floats:
        result = np.zeros(len(plates.groups))
        if wildcard.any():
            patterns = Plates(plates.codes[wildcard], plates.lengths[wildcard], plates.groups[wildcard])
            result[wildcard] = fits(patterns, texts, self.formats, self.channel)
        return result
