"""What a plate is: its canonical form, the formats of countries, and the characters that cameras confuse."""

from platematch.plates.symbols import (
    ALPHABET,
    ANY,
    MAX_SYMBOLS,
    OTHER,
    RUN,
    canonical,
    pack,
    pack_batch,
    spellings,
    unpack,
)

__all__ = [
    "ALPHABET",
    "ANY",
    "MAX_SYMBOLS",
    "OTHER",
    "RUN",
    "canonical",
    "pack",
    "pack_batch",
    "spellings",
    "unpack",
]
