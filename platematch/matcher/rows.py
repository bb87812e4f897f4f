"""The listed plates in memory: one row per entry and key, in arrays for the kernels and in the native index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from platematch._native import Index
from platematch.matcher.kernels import Codes, Ints, Longs
from platematch.plates import ANY, MAX_SYMBOLS
from platematch.plates.lookalikes import FOLD
from platematch.watchlist import Entry

FREE = -1
REBUILD = 4
"""The index is built anew when at least one in REBUILD of its rows comes or goes at once."""


class Gathered(NamedTuple):
    """Copies of k rows: places (k,) among those asked for, codes (k, 16), lengths (k,), list numbers (k,), entries."""

    places: Longs
    codes: Codes
    lengths: Ints
    lists: Ints
    entries: list[Entry]


class Rows:
    """Rows are found by number; those of one entry are a chain that starts at its first. Freed rows are used again.

    One thread makes the changes; others may search() and gather() meanwhile.
    """

    def __init__(self) -> None:
        self._codes = np.zeros((1024, MAX_SYMBOLS), dtype=np.uint8)
        self._lengths = np.zeros(1024, dtype=np.int32)
        self._lists = np.full(1024, FREE, dtype=np.int32)
        self._next = np.full(1024, FREE, dtype=np.int32)
        self._entries: list[Entry | None] = []
        self._free: list[int] = []
        self._index = Index(FOLD)

    def __len__(self) -> int:
        return len(self._entries) - len(self._free)

    def entry(self, first: int) -> Entry | None:
        """The entry whose chain starts at the row; None where the row is free."""
        return self._entries[first]

    def add(self, keys: Sequence[bytes], list_number: int, entry: Entry) -> int:
        """Index an entry under one or more keys (16 codes each); returns its first row."""
        following = FREE
        for key in reversed(keys):
            row = self._take()
            self._codes[row] = np.frombuffer(key, dtype=np.uint8)
            self._lengths[row] = len(key.rstrip(b"\0"))
            self._lists[row], self._next[row] = list_number, following
            self._entries[row] = entry
            self._index.insert(key, row)
            following = row
        return following

    def add_plain(self, codes: Codes, lengths: Ints, list_number: int, entries: Sequence[Entry]) -> list[int]:
        """Index n entries of one key each, codes (n, 16), lengths (n,); returns their rows."""
        rows = [self._take() for _ in entries]
        self._codes[rows], self._lengths[rows] = codes, lengths
        self._lists[rows], self._next[rows] = list_number, FREE
        for row, entry in zip(rows, entries, strict=True):
            self._entries[row] = entry
        if len(rows) * REBUILD >= len(self):
            self._rebuild()
        else:
            for row in rows:
                self._index.insert(self._codes[row].tobytes(), row)
        return rows

    def remove(self, first: int) -> None:
        """Take an entry's rows out."""
        rows = list(self._chain(first))
        for row in rows:
            self._index.delete(self._codes[row].tobytes(), row)
        self._release(rows)

    def remove_list(self, list_number: int) -> None:
        """Take all rows of a list out."""
        rows = np.flatnonzero(self._lists[: len(self._entries)] == list_number).tolist()
        if len(rows) * REBUILD >= len(self):
            self._release(rows)
            self._rebuild()
            return
        for row in rows:
            self._index.delete(self._codes[row].tobytes(), row)
        self._release(rows)

    def search(self, codes: Codes, lengths: Ints) -> tuple[Ints, NDArray[np.uint32]]:
        """The (text, row) pairs within the index's reach, ascending by text."""
        return self._index.search(codes, lengths)

    def gather(self, rows: Longs) -> Gathered:
        """Copies of the rows that hold an entry and do not change hands meanwhile."""
        numbers = rows.tolist()
        before = [self._entries[row] for row in numbers]
        codes, lengths, lists = self._codes[rows], self._lengths[rows], self._lists[rows]
        held = [i for i, row in enumerate(numbers) if before[i] is not None and before[i] is self._entries[row]]
        entries = [entry for i in held if (entry := before[i]) is not None]
        places = np.array(held, dtype=np.int64)
        return Gathered(places, codes[places], lengths[places], lists[places], entries)

    def _chain(self, first: int) -> Iterator[int]:
        while first != FREE:
            yield first
            first = int(self._next[first])

    def _take(self) -> int:
        if self._free:
            return self._free.pop()
        self._reserve(len(self._entries) + 1)
        self._entries.append(None)
        return len(self._entries) - 1

    def _release(self, rows: list[int]) -> None:
        for row in rows:  # first, and filled last by add(): gather() goes by it
            self._entries[row] = None
        self._codes[rows] = 0
        self._lengths[rows] = 0
        self._lists[rows] = self._next[rows] = FREE
        self._free += rows

    def _reserve(self, rows: int) -> None:
        size = len(self._lengths)
        if rows <= size:
            return
        more = max(size, rows - size)
        self._codes = np.concatenate([self._codes, np.zeros((more, MAX_SYMBOLS), dtype=np.uint8)])
        self._lengths = np.concatenate([self._lengths, np.zeros(more, dtype=np.int32)])
        self._lists = np.concatenate([self._lists, np.full(more, FREE, dtype=np.int32)])
        self._next = np.concatenate([self._next, np.full(more, FREE, dtype=np.int32)])

    def _rebuild(self) -> None:
        rows = np.flatnonzero(self._lists[: len(self._entries)] != FREE).astype(np.uint32)
        self._index.build(np.ascontiguousarray(self._codes[rows]), rows)


def has_wildcard(codes: Codes) -> NDArray[np.bool_]:
    """Which rows of codes (k, 16) hold a wildcard, (k,)."""
    result: NDArray[np.bool_] = (codes == ANY).any(axis=1)
    return result
