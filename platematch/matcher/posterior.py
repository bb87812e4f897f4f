"""The posterior: how probable it is that a read shows a certain listed vehicle, against the other listed ones and the
background.

P(w | r) = λ_w P(r | w) / (Σ_v λ_v P(r | v) + P(r | background without the listed plates)), where λ is how often one
listed vehicle passes, per read. Plates are told apart by their text: entries with one plate are one vehicle, which is
counted once. A pattern stands for any vehicle whose plate fits it, listed or ordinary.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from platematch.plates import ANY

DEFAULT_PRIOR = 4e-9
"""Passages of one listed vehicle per read: 80,000 listed plates met by 3 in 10,000 reads.

For a vehicle of the country that most of the traffic is from; of others in proportion to their traffic, else a
listed foreign plate, of a kind that is rare here, would outweigh its innocent neighbours.
"""
LEAST_BACKGROUND = 1e-6
"""What is left of the background, at least, when listed plates are taken out: guards against cancellation."""
MAX_LOG_ODDS, MIN_LOG_ODDS = 30.0, -600.0


@dataclass(frozen=True, slots=True)
class Suspect:
    """A listed plate near a read, as one list sees it.

    key: its 16 codes; prior: λ, the largest of its entries; likelihood: P(read | plate); density: its share of
    ordinary traffic; wildcard: a pattern; fits: P(read and an ordinary plate that fits), 0 unless a pattern.
    """

    key: bytes
    length: int
    prior: float
    likelihood: float
    density: float
    wildcard: bool
    fits: float


@dataclass(frozen=True, slots=True)
class Odds:
    """For one entry: P(read and this vehicle), the background that is left, and P(read and another listed one)."""

    listed: float
    background: float
    rivals: float

    @property
    def log_odds(self) -> float:
        """Natural log of probability / (1 - probability), within MIN_LOG_ODDS and MAX_LOG_ODDS."""
        if self.listed <= 0.0:
            return MIN_LOG_ODDS
        return min(max(math.log(self.listed) - math.log(self.background + self.rivals), MIN_LOG_ODDS), MAX_LOG_ODDS)

    @property
    def probability(self) -> float:
        """Above 0 and below 1."""
        return 1.0 / (1.0 + math.exp(-self.log_odds))


def fits(plate: bytes, pattern: bytes) -> bool:
    """Whether a plate, or a text that was read, is the pattern or fits its wildcards; both 16 codes."""
    return all(p == c or (p == ANY and c != 0) for c, p in zip(plate, pattern, strict=True))


def odds(own: Sequence[Suspect], prior: float, suspects: Sequence[Suspect], background: float) -> Odds:
    """The odds of the entry with the keys `own`, some of the distinct `suspects`, and its own λ, `prior`.

    background: P(read | just another vehicle), all plates included, above 0.
    """
    keys = {suspect.key for suspect in own}
    exact = [suspect for suspect in suspects if not suspect.wildcard]
    ordinary = background - sum(s.density * s.likelihood for s in exact)
    listed = prior * sum(_per_length(own, "likelihood"))
    rivals = sum(s.prior * s.likelihood for s in suspects if s.key not in keys and not s.wildcard)
    if own[0].wildcard:
        fitting = [s for s in exact if any(fits(s.key, pattern.key) for pattern in own)]
        taken = sum(s.density * s.likelihood for s in fitting)
        ordinary_fitting = max(sum(_per_length(own, "fits")) - taken, 0.0)
        listed_fitting = sum(s.prior * s.likelihood for s in fitting)
        ordinary -= ordinary_fitting
        listed += ordinary_fitting + listed_fitting
        rivals -= listed_fitting
    return Odds(listed, max(ordinary, LEAST_BACKGROUND * background), max(rivals, 0.0))


def _per_length(own: Sequence[Suspect], figure: Literal["likelihood", "fits"]) -> Iterable[float]:
    """The figure for each length of the entry's keys: of exact plates all; of patterns, which overlap, the largest."""
    if not own[0].wildcard:
        return [getattr(suspect, figure) for suspect in own]
    largest: dict[int, float] = {}
    for suspect in own:
        largest[suspect.length] = max(largest.get(suspect.length, 0.0), getattr(suspect, figure))
    return largest.values()
