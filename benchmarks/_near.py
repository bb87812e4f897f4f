"""Ordinary vehicles where they matter: many of those with a plate like a listed one, and of the others a few for all.

Whoever drives past with a plate unlike every listed one hardly ever raises an alert, and most false alerts are of
vehicles whose plate is one look-alike from a listed one. So of vehicles drawn at random those are all looked at; of
others within one error of a listed plate one in NEAR, of the rest one in FAR, and each counts for as many. That is
importance sampling with known weights: it changes no expectation, only how much chance there is in it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks._seen import City, Seen, joined, packed
from platematch._native import Index
from platematch.plates import pack_batch
from platematch.plates.lookalikes import FOLD, LOOKALIKES
from platematch.simulation.fleet import Fleet, Mix, draw

NEAR, FAR = 4, 16
AT_ONCE = 1 << 17


class Sample(NamedTuple):
    """Ordinary reads and how many each stands for, (n,)."""

    seen: Seen
    weights: NDArray[np.float64]

    @property
    def stands_for(self) -> int:
        """Reads."""
        return round(float(self.weights.sum()))


class Neighbours:
    """Tells which plates have a neighbour among those listed."""

    def __init__(self, listed: Fleet) -> None:
        self._codes, _ = packed(listed.glyphs)
        self._index = Index(FOLD, rows=len(self._codes))
        self._index.build(self._codes, np.arange(len(self._codes), dtype=np.uint32))

    def weights(self, fleet: Fleet) -> NDArray[np.float64]:
        """1 for vehicles one look-alike from a listed plate, NEAR for others within one error, FAR for the rest."""
        codes, lengths = packed(fleet.glyphs)
        plates, rows = self._index.search(codes, lengths)
        one, other = codes[plates], self._codes[rows]
        differ = one != other
        places = differ.argmax(axis=1)[:, None]
        a, b = (np.take_along_axis(side, places, 1)[:, 0] for side in (one, other))
        result = np.full(len(codes), float(FAR))
        result[plates] = NEAR
        result[plates[(differ.sum(axis=1) == 1) & _ALIKE[a, b]]] = 1.0
        return result


def ordinary(
    city: City,
    count: int,
    mix: Mix,
    listed: Fleet,
    rng: np.random.Generator,
    *,
    soft: bool = False,
    plain: bool = False,
) -> Sample:
    """Reads of so many vehicles that are not listed. plain: each of them, none for others."""
    neighbours, keys = Neighbours(listed), np.sort(listed.keys())
    parts: list[Seen] = []
    weights: list[NDArray[np.float64]] = []
    for start in range(0, count, AT_ONCE):
        fleet = draw(min(AT_ONCE, count - start), mix, rng)
        stand_for = np.ones(len(fleet.lengths)) if plain else neighbours.weights(fleet)
        kept = (rng.random(len(stand_for)) * stand_for < 1.0) & ~np.isin(fleet.keys(), keys)
        parts.append(city.see(fleet.take(kept), rng, soft=soft))
        weights.append(stand_for[kept])
    return Sample(joined(parts), np.concatenate(weights))


def _alike() -> NDArray[np.bool_]:
    """Whether two codes are a pair of the table of look-alikes, (256, 256)."""
    alike = np.zeros((256, 256), np.bool_)
    for pair in LOOKALIKES:
        codes, _ = pack_batch([pair.a, pair.b], np.zeros(2, np.bool_))
        alike[codes[0, 0], codes[1, 0]] = alike[codes[1, 0], codes[0, 0]] = True
    return alike


_ALIKE = _alike()
