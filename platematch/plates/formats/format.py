"""A country's plate format: patterns with an alphabet per position, and how much of its traffic shows each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from platematch.plates.symbols import canonical

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Pattern:
    """positions: the canonical characters that may stand at each. share: of the format, 0..1.

    starts: of the pattern's plates, the share that starts with each of these two characters; in the rest, and at the
    other positions, all characters are equally likely.
    """

    positions: tuple[str, ...]
    share: float
    starts: Mapping[str, float] = field(default_factory=dict, compare=False)

    def fits(self, plate: str) -> bool:
        """Whether a canonical plate is one of this pattern's."""
        return len(plate) == len(self.positions) and all(map(str.__contains__, self.positions, plate))


@dataclass(frozen=True)
class Format:
    """country: ISO 3166 code, None where it is not one country's. examples: plates that fit. Shares sum to 1."""

    name: str
    country: str | None
    patterns: tuple[Pattern, ...]
    examples: tuple[str, ...]

    def fits(self, text: str) -> bool:
        """Whether a text, in any script and with separators or without, is a plate of this format."""
        plate = canonical(text, rows=False)
        return any(pattern.fits(plate) for pattern in self.patterns)

    def random(self, rng: Random) -> str:
        """A canonical plate, drawn by the patterns' shares, with any start."""
        (pattern,) = rng.choices(self.patterns, [pattern.share for pattern in self.patterns])
        return "".join(map(rng.choice, pattern.positions))


def shape(letters: str, share: float, **alphabets: str) -> Pattern:
    """A pattern from one character per position: `9` any digit, `L` any letter unless alphabets say otherwise.

    alphabets names what further characters stand for; one that it does not name stands for itself.
    """
    known = {"9": DIGITS, "L": LETTERS, **alphabets}
    return Pattern(tuple(known.get(letter, letter) for letter in letters), share)
