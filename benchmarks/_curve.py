"""Found against false: thresholds that allow so many false alerts, and how well stated probabilities hold."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOW, HIGH = 0.1, 0.99
"""The hits whose probabilities are held against the outcome."""
BINS = np.array([LOW, 0.3, 0.5, 0.7, 0.85, 0.95, HIGH])


class Scored(NamedTuple):
    """found (l,): the score of each listed read's own plate; false (o,): the best score of each ordinary read, each of
    which stands for weights (o,) reads. -inf: no score."""

    found: Floats
    false: Floats
    weights: Floats

    def share_at(self, rate: float) -> float:
        """Share found with no more than rate false alerts per 100,000 ordinary reads, at the best threshold."""
        falling, _ = self._falling()
        above = self.behind(rate)
        threshold = falling[above] if above < len(falling) else -np.inf
        return float((self.found > threshold).mean())

    def behind(self, rate: float) -> int:
        """How many false alerts were seen that set the threshold of share_at(rate): few, and it is uncertain."""
        _, rates = self._falling()
        return int(np.searchsorted(rates, rate * (1 + 1e-9), side="right"))

    def at(self, threshold: float) -> tuple[float, float]:
        """Share found, and false alerts per 100,000, of what scores at least threshold."""
        false = self.weights[self.false >= threshold].sum() / self.weights.sum() * 1e5
        return float((self.found >= threshold).mean()), float(false)

    def curve(self) -> tuple[Floats, Floats]:
        """False alerts per 100,000, from one in all on, and the share found there; ascending."""
        falling, rates = self._falling()
        picked = np.unique(np.geomspace(1, max(len(falling), 1), 100).astype(int)) - 1
        picked = picked[picked < len(falling)]
        rising = np.sort(self.found)
        share = 1.0 - np.searchsorted(rising, falling[picked], side="left") / len(rising)
        last = np.searchsorted(-falling, -falling[picked], side="right") - 1  # of what scores alike: all alert or none
        return rates[last], share

    def _falling(self) -> tuple[Floats, Floats]:
        """The scores of ordinary reads, best first, and the false alerts per 100,000 that each as threshold gives."""
        order = np.argsort(-self.false, kind="stable")
        order = order[self.false[order] > -np.inf]
        return self.false[order], np.cumsum(self.weights[order]) / self.weights.sum() * 1e5


class Said(NamedTuple):
    """k hits: the probabilities stated, whether they were right, and how many reads each stands for."""

    stated: Floats
    right: NDArray[np.bool_]
    weight: Floats

    def rows(self) -> list[tuple[float, float, float, float]]:
        """Of each bin with hits: mean of what was stated, share that was right, weight, hits of one weight that tell as
        much as these (Kish's effective number)."""
        found = []
        for low, high in pairwise(BINS):
            here = (self.stated >= low) & (self.stated < high)
            weight = self.weight[here]
            if weight.sum() > 0:
                stated = float((self.stated[here] * weight).sum() / weight.sum())
                right = float((self.right[here] * weight).sum() / weight.sum())
                found.append((stated, right, float(weight.sum()), float(weight.sum() ** 2 / (weight**2).sum())))
        return found

    def gap(self) -> float:
        """Mean difference of stated and observed over the bins, by weight; 0 without hits."""
        rows = self.rows()
        total = sum(weight for _, _, weight, _ in rows)
        return sum(abs(stated - right) * weight for stated, right, weight, _ in rows) / total if total else 0.0

    def by_chance(self) -> float:
        """What gap() would be by chance, in the mean, if all that was stated were true: bins hold few hits."""
        total = expected = 0.0
        for low, high in pairwise(BINS):
            here = (self.stated >= low) & (self.stated < high)
            stated, weight = self.stated[here], self.weight[here]
            total += float(weight.sum())
            expected += float(np.sqrt(2 / np.pi * (weight**2 * stated * (1 - stated)).sum()))
        return expected / total if total else 0.0
