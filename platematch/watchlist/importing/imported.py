"""What an import yields, and the rules that hold for every format: each row is an entry or has its reason."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from msgspec import Struct

from platematch.watchlist.entry import Entry

Check = Callable[[str], None]
"""Raises InvalidPlate for a text that can be no entry's plate."""


class Rejected(Struct, frozen=True):
    """A row that became no entry. row: 1 is the file's first row of data."""

    row: int
    message: str


class Imported(Struct, frozen=True):
    """The entries in the file's order, each entry_id once, and the rejected rows in theirs."""

    entries: list[Entry]
    rejected: list[Rejected]


class Importer(Struct, frozen=True):
    """A format. read raises InvalidInput where the file as a whole is no such file.

    wildcards: whether `?` and `*` are meant as such; elsewhere they are dirt.
    """

    name: str
    read: Callable[[bytes, Check], Imported]
    wildcards: bool
    docs: str


def collect(rows: Iterable[Entry | Rejected]) -> Imported:
    """Splits rows, in order from row 1, into entries and rejected; a second row with the same id is rejected."""
    entries: list[Entry] = []
    rejected: list[Rejected] = []
    first: dict[str, int] = {}
    for row, item in enumerate(rows, 1):
        if isinstance(item, Rejected):
            rejected.append(item)
        elif (earlier := first.setdefault(item.entry_id, row)) != row:
            rejected.append(Rejected(row, f"same entry_id as row {earlier}: {item.entry_id}"))
        else:
            entries.append(item)
    return Imported(entries, rejected)


def derived_entry_id(*parts: str) -> str:
    """A stable id for a row that has none: 128 bits of SHA-256, in hex, over the parts joined by line feeds."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
