"""What benchmarks.match works on: plates that are listed, and reads of them and of others."""

from __future__ import annotations

import random
from collections.abc import Container
from typing import NamedTuple

from platematch.plates import ALPHABET
from platematch.plates.formats import FORMATS
from platematch.reads import PlateRead

COUNTRIES = {"UA": 0.7, "GB": 0.1, "US": 0.1, "BR": 0.1}
NEAR = 0.001
"""Share of the traffic's reads that show a listed plate; about three times what cameras see."""
CITIES = ("AA", "KA", "BC", "AX", "AE", "BH", "AI", "BE")
"""Where the Ukrainian plates are from: with all regions a read would meet far fewer of other plates' neighbours."""
TWELVE = "ABCEHIKMOPTX"
DENSE = 0.05
"""Share of the plates of some letters that are on the dense list, and on it alone."""


class Workload(NamedTuple):
    """plates: distinct texts that are listed; traffic: reads of which NEAR are of listed plates; near: all are.

    Half the reads of a listed plate are exact, the others have one character changed, lost or added.
    """

    plates: list[str]
    traffic: list[str]
    near: list[str]


def workload(plates: int, reads: int, rng: random.Random) -> Workload:
    """Random plates of COUNTRIES, and the reads."""
    listed: dict[str, None] = {}
    while len(listed) < plates:
        listed[_plate(rng)] = None
    texts = list(listed)
    near = [misread(rng.choice(texts), rng) for _ in range(reads)]
    traffic = [misread(rng.choice(texts), rng) if rng.random() < NEAR else _other(listed, rng) for _ in range(reads)]
    return Workload(texts, traffic, near)


def dense(plates: int, reads: int, rng: random.Random) -> Workload:
    """DENSE of all plates LL9999LL with certain letters, and traffic of such plates alone.

    As a list of DENSE of all Ukrainian plates, ten million, would be, for as many letters as there are plates for.
    """
    space = round(plates / DENSE)
    pairs = max(1, round((space / 10_000) ** 0.5))
    letters = [a + b for a in TWELVE for b in TWELVE][:pairs]

    def plate() -> str:
        return f"{rng.choice(letters)}{rng.randrange(10_000):04}{rng.choice(letters)}"

    share = min(plates, round(DENSE * len(letters) ** 2 * 10_000))
    listed: dict[str, None] = {}
    while len(listed) < share:
        listed[plate()] = None
    texts = list(listed)
    near = [misread(rng.choice(texts), rng) for _ in range(reads)]
    return Workload(texts, [plate() for _ in range(reads)], near)


def soft(texts: list[str], rng: random.Random) -> list[PlateRead]:
    """The texts as an engine with confidences gives them: one character of each is doubtful."""
    reads = []
    for text in texts:
        confidences = [0.99] * len(text)
        if text:
            confidences[rng.randrange(len(text))] = 0.4
        reads.append(PlateRead(plate=text, char_confidences=confidences))
    return reads


def misread(plate: str, rng: random.Random) -> str:
    """The plate, or as often with one character changed, lost or added."""
    if rng.random() < 0.5:
        return plate
    place, other = rng.randrange(len(plate)), rng.choice(ALPHABET[1:37])
    lost, added = plate[:place] + plate[place + 1 :], plate[:place] + other + plate[place:]
    return rng.choice([lost, added, plate[:place] + other + plate[place + 1 :]])


def _other(listed: Container[str], rng: random.Random) -> str:
    """The plate of a vehicle that is not listed."""
    plate = _plate(rng)
    while plate in listed:
        plate = _plate(rng)
    return plate


def _plate(rng: random.Random) -> str:
    country = rng.choices(list(COUNTRIES), list(COUNTRIES.values()))[0]
    plate = FORMATS[country].random(rng)
    return rng.choice(CITIES) + plate[2:] if country == "UA" and plate[:2].isalpha() else plate
