"""What the index finds, in plain Python: a list of rows, compared one by one by textbook edit distance."""

from collections.abc import Sequence
from typing import NamedTuple

from platematch.plates import ANY


class Row(NamedTuple):
    """codes without padding; errors and missing_ends: how far it reaches."""

    codes: bytes
    number: int
    errors: int = 1
    missing_ends: int = 0


class PlainIndex:
    """The definition of Index."""

    def __init__(self, fold: bytes, rows: int = 2**24) -> None:
        """fold: the class of each symbol; rows: what ids are below."""
        self.fold = fold
        self.room = rows
        self.rows: dict[int, Row] = {}

    def build(self, rows: Sequence[Row]) -> None:
        """Replace all rows, or raise ValueError where two have one id, or an id is too great."""
        if len({row.number for row in rows}) < len(rows) or any(row.number >= self.room for row in rows):
            raise ValueError
        self.rows = {row.number: row for row in rows}

    def insert(self, row: Row) -> None:
        """Add a row; raise ValueError where its id has another, or is too great."""
        if row.number >= self.room or self.rows.setdefault(row.number, row) != row:
            raise ValueError

    def delete(self, codes: bytes, number: int) -> bool:
        """Remove a row; whether it was there."""
        there = number in self.rows and self.rows[number].codes == codes
        if there:
            del self.rows[number]
        return there

    def search(self, reads: Sequence[bytes], errors: Sequence[int] | None = None) -> list[tuple[int, int]]:
        """All pairs (read, id), ascending."""
        errors = [1] * len(reads) if errors is None else errors
        return [
            (i, number)
            for i, (read, soft) in enumerate(zip(reads, errors, strict=True))
            for number in sorted(self.rows)
            if len(read) <= 16 and self._finds(self.rows[number], read, soft)
        ]

    def _finds(self, row: Row, read: bytes, soft: int) -> bool:
        ends = min(row.missing_ends, len(row.codes))
        parts = {row.codes[a : len(row.codes) - b] for a in range(ends + 1) for b in range(ends + 1 - a)}
        return any(self._distance(part, read) <= max(row.errors, soft) for part in parts)

    def _distance(self, row: bytes, read: bytes) -> int:
        """Levenshtein (Wagner & Fischer 1974) with free substitutions inside a class and under a row's ANY."""
        above = list(range(len(read) + 1))
        for i, listed in enumerate(row, 1):
            line = [i]
            for j, seen in enumerate(read, 1):
                same = listed == ANY or self.fold[listed] == self.fold[seen]
                line.append(min(above[j] + 1, line[j - 1] + 1, above[j - 1] + (not same)))
            above = line
        return above[-1]
