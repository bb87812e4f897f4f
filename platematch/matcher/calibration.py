"""What an engine's confidences are worth: per camera, how often characters and texts stated with each were right.

Isotonic regression by pooling adjacent violators (Ayer, Brunk, Ewing, Reid & Silverman 1955; for classifiers Zadrozny
& Elkan 2002) over binned counts, so that nothing but the counts is kept. A camera's bins start from the curve of all
cameras, and those from their common mean: confidences that say nothing become one flat figure.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EDGES: Floats = np.array(
    [*np.arange(0.05, 0.8, 0.05), 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.985, 0.99, 0.995, 0.998, 0.999]
)
"""Where one bin of confidences ends and the next begins, ascending; finer where engines crowd their figures."""
BINS = len(EDGES) + 1
PER_BIN = 20.0
"""Pseudo-counts of a bin: with fewer observations it stays nearer to the curve that it starts from."""
LEAST_EVIDENCE = 200.0
LEAST_OF_EACH = 20.0
"""Observations, and right and wrong ones among them, under which nothing is said: a few would bend a curve, and an
engine that forces its texts into a format hides where it was wrong."""


class Curve(NamedTuple):
    """P(right) of each bin of EDGES, (BINS,), never falling; evidence: observations behind it, 0: nothing known."""

    right: Floats
    evidence: float


class Calibration(NamedTuple):
    """Of one camera; IDENTITY where nothing is known yet. Confidences are 0..1; NaN counts as the least."""

    characters: Curve
    candidates: Curve

    def character(self, confidences: Floats) -> Floats:
        """P(the character is right), (k,) float64, of stated confidences (k,); these themselves without evidence."""
        return _at(self.characters, confidences)

    def candidate(self, confidences: Floats) -> Floats:
        """P(the text is right), (k,) float64, of the confidences stated of an engine's texts; likewise."""
        return _at(self.candidates, confidences)


NOTHING_KNOWN = Curve(np.zeros(BINS), 0.0)
IDENTITY = Calibration(NOTHING_KNOWN, NOTHING_KNOWN)


def bins(confidences: Floats) -> NDArray[np.int64]:
    """The bin of each confidence, the shape of confidences; NaN falls into the first."""
    return np.searchsorted(EDGES, np.nan_to_num(confidences, nan=0.0), side="right").astype(np.int64)


def curve(right: Floats, wrong: Floats, start: Curve = NOTHING_KNOWN) -> Curve:
    """The curve of counts (BINS,), shrunk to `start`, or to their mean where that knows nothing.

    Too few observations give `start` itself.
    """
    total = right + wrong
    evidence = float(total.sum())
    if evidence < LEAST_EVIDENCE or min(right.sum(), wrong.sum()) < LEAST_OF_EACH:
        return start
    prior = start.right if start.evidence > 0 else np.full(BINS, (right.sum() + 1.0) / (evidence + 2.0))
    weights = total + PER_BIN
    return Curve(_pooled((right + PER_BIN * prior) / weights, weights), evidence)


def _pooled(values: Floats, weights: Floats) -> Floats:
    """The never falling sequence next to values (k,) by weighted least squares: violators pooled to their mean."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        block = (value, weight, 1)
        while blocks and blocks[-1][0] > block[0]:
            before = blocks.pop()
            both = before[1] + block[1]
            block = ((before[0] * before[1] + block[0] * block[1]) / both, both, before[2] + block[2])
        blocks.append(block)
    return np.repeat([mean for mean, _, _ in blocks], [count for _, _, count in blocks]).astype(np.float64)


def _at(curve: Curve, confidences: Floats) -> Floats:
    if curve.evidence <= 0:
        return np.clip(np.nan_to_num(confidences, nan=0.0), 0.0, 1.0)
    return curve.right[bins(confidences)]
