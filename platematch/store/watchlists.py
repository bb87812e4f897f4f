"""Reads watchlists and their entries from the store."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, func, select

from platematch.store.paging import cursor_of, key_of
from platematch.store.schema import entries as entry_table
from platematch.store.schema import log, watchlists
from platematch.watchlist import Entry, Watchlist

STREAMED = 5_000  # entries fetched at a time


class Listed(NamedTuple):
    """A watchlist, when its entries last changed or were confirmed, and the version of its last change."""

    watchlist: Watchlist
    listed_at: datetime
    version: int


def version(conn: Connection) -> int:
    """The number of the last change of any list."""
    number: int = conn.execute(select(log.c.version)).scalar_one()
    return number


def snapshot(conn: Connection) -> tuple[int, list[Listed], dict[str, list[Entry]]]:
    """The whole state at one version: the lists, and the entries by watchlist_id."""
    lists = [_listed(row) for row in conn.execute(_LISTED.order_by(watchlists.c.watchlist_id)).mappings()]
    entries: dict[str, list[Entry]] = {listed.watchlist.watchlist_id: [] for listed in lists}
    query = select(entry_table.c.watchlist_id, entry_table.c.entry).order_by(
        entry_table.c.watchlist_id, entry_table.c.entry_id
    )
    # In parts: a million rows at once would need their memory a second time.
    for row in conn.execute(query, execution_options={"yield_per": STREAMED}):
        entries[row.watchlist_id].append(row.entry)
    return version(conn), lists, entries


def get(conn: Connection, watchlist_id: str) -> Listed | None:
    """The list, covert or not."""
    row = conn.execute(_LISTED.where(watchlists.c.watchlist_id == watchlist_id)).mappings().one_or_none()
    return None if row is None else _listed(row)


def page(
    conn: Connection, cursor: str | None, limit: int, *, lists: frozenset[str] | None = None
) -> tuple[list[Listed], str | None]:
    """Lists by id: those named, or all that are not covert."""
    query = _LISTED.order_by(watchlists.c.watchlist_id).limit(limit + 1)
    query = query.where(watchlists.c.covert.is_(False) if lists is None else watchlists.c.watchlist_id.in_(lists))
    if cursor is not None:
        query = query.where(watchlists.c.watchlist_id > key_of(cursor, str)[0])
    found = [_listed(row) for row in conn.execute(query).mappings()]
    return found[:limit], cursor_of(found[limit - 1].watchlist.watchlist_id) if len(found) > limit else None


def entry(conn: Connection, watchlist_id: str, entry_id: str) -> Entry | None:
    """One entry."""
    where = (entry_table.c.watchlist_id == watchlist_id, entry_table.c.entry_id == entry_id)
    return conn.execute(select(entry_table.c.entry).where(*where)).scalar_one_or_none()


def entries_page(conn: Connection, watchlist_id: str, cursor: str | None, limit: int) -> tuple[list[Entry], str | None]:
    """A list's entries by id."""
    query = select(entry_table.c.entry).where(entry_table.c.watchlist_id == watchlist_id)
    if cursor is not None:
        query = query.where(entry_table.c.entry_id > key_of(cursor, str)[0])
    found = list(conn.execute(query.order_by(entry_table.c.entry_id).limit(limit + 1)).scalars())
    return found[:limit], cursor_of(found[limit - 1].entry_id) if len(found) > limit else None


def count(conn: Connection, watchlist_id: str) -> int:
    """How many entries the list has."""
    query = select(func.count()).select_from(entry_table).where(entry_table.c.watchlist_id == watchlist_id)
    return conn.execute(query).scalar_one()


def covert_lists(conn: Connection) -> frozenset[str]:
    """The ids of the lists that are covert now."""
    return frozenset(conn.execute(select(watchlists.c.watchlist_id).where(watchlists.c.covert)).scalars())


_LISTED = select(watchlists.c.watchlist, watchlists.c.listed_at, watchlists.c.version)


def _listed(row: RowMapping) -> Listed:
    return Listed(row["watchlist"], row["listed_at"], row["version"])
