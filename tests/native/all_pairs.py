"""Which plates reach which reads, by comparing all with all: textbook edit distances, those of all pairs at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from platematch.plates import ANY, MAX_SYMBOLS

Codes = NDArray[np.uint8]


def padded(texts: Sequence[bytes]) -> tuple[Codes, NDArray[np.int32]]:
    """Codes (n, 16), zero padded, and lengths (n,)."""
    codes = np.frombuffer(b"".join(text.ljust(MAX_SYMBOLS, b"\0") for text in texts), dtype=np.uint8)
    return codes.reshape(-1, MAX_SYMBOLS).copy(), np.array([len(text) for text in texts], dtype=np.int32)


def distances(plates: tuple[Codes, NDArray[np.int32]], reads: tuple[Codes, NDArray[np.int32]]) -> NDArray[np.uint8]:
    """Levenshtein distances (m, n) of m reads and n plates, given as codes and lengths (Wagner & Fischer 1974).

    A plate's ANY is any symbol.
    """
    codes, lengths = plates
    seen, seen_lengths = reads[0][:, None, :], reads[1][:, None]
    shape = len(reads[0]), len(codes)
    above = [np.full(shape, j, dtype=np.uint8) for j in range(MAX_SYMBOLS + 1)]
    result = np.zeros(shape, dtype=np.uint8)
    for i in range(MAX_SYMBOLS + 1):
        for j in range(MAX_SYMBOLS + 1):
            np.copyto(result, above[j], where=(seen_lengths == i) & (lengths == j))
        if i == MAX_SYMBOLS:
            break
        row = [np.full(shape, i + 1, dtype=np.uint8)]
        for j in range(MAX_SYMBOLS):
            differ = (codes[:, j] != seen[:, :, i]) & (codes[:, j] != ANY)
            row.append(np.minimum(above[j] + differ, np.minimum(above[j + 1], row[j]) + np.uint8(1)))
        above = row
    return result


def reached(
    plates: Sequence[bytes], reaches: NDArray[np.uint8], reads: Sequence[bytes], errors: NDArray[np.uint8], fold: bytes
) -> NDArray[np.bool_]:
    """Whether (m, n) read and plate belong together. reaches (n, 2): errors and missing ends; errors (m,) of reads."""
    table = np.frombuffer(fold, dtype=np.uint8)
    sought = padded(reads)
    sought = table[sought[0]], sought[1]
    allowed = np.maximum(reaches[:, 0], errors[:, None])
    result = np.zeros((len(reads), len(plates)), dtype=bool)
    for front in range(3):
        for back in range(3 - front):
            concerned = np.flatnonzero(
                (reaches[:, 1] >= front + back) & (np.array([len(plate) for plate in plates]) >= front + back)
            )
            if len(concerned):
                codes, lengths = padded([plates[i][front : len(plates[i]) - back] for i in concerned])
                near = distances((table[codes], lengths), sought) <= allowed[:, concerned]
                result[:, concerned] |= near
    return result
