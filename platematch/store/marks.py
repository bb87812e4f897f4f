"""Marks that work leaves on its transaction, for those who are told after the commit."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import Connection

# What was written: deliveries, keys, or lists (the mark's number is then their new version).
DELIVERIES = "deliveries"
KEYS = "keys"
LISTS = "lists"

Marks = Mapping[str, int]
NO_MARKS: Marks = MappingProxyType({})
_NAME = "platematch.marks"


def mark(conn: Connection, name: str, number: int = 0) -> None:
    """Leave a mark on the transaction; of several of one name the last counts."""
    conn.info[_NAME] = {**marks(conn), name: number}


def marks(conn: Connection) -> Marks:
    """The marks of the transaction so far."""
    return dict(conn.info.get(_NAME, {}))


def set_marks(conn: Connection, kept: Marks) -> None:
    """Have these marks alone: none where a transaction begins, the former ones where a savepoint is rolled back."""
    conn.info[_NAME] = dict(kept)
