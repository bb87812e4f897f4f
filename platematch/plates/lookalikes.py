"""Pairs of characters that cameras confuse, with how often, and the classes within which candidates are searched.

The rates are starting values of the right order, not measurements: no published table gives frequencies, and they
differ by camera and by typeface. Learning from a camera's own reads replaces them.
"""

from __future__ import annotations

from typing import NamedTuple

from platematch.plates.symbols import ALPHABET

GENETEC = "Genetec's shipped table of equivalent characters"
OPS_COM = "OPS-COM's table of look-alike characters"
STOPS = "wrongful stops reported in the press (7/2: Toledo 2024; 3/7)"
RUSSIAN = "what Genetec's table misses on a set of Russian plates (4, 0, H, 2, 3, 8)"
GLYPHS = "likeness of the glyphs on Soviet and Cyrillic plates; no published figure"
SHAPE = "one stroke apart in the plates' typefaces; no published figure"


class LookAlike(NamedTuple):
    """rate: the share of all reads of a that show b, and of all reads of b that show a."""

    a: str
    b: str
    rate: float
    source: str


LOOKALIKES: tuple[LookAlike, ...] = (
    LookAlike("0", "O", 1e-2, GENETEC),
    LookAlike("0", "D", 4e-3, GENETEC),
    LookAlike("0", "Q", 4e-3, GENETEC),
    LookAlike("O", "D", 3e-3, GENETEC),
    LookAlike("O", "Q", 3e-3, GENETEC),
    LookAlike("D", "Q", 1e-3, GENETEC),
    LookAlike("1", "I", 1e-2, GENETEC),
    LookAlike("2", "Z", 5e-3, GENETEC),
    LookAlike("5", "S", 5e-3, GENETEC),
    LookAlike("8", "B", 7e-3, GENETEC),
    LookAlike("6", "G", 4e-3, GENETEC),
    LookAlike("3", "8", 1e-3, OPS_COM),
    LookAlike("3", "B", 5e-4, OPS_COM),
    LookAlike("E", "F", 8e-4, OPS_COM),
    LookAlike("F", "P", 5e-4, OPS_COM),
    LookAlike("H", "M", 8e-4, OPS_COM),
    LookAlike("H", "K", 5e-4, OPS_COM),
    LookAlike("K", "M", 3e-4, OPS_COM),
    LookAlike("K", "R", 5e-4, OPS_COM),
    LookAlike("H", "R", 3e-4, OPS_COM),
    LookAlike("M", "R", 2e-4, OPS_COM),
    LookAlike("T", "Y", 5e-4, OPS_COM),
    LookAlike("V", "Y", 8e-4, OPS_COM),
    LookAlike("7", "2", 8e-4, STOPS),
    LookAlike("3", "7", 3e-4, STOPS),
    LookAlike("2", "3", 3e-4, RUSSIAN),
    LookAlike("0", "8", 4e-4, RUSSIAN),
    LookAlike("4", "A", 8e-4, RUSSIAN),
    LookAlike("7", "Z", 5e-4, SHAPE),
    LookAlike("1", "7", 8e-4, SHAPE),
    LookAlike("7", "T", 4e-4, SHAPE),
    LookAlike("1", "L", 5e-4, SHAPE),
    LookAlike("1", "T", 3e-4, SHAPE),
    LookAlike("1", "J", 3e-4, SHAPE),
    LookAlike("I", "L", 5e-4, SHAPE),
    LookAlike("I", "T", 3e-4, SHAPE),
    LookAlike("3", "9", 2e-4, SHAPE),
    LookAlike("5", "6", 5e-4, SHAPE),
    LookAlike("6", "8", 8e-4, SHAPE),
    LookAlike("8", "9", 4e-4, SHAPE),
    LookAlike("8", "S", 4e-4, SHAPE),
    LookAlike("C", "G", 8e-4, SHAPE),
    LookAlike("C", "0", 4e-4, SHAPE),
    LookAlike("C", "O", 4e-4, SHAPE),
    LookAlike("0", "U", 2e-4, SHAPE),
    LookAlike("U", "V", 8e-4, SHAPE),
    LookAlike("M", "N", 8e-4, SHAPE),
    LookAlike("H", "N", 5e-4, SHAPE),
    LookAlike("M", "W", 3e-4, SHAPE),
    LookAlike("V", "W", 3e-4, SHAPE),
    LookAlike("K", "X", 5e-4, SHAPE),
    LookAlike("X", "Y", 3e-4, SHAPE),
    LookAlike("P", "R", 8e-4, SHAPE),
    LookAlike("B", "R", 4e-4, SHAPE),
    LookAlike("B", "E", 2e-4, SHAPE),
    LookAlike("З", "3", 1e-2, GLYPHS),
    LookAlike("Ч", "4", 4e-3, GLYPHS),
    LookAlike("Б", "6", 4e-3, GLYPHS),
    LookAlike("Б", "5", 1e-3, GLYPHS),
    LookAlike("Б", "B", 1e-3, GLYPHS),
    LookAlike("Ь", "6", 1e-3, GLYPHS),
    LookAlike("Я", "R", 2e-3, GLYPHS),
    LookAlike("Д", "A", 1e-3, GLYPHS),
    LookAlike("И", "N", 2e-3, GLYPHS),
    LookAlike("И", "H", 1e-3, GLYPHS),
    LookAlike("Л", "П", 1e-3, GLYPHS),
    LookAlike("Ш", "Щ", 4e-3, GLYPHS),
    LookAlike("Є", "E", 1e-3, GLYPHS),
    LookAlike("Є", "C", 1e-3, GLYPHS),
    LookAlike("Ґ", "Г", 4e-3, GLYPHS),
)

CLASSES = ("0ODQ", "1I", "2Z", "5S", "8B", "6GБ", "3З", "4Ч", "ШЩ", "ГҐ")
"""Frequent mutual look-alikes only: each wider class makes more candidates for every read."""


def _fold() -> bytes:
    fold = bytearray(range(256))
    for letters in CLASSES:
        codes = [ALPHABET.index(letter) for letter in letters]
        for code in codes:
            fold[code] = codes[0]
    return bytes(fold)


FOLD = _fold()
"""FOLD[symbol code] is the code of the first member of its class."""
