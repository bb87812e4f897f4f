"""The listed plates in memory: one row per entry and key, in arrays for the kernels and in the native index."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from platematch._native import Index
from platematch.errors import TooLarge
from platematch.matcher.block import RESTING, Block
from platematch.matcher.kernels import Codes, Ints, Longs
from platematch.plates import ANY
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
    """Rows are found by number; those of one entry are a chain that starts at its first.

    Freed rows are used again, the longest free one first. One thread makes the changes; others may search() and
    gather() meanwhile.
    """

    def __init__(self, block: Block) -> None:
        """block: all zero."""
        self._block = block
        self._entries: list[Entry | None] = []
        self._free: deque[int] = deque()
        self._index = Index(FOLD, memory=block.index_memory, rows=len(block.lengths))

    def __len__(self) -> int:
        return len(self._entries) - len(self._free)

    def check_room(self, rows: int) -> None:
        """Raise TooLarge if so many rows more do not fit."""
        if rows > len(self._block.lengths) - RESTING - len(self):
            raise TooLarge(
                f"{rows} more spellings of plates than the {len(self)} there are do not fit in memory; "
                "allow more entries (max_entries), or list fewer plates, and fewer patterns above all"
            )

    def entry(self, first: int) -> Entry | None:
        """The entry whose chain starts at the row; None where the row is free."""
        return self._entries[first]

    def add(self, keys: Sequence[bytes], list_number: int, entry: Entry) -> int:
        """Index an entry under one or more keys (16 codes each); returns its first row. Raises TooLarge, as below."""
        self.check_room(len(keys))
        block, following = self._block, FREE
        for key in reversed(keys):
            row = self._take()
            block.codes[row] = np.frombuffer(key, dtype=np.uint8)
            block.lengths[row] = len(key.rstrip(b"\0"))
            block.lists[row], block.following[row] = list_number + 1, following + 1
            self._entries[row] = entry
            self._index.insert(key, row)
            following = row
        return following

    def add_plain(self, codes: Codes, lengths: Ints, list_number: int, entries: Sequence[Entry]) -> list[int]:
        """Index n entries of one key each, codes (n, 16), lengths (n,); returns their rows.

        Raises TooLarge if there is no room for them all, and then adds none.
        """
        self.check_room(len(entries))
        rows, block = [self._take() for _ in entries], self._block
        block.codes[rows], block.lengths[rows] = codes, lengths
        block.lists[rows], block.following[rows] = list_number + 1, 0
        for row, entry in zip(rows, entries, strict=True):
            self._entries[row] = entry
        if len(rows) * REBUILD >= len(self):
            self._rebuild()
        else:
            for row in rows:
                self._index.insert(block.codes[row].tobytes(), row)
        return rows

    def remove(self, first: int) -> None:
        """Take an entry's rows out."""
        rows = list(self._chain(first))
        for row in rows:
            self._index.delete(self._block.codes[row].tobytes(), row)
        self._release(rows)

    def remove_list(self, list_number: int) -> None:
        """Take all rows of a list out."""
        rows = np.flatnonzero(self._block.lists[: len(self._entries)] == list_number + 1).tolist()
        if len(rows) * REBUILD >= len(self):
            self._release(rows)
            self._rebuild()
            return
        for row in rows:
            self._index.delete(self._block.codes[row].tobytes(), row)
        self._release(rows)

    def search(self, codes: Codes, lengths: Ints) -> tuple[Ints, NDArray[np.uint32]]:
        """The (text, row) pairs within the index's reach, ascending by text."""
        return self._index.search(codes, lengths)

    def gather(self, rows: Longs) -> Gathered:
        """Copies of the rows that hold an entry and do not change hands meanwhile."""
        numbers = rows.tolist()
        before = [self._entries[row] for row in numbers]
        codes, lengths, lists = self._block.codes[rows], self._block.lengths[rows], self._block.lists[rows] - 1
        held = [i for i, row in enumerate(numbers) if before[i] is not None and before[i] is self._entries[row]]
        entries = [entry for i in held if (entry := before[i]) is not None]
        places = np.array(held, dtype=np.int64)
        return Gathered(places, codes[places], lengths[places], lists[places], entries)

    def _chain(self, first: int) -> Iterator[int]:
        while first != FREE:
            yield first
            first = int(self._block.following[first]) - 1

    def _take(self) -> int:
        if len(self._free) > RESTING:
            return self._free.popleft()
        self._entries.append(None)
        return len(self._entries) - 1

    def _release(self, rows: list[int]) -> None:
        for row in rows:  # first, and filled last by add(): gather() goes by it
            self._entries[row] = None
        block = self._block
        block.lists[rows] = 0
        block.codes[rows] = 0
        block.lengths[rows] = block.following[rows] = 0
        block.freed[0] += len(rows)
        self._free += rows

    def _rebuild(self) -> None:
        rows = np.flatnonzero(self._block.lists[: len(self._entries)]).astype(np.uint32)
        self._index.build(np.ascontiguousarray(self._block.codes[rows]), rows)


def has_wildcard(codes: Codes) -> NDArray[np.bool_]:
    """Which rows of codes (k, 16) hold a wildcard, (k,)."""
    result: NDArray[np.bool_] = (codes == ANY).any(axis=1)
    return result
