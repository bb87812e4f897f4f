"""What the index finds, in plain Python: a list of rows, compared one by one by textbook edit distance."""

from collections.abc import Sequence

from platematch.plates import ANY


class PlainIndex:
    """The definition of Index."""

    def __init__(self, fold: bytes) -> None:
        """fold: the class of each symbol."""
        self.fold = fold
        self.rows: set[tuple[bytes, int]] = set()

    def build(self, rows: Sequence[tuple[bytes, int]]) -> None:
        """Replace all rows by (codes without padding, id)."""
        self.rows = set(rows)

    def insert(self, codes: bytes, number: int) -> None:
        """Add a row."""
        self.rows.add((codes, number))

    def delete(self, codes: bytes, number: int) -> bool:
        """Remove a row; whether it was there."""
        there = (codes, number) in self.rows
        self.rows.discard((codes, number))
        return there

    def search(self, reads: Sequence[bytes]) -> list[tuple[int, int]]:
        """All pairs (read, id), ascending."""
        return [(i, number) for i, read in enumerate(reads) for number in sorted(self._ids(read))]

    def _ids(self, read: bytes) -> set[int]:
        return {number for codes, number in self.rows if len(read) <= 16 and self._distance(codes, read) <= 1}

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
