"""Plate text as symbol codes and back, and the canonical keys under which plates are compared."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from platematch import _native

MAX_SYMBOLS = 16
RUN = 253
OTHER = 254
ANY = 255

ALPHABET: str = "\0" + _native.alphabet()
"""ALPHABET[code] is the character of a symbol code from 1 up; the first is a placeholder."""

_SHOWN = ALPHABET.ljust(RUN, "\ufffd") + "*\ufffd?"


def pack(text: str, *, run: bool = False) -> bytes:
    """The symbol codes of a text of any length: separators dropped, look-alike letters of other scripts folded.

    `?` and `*` become ANY; with run, `*` becomes RUN.
    """
    return _native.pack(text, run=run)


def pack_batch(
    texts: Sequence[str], rows: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Codes (n, 16), zero padded, and lengths (n,) of n texts.

    A length over 16 is the true one; codes then hold the first 16. Where rows (n,) is true (default: everywhere) a
    Ukrainian two-line plate that was read row by row is turned into one line.
    """
    return _native.pack_batch(texts, rows)


def unpack(codes: bytes | NDArray[np.uint8]) -> str:
    """The text of symbol codes up to the first padding; OTHER is shown as U+FFFD, ANY as `?`, RUN as `*`."""
    return codecs.charmap_decode(bytes(codes).partition(b"\0")[0], "strict", _SHOWN)[0]


def canonical(text: str, *, rows: bool = True) -> str:
    """The plate as it is compared; with rows, two-line plates in one line. Empty where the text holds no symbol."""
    codes = _native.pack(text)
    return unpack(_native.one_line(codes) if rows else codes)


def spellings(text: str, region: str | None) -> list[str]:
    """The canonical keys under which an entry is found.

    Reads of region None or UA come in one-line form, others as they are, because BEAA9212 is a plate of its own
    elsewhere. So an entry of the two-line shape has both keys, but only the one-line key when listed as Ukrainian.
    """
    plain, turned = canonical(text, rows=False), canonical(text)
    if plain == turned:
        return [plain]
    return [turned] if region is not None and region[:2] == "UA" else [plain, turned]
