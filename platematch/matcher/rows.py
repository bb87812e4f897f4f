"""The listed plates in memory: one row per entry and key, in arrays for the kernels and in the native index."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from platematch._native import Index
from platematch.errors import TooLarge
from platematch.matcher.block import LISTS, RESTING, Block
from platematch.matcher.kernels import Codes, Ints, Longs
from platematch.matcher.sift import Ids
from platematch.plates import ANY
from platematch.plates.lookalikes import FOLD
from platematch.watchlist import Entry

FREE = -1
REBUILD = 4
"""The index is built anew when at least one in REBUILD of its rows comes or goes at once."""


class Reach(NamedTuple):
    """How far a read may be from a row that it finds: a list's policy, see MatchPolicy."""

    errors: int
    missing_ends: int


NEAREST = Reach(1, 0)


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
        self._reaches: dict[int, Reach] = {}
        self.index = Index(FOLD, memory=block.index_memory, rows=len(block.lists))
        self._plates: Codes = np.asarray(self.index.plates)

    def __len__(self) -> int:
        return len(self._entries) - len(self._free)

    def check_room(self, rows: int) -> None:
        """Raise TooLarge if so many rows more do not fit."""
        if rows > len(self._block.lists) - RESTING - len(self):
            raise TooLarge(
                f"{rows} more spellings of plates than the {len(self)} there are do not fit in memory; "
                "allow more entries (max_entries), or list fewer plates, and fewer patterns above all"
            )

    def entry(self, first: int) -> Entry | None:
        """The entry whose chain starts at the row; None where the row is free."""
        return self._entries[first]

    def reach(self, list_number: int, reach: Reach) -> None:
        """How far the list's rows reach from now on, those that it has too. Raises TooLarge, and changes nothing."""
        former = self._reaches.get(list_number, NEAREST)
        self._reaches[list_number] = reach
        if former != reach and len(self._of_list(list_number)):
            try:
                self._rebuild()
            except MemoryError:
                self._reaches[list_number] = former
                raise _no_room() from None

    def add(self, keys: Sequence[bytes], list_number: int, entry: Entry) -> int:
        """Index an entry under one or more keys (16 codes each); returns its first row. Raises TooLarge, as below."""
        self.check_room(len(keys))
        block, following = self._block, FREE
        reach = self._reaches.get(list_number, NEAREST)
        for key in reversed(keys):
            row = self._take()
            block.lists[row], block.following[row] = list_number + 1, following + 1
            self._entries[row] = entry
            following = row
            try:
                self.index.insert(key, row, errors=reach.errors, missing_ends=reach.missing_ends)
            except MemoryError:
                self.remove(row)
                raise _no_room() from None
        return following

    def add_plain(self, codes: Codes, list_number: int, entries: Sequence[Entry]) -> list[int]:
        """Index n entries of one key each, codes (n, 16); returns their rows.

        Raises TooLarge if there is no room for them all, and then adds none.
        """
        self.check_room(len(entries))
        if len(entries) * REBUILD < len(self) + len(entries):
            return self._add_each(codes, list_number, entries)
        rows, block = [self._take() for _ in entries], self._block
        block.lists[rows], block.following[rows] = list_number + 1, 0
        for row, entry in zip(rows, entries, strict=True):
            self._entries[row] = entry
        try:
            self._rebuild(np.array(rows, dtype=np.uint32), codes)
        except MemoryError:
            self._release(rows)
            raise _no_room() from None
        return rows

    def _add_each(self, codes: Codes, list_number: int, entries: Sequence[Entry]) -> list[int]:
        rows: list[int] = []
        try:
            for key, entry in zip(codes, entries, strict=True):
                rows.append(self.add([key.tobytes()], list_number, entry))
        except TooLarge:
            for row in rows:
                self.remove(row)
            raise
        return rows

    def remove(self, first: int) -> None:
        """Take an entry's rows out."""
        rows = list(self._chain(first))
        for row in rows:
            self.index.delete(self._plates[row].tobytes(), row)
        self._release(rows)

    def remove_list(self, list_number: int) -> None:
        """Take all rows of a list out."""
        rows = self._of_list(list_number).tolist()
        self._reaches.pop(list_number, None)
        if len(rows) * REBUILD >= len(self):
            self._release(rows)
            self._rebuild()
            return
        for row in rows:
            self.index.delete(self._plates[row].tobytes(), row)
        self._release(rows)

    def gather(self, rows: Longs) -> Gathered:
        """Copies of the rows that hold an entry and do not change hands meanwhile."""
        numbers = rows.tolist()
        before = [self._entries[row] for row in numbers]
        codes, lists = self._plates[rows], self._block.lists[rows] - 1
        held = [i for i, row in enumerate(numbers) if before[i] is not None and before[i] is self._entries[row]]
        entries = [entry for i in held if (entry := before[i]) is not None]
        places = np.array(held, dtype=np.int64)
        codes = codes[places]
        lengths = np.count_nonzero(codes, axis=1).astype(np.int32)
        return Gathered(places, codes, lengths, lists[places], entries)

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
        block.freed[0] += len(rows)  # before: who saw no change of it until after reading the rows saw them whole
        block.lists[rows] = 0
        block.following[rows] = 0
        self._free += rows

    def _of_list(self, list_number: int) -> Longs:
        return np.flatnonzero(self._block.lists[: len(self._entries)] == list_number + 1)

    def _rebuild(self, new: Ids | None = None, new_codes: Codes | None = None) -> None:
        """Build the index of the rows that are in use; new (n,) are the rows that have no codes in it yet."""
        lists = self._block.lists[: len(self._entries)]
        held = lists > 0
        if new is not None:
            held[new] = False
        rows = np.flatnonzero(held).astype(np.uint32)
        codes = self._plates[rows]
        if new is not None and new_codes is not None:
            rows, codes = np.concatenate([rows, new]), np.concatenate([codes, new_codes])
        reaches = None
        if any(reach != NEAREST for reach in self._reaches.values()):
            by_list = np.full((LISTS, 2), NEAREST, dtype=np.uint8)
            for number, reach in self._reaches.items():
                by_list[number] = reach
            reaches = by_list[lists[rows] - 1]
        self.index.build(np.ascontiguousarray(codes), rows, reaches)


def _no_room() -> TooLarge:
    return TooLarge(
        "so many plates with two errors or missing ends do not fit in memory; allow more entries (max_entries), or "
        "take errors and missing_ends of the match policy back on large lists"
    )


def has_wildcard(codes: Codes) -> NDArray[np.bool_]:
    """Which rows of codes (k, 16) hold a wildcard, (k,)."""
    result: NDArray[np.bool_] = (codes == ANY).any(axis=1)
    return result
