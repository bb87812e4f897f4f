"""Vehicles of the invented city by the hundred thousand: their plates and the dirt on them, as arrays."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from platematch.plates.formats import FORMATS
from platematch.simulation.glyphs import NUMBER, SYMBOLS
from platematch.simulation.series import LISTED, PASSING, SUFFIX, prefixes
from platematch.simulation.vehicles import COUNTRIES, DIRTY_SHARE, INKS, MOST_SPOTS, TYPES, Spot, Vehicle, random_looks

LONGEST = 8
"""Characters of the longest plate that passes."""
LISTED_COUNTRIES = {"UA": 0.97, "PL": 0.02, "DE": 0.01}
"""Whose plates are listed: country code -> share."""
_PARADE = 256

Bytes = NDArray[np.int8]


class Fleet(NamedTuple):
    """n vehicles. glyphs (n, 8): numbers of SYMBOLS, -1 behind the end; lengths (n,).

    layouts (n,): which of the mix's layouts a plate is of. two_line (n,): mounted in two rows. dirt (n, spots, 4):
    position, first pixel column, width and place in INKS of each spot; position -1: no spot.
    """

    glyphs: Bytes
    lengths: NDArray[np.int64]
    layouts: NDArray[np.int64]
    two_line: NDArray[np.bool_]
    dirt: Bytes

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Fleet:
        """The vehicles of these rows."""
        return Fleet(self.glyphs[rows], self.lengths[rows], self.layouts[rows], self.two_line[rows], self.dirt[rows])

    def keys(self) -> NDArray[np.uint64]:
        """As numbered() gives them, (n,)."""
        return numbered(self.glyphs)

    def plates(self) -> list[str]:
        """The plates as texts."""
        return texts(self.glyphs)


class Layout(NamedTuple):
    """A pattern of a country's format. positions: of each the glyphs that may stand there.

    regional: its first two letters are a region's prefix, the letter behind the digits comes in order of issue.
    """

    country: str
    positions: tuple[NDArray[np.int8], ...]
    regional: bool


class Mix(NamedTuple):
    """What plates there are: layouts with their shares, which sum to 1, and the weights of regions (series)."""

    layouts: tuple[Layout, ...]
    shares: NDArray[np.float64]
    regions: dict[str, float]


@cache
def passing() -> Mix:
    """The traffic before the city's cameras."""
    return mix(COUNTRIES, PASSING)


@cache
def listed() -> Mix:
    """The vehicles that are listed, anywhere in the country."""
    return mix(LISTED_COUNTRIES, LISTED)


def mix(countries: dict[str, float], regions: dict[str, float]) -> Mix:
    """Of countries with these shares; what the city's cameras have no glyph for (Я, Ж) is left out."""
    layouts, shares = [], []
    for country, share in countries.items():
        drawn = [
            ([[NUMBER[c] for c in letters if c in NUMBER] for letters in pattern.positions], pattern)
            for pattern in FORMATS[country].patterns
        ]
        weights = [
            pattern.share
            * np.prod([len(kept) / len(all_) for kept, all_ in zip(glyphs, pattern.positions, strict=True)])
            for glyphs, pattern in drawn
        ]
        for (glyphs, pattern), weight in zip(drawn, weights, strict=True):
            regional = country == "UA" and [len(letters) for letters in pattern.positions[:6]] == [
                12,
                12,
                10,
                10,
                10,
                10,
            ]
            layouts.append(Layout(country, tuple(np.array(part, np.int8) for part in glyphs), regional))
            shares.append(share * weight / sum(weights))
    return Mix(tuple(layouts), np.array(shares) / sum(shares), regions)


def draw(count: int, plates: Mix, rng: np.random.Generator) -> Fleet:
    """So many vehicles at random; plates may repeat."""
    layouts = rng.choice(len(plates.layouts), count, p=plates.shares)
    glyphs = np.full((count, LONGEST), -1, np.int8)
    lengths = np.zeros(count, np.int64)
    for number in np.unique(layouts):
        rows = np.flatnonzero(layouts == number)
        layout = plates.layouts[number]
        lengths[rows] = len(layout.positions)
        for place, alphabet in enumerate(layout.positions):
            glyphs[rows, place] = rng.choice(alphabet, len(rows))
        if layout.regional:
            glyphs[rows, :2] = _prefixes(len(rows), plates.regions, rng)
            if len(layout.positions[6]) == len(SUFFIX):
                glyphs[rows, 6] = _weighted(SUFFIX, len(rows), rng)[:, 0]
    ukrainian = np.array([layout.country == "UA" for layout in plates.layouts])[layouts]
    two_line = ukrainian & (rng.random(count) < TYPES["motorcycle"][0])
    return Fleet(glyphs, lengths, layouts, two_line, _dirt(lengths, rng))


def fleet_of(plates: Sequence[str], dirt: Sequence[Sequence[Spot]]) -> Fleet:
    """Vehicles with these plates, of at most eight characters that have glyphs (else KeyError), and this dirt."""
    glyphs = np.full((len(plates), LONGEST), -1, np.int8)
    spots = np.full((len(plates), MOST_SPOTS, 4), -1, np.int8)
    for row, (plate, soiled) in enumerate(zip(plates, dirt, strict=True)):
        glyphs[row, : len(plate)] = [NUMBER[character] for character in plate]
        for number, spot in enumerate(soiled):
            spots[row, number] = (spot.position % len(plate), spot.column, spot.width, INKS.index(spot.ink))
    none = np.zeros(len(plates), np.int64)
    return Fleet(glyphs, (glyphs >= 0).sum(axis=1), none - 1, none.astype(bool), spots)


def parade(plates: Mix, rng: random.Random) -> Iterator[Vehicle]:
    """An endless sequence of vehicles."""
    chance = np.random.default_rng(rng.getrandbits(64))
    while True:
        fleet = draw(_PARADE, plates, chance)
        for plate, layout, spots in zip(fleet.plates(), fleet.layouts.tolist(), fleet.dirt.tolist(), strict=True):
            looks, country = random_looks(rng), plates.layouts[layout].country
            dirt = tuple(Spot(at, column, width, INKS[ink]) for at, column, width, ink in spots if at >= 0)
            yield Vehicle(plate, country, looks, looks.type == "motorcycle" and country == "UA", dirt)


def distinct(count: int, plates: Mix, rng: np.random.Generator) -> Fleet:
    """Vehicles with as many different plates."""
    size = count + count // 8 + 64
    while True:
        fleet = draw(size, plates, rng)
        _, first = np.unique(fleet.keys(), return_index=True)
        if len(first) >= count:
            return fleet.take(np.sort(first)[:count])
        size *= 2


def numbered(glyphs: Bytes) -> NDArray[np.uint64]:
    """A number for each text of at most 12 glyphs, the last axis; two are equal only if the texts are."""
    powers = np.uint64(len(SYMBOLS) + 1) ** np.arange(glyphs.shape[-1], dtype=np.uint64)
    return (glyphs + 1).astype(np.uint64) @ powers


def texts(glyphs: Bytes) -> list[str]:
    """Rows of glyph numbers, -1 behind the end, as texts."""
    letters = np.frombuffer((SYMBOLS + "\0").encode(), np.uint8)
    width = glyphs.shape[1]
    rows = np.ascontiguousarray(letters[glyphs]).view(f"S{width}")[:, 0]
    return [row.decode() for row in rows.tolist()]


def _prefixes(count: int, regions: dict[str, float], rng: np.random.Generator) -> Bytes:
    return _weighted(prefixes(regions), count, rng)


def _weighted(weights: dict[str, float], count: int, rng: np.random.Generator) -> Bytes:
    """Words drawn by weight, as glyphs, shape (count, letters of a word)."""
    values = np.array(list(weights.values()))
    words = np.array([[NUMBER[letter] for letter in word] for word in weights], np.int8)
    drawn: Bytes = words[rng.choice(len(words), count, p=values / values.sum())]
    return drawn


def _dirt(lengths: NDArray[np.int64], rng: np.random.Generator) -> Bytes:
    """As vehicles.dirt, for many."""
    count = len(lengths)
    dirt = np.empty((count, MOST_SPOTS, 4), np.int8)
    dirt[:, :, 0] = rng.integers(0, lengths[:, None], (count, MOST_SPOTS))
    dirt[:, :, 1] = rng.integers(0, 4, (count, MOST_SPOTS))
    dirt[:, :, 2] = rng.integers(1, 3, (count, MOST_SPOTS))
    dirt[:, :, 3] = rng.integers(0, len(INKS), (count, MOST_SPOTS))
    spots = np.where(rng.random(count) < DIRTY_SHARE, rng.integers(1, MOST_SPOTS + 1, count), 0)
    dirt[np.arange(MOST_SPOTS)[None, :] >= spots[:, None]] = -1
    return dirt
