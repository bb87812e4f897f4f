"""The posterior: how probable it is that a read shows a certain listed vehicle, against the other listed ones and the
background.

P(w | r) = λ_w P(r | w) / (Σ_v λ_v P(r | v) + P(r | background without the listed plates)), where λ is how often one
listed vehicle passes, per read. Entries with one plate are one vehicle, which is counted once, unless their country,
make or type contradict each other. A pattern stands for any vehicle whose plate fits it, listed or ordinary.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

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

    key: its 16 codes; prior: λ with the evidence, the largest of its entries; likelihood: P(read | plate); density:
    its share of ordinary traffic; wildcard: a pattern; fits: P(read and an ordinary plate that fits), 0 for others.
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


def odds(
    own: Sequence[Suspect],
    prior: float,
    suspects: Sequence[Suspect],
    background: float,
    *,
    twins: float = 0.0,
    elsewhere: bool = False,
) -> Odds:
    """The odds of the entry with the keys `own`, some of the distinct `suspects`, and its own λ, `prior`.

    Evidence beside the text is in the λ of each. background: P(read | just another vehicle), all plates included,
    above 0. twins: λ of other listed vehicles with the entry's own plate. elsewhere: the read is of another country
    or state than the entry, where an ordinary vehicle may have the same plate.
    """
    own = list({suspect.key: suspect for suspect in own}.values())
    keys = {suspect.key for suspect in own}
    exact = [suspect for suspect in suspects if not suspect.wildcard]
    ordinary = background - sum(_ordinary(s) for s in exact if not (elsewhere and s.key in keys))
    rivals = sum(s.prior * s.likelihood for s in exact if s.key not in keys)
    rivals += twins * sum(s.likelihood for s in own if not s.wildcard)
    if not any(suspect.wildcard for suspect in own):
        listed = prior * sum(suspect.likelihood for suspect in own)
    else:
        fitting = [s for s in exact if any(fits(s.key, pattern.key) for pattern in own)]
        ordinary_fitting = max(_sum_of_lengths(own, _ordinary) - sum(_ordinary(s) for s in fitting), 0.0)
        listed_fitting = sum(s.prior * s.likelihood for s in fitting if s.key not in keys)
        listed = prior * _sum_of_lengths(own, lambda s: s.likelihood) + ordinary_fitting + listed_fitting
        ordinary -= ordinary_fitting
        rivals -= listed_fitting
    return Odds(listed, max(ordinary, LEAST_BACKGROUND * background), max(rivals, 0.0))


def _ordinary(suspect: Suspect) -> float:
    """P(read and an ordinary vehicle with this plate, or with one that fits the pattern)."""
    return suspect.fits if suspect.wildcard else suspect.density * suspect.likelihood


def _sum_of_lengths(rows: Sequence[Suspect], figure: Callable[[Suspect], float]) -> float:
    """Over the rows of a pattern, which overlap where they are of one length: there the largest counts."""
    largest: dict[int, float] = {}
    for row in rows:
        largest[row.length] = max(largest.get(row.length, 0.0), figure(row))
    return sum(largest.values())
