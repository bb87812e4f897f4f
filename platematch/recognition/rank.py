"""Weighs the readings of one line of characters against each other and against the plates that countries issue."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from platematch.plates.formats import FORMATS
from platematch.plates.formats.format import DIGITS, LETTERS, Pattern
from platematch.plates.lookalikes import LOOKALIKES
from platematch.recognition.read import Letter
from platematch.recognition.shape import Shape

SYMBOLS = DIGITS + LETTERS
LEAK = 20.0
"""How much oftener than a camera (plates.lookalikes) this engine takes a character for its look-alike."""
FLOOR = 1e-3
"""What every character keeps, however sure the engine is."""
LEFT_OUT = 0.3
"""How often an outermost shape that the engine cannot read at all is none of the plate's characters."""
ADDED = 0.8
"""How sure a shape counts that stands beside those by which the line was found."""
KNOWN = 0.5
CHANGES = (0.05, 0.35, 0.45, 0.08, 0.05, 0.02)
"""How many plates change so often between letters and digits; estimates."""
OTHERS = 0.5
"""What the engine's figure for an alternative counts; it is not on the scale of its confidences."""
TRUST = 0.3
"""Exponent of the formats' prior: 1 would believe that the countries at hand are all there are."""
MOST_TEXTS = 60
MOST_CANDIDATES = 10
LENGTHS = {4: 0.04, 5: 0.08, 6: 0.2, 7: 0.34, 8: 0.24, 9: 0.07, 10: 0.03}
"""How common they are among the world's plates; an estimate."""

ENGINE = (("9", "S"), ("9", "G"), ("0", "G"), ("0", "C"), ("6", "G"), ("8", "S"), ("8", "G"))
"""Pairs that it confuses and cameras do not; told apart by their holes."""
ENGINE_RATE = 2e-3

Spread = dict[str, float]


class Sighting(NamedTuple):
    """shapes, found: of n characters, as in cutout.Row. readings: of its cut-outs, the letters told at each place."""

    shapes: list[Shape]
    found: list[bool]
    readings: list[list[list[Letter]]]


class Ranked(NamedTuple):
    """text with its share of the belief, 0..1; characters: the belief in each of its characters."""

    text: str
    share: float
    characters: list[float]


def rank(row: Sighting) -> list[Ranked]:
    """The likeliest texts first; empty where there is nothing to read.

    A text may be without the outermost shapes, which may be frame or emblem: the less sure the engine is of such a
    shape, and the better the rest fits a format, the likelier.
    """
    spreads = _spreads(row)
    doubts = [1 - _sureness(row, place) * (1.0 if found else ADDED) for place, found in enumerate(row.found)]
    texts: list[tuple[float, str, int]] = []
    for first, last in _ends(len(spreads)):
        weight = math.prod(
            LEFT_OUT * doubts[end] if out else 1 - doubts[end]
            for end, out in ((0, first > 0), (-1, last < len(spreads)))
        )
        weight *= LENGTHS[last - first]
        texts += [(weight * p * _prior(text) ** TRUST, text, first) for text, p in _likeliest(spreads[first:last])]
    scale = sum(p for p, _, _ in texts)
    return [
        Ranked(text, p / scale, [spread[c] for spread, c in zip(spreads[first:], text, strict=False)])
        for p, text, first in heapq.nlargest(MOST_CANDIDATES, texts)
    ]


def _ends(count: int) -> Iterator[tuple[int, int]]:
    for first, last in ((0, count), (1, count), (0, count - 1), (1, count - 1)):
        if last - first in LENGTHS:
            yield first, last


def _sureness(row: Sighting, place: int) -> float:
    """The mean confidence of the readings in one place, 0..1; none counts as 0."""
    sure = [max((letter.confidence for letter in reading[place]), default=0.0) for reading in row.readings]
    return min(0.98, max(0.02, sum(sure) / len(sure)))


def evidence(row: Sighting) -> float:
    """The mean sureness of a row's characters, 0..1."""
    return sum(_sureness(row, place) for place in range(len(row.shapes))) / max(1, len(row.shapes))


def plausibility(text: str) -> float:
    """What a text's make-up tells of its being a plate: words on a car have no digits, telephone numbers no letters."""
    digits = sum(symbol in DIGITS for symbol in text)
    if digits == 0:
        return 0.6
    return 0.8 if digits == len(text) or len(text) > 8 or len(text) < 5 else 1.0


def _spreads(row: Sighting) -> list[Spread]:
    """For each place what may stand there: the readings' mean, by the shape's likelihood; sums to 1."""
    spreads = []
    for place in range(len(row.shapes)):
        spread = dict.fromkeys(SYMBOLS, FLOOR)
        for reading in row.readings:
            for symbol, p in _told(reading[place]).items():
                spread[symbol] += p
        for symbol, p in list(spread.items()):
            for other, rate in _confused().get(symbol, ()):
                spread[other] += LEAK * rate * p
        for symbol in SYMBOLS:
            spread[symbol] *= row.shapes[place].likelihood(symbol)
        scale = sum(spread.values())
        spreads.append({symbol: p / scale for symbol, p in spread.items()})
    return spreads


def _told(letters: Sequence[Letter]) -> Spread:
    """What one reading tells of one place; all alike where it passed it by."""
    told: Spread = {}
    for letter in letters:
        told[letter.text] = max(letter.confidence, 0.05, told.get(letter.text, 0.0))
        for symbol, p in letter.others.items():
            told[symbol] = max(OTHERS * p, told.get(symbol, 0.0))
    told = told or dict.fromkeys(SYMBOLS, 1.0)
    scale = sum(told.values())
    return {symbol: p / scale for symbol, p in told.items()}


@cache
def _confused() -> dict[str, list[tuple[str, float]]]:
    pairs: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
    for alike in LOOKALIKES:
        if alike.a in SYMBOLS and alike.b in SYMBOLS:
            pairs[alike.a].append((alike.b, alike.rate))
            pairs[alike.b].append((alike.a, alike.rate))
    for a, b in ENGINE:
        pairs[a].append((b, ENGINE_RATE))
        pairs[b].append((a, ENGINE_RATE))
    return pairs


def _likeliest(spreads: Sequence[Spread]) -> Iterator[tuple[str, float]]:
    """The MOST_TEXTS likeliest texts of independent places, by the k best paths through them."""
    beam: list[tuple[float, str]] = [(1.0, "")]
    for spread in spreads:
        options = heapq.nlargest(6, spread.items(), key=lambda item: item[1])
        beam = heapq.nlargest(MOST_TEXTS, ((p * q, text + c) for p, text in beam for c, q in options))
    for p, text in beam:
        yield text, p


def _prior(text: str) -> float:
    """How likely a plate is this text, as against any text of its length alike.

    Half of all plates are held to be of the known formats, the others of unknown ones, of which only is known that
    letters and digits stand in few groups.
    """
    even = float(len(SYMBOLS)) ** -len(text)
    kinds = [symbol in DIGITS for symbol in text]
    changes = sum(a != b for a, b in pairwise(kinds))
    ways = 2 * math.comb(len(text) - 1, changes)
    unknown = CHANGES[min(changes, 5)] / ways * math.prod(1 / 10 if digit else 1 / 26 for digit in kinds)
    known = sum(p for pattern, p in _patterns().get(len(text), ()) if pattern.fits(text))
    return (KNOWN * known + (1 - KNOWN) * unknown) / even


@cache
def _patterns() -> dict[int, list[tuple[Pattern, float]]]:
    """By length: patterns of every country, and the probability of each single plate of it."""
    patterns: defaultdict[int, list[tuple[Pattern, float]]] = defaultdict(list)
    countries = [plates for plates in FORMATS.values() if plates.country is not None]
    for plates in countries:
        for pattern in plates.patterns:
            size = math.prod(len(symbols) for symbols in pattern.positions)
            patterns[len(pattern.positions)].append((pattern, pattern.share / len(countries) / size))
    return patterns
