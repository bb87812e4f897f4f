"""Applies a change of a list to the store: version, entries, withdrawals and audit line, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import singledispatch
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from platematch.errors import ImportRefused, NotFound
from platematch.plates import pack
from platematch.store import audit, watchlists
from platematch.store.chunks import chunks
from platematch.store.hits import withdraw
from platematch.store.marks import LISTS, mark
from platematch.store.schema import entries as entry_table
from platematch.store.schema import log
from platematch.store.schema import watchlists as list_table
from platematch.watchlist import (
    Change,
    Changed,
    Entry,
    PutEntry,
    PutWatchlist,
    RemoveEntry,
    RemoveWatchlist,
    ReplaceEntries,
)

# A replacing file under this share of the list is taken for a cut-off one; short lists may change as they like.
LEAST_SHARE = 0.8
GUARDED_FROM = 10


def change(conn: Connection, change: Change, now: datetime, actor: str) -> Changed:
    """Write the change. NotFound where its list or entry is absent, ImportRefused where a guard stops it."""
    return _apply(change, conn, now, actor)


@singledispatch
def _apply(change: Any, conn: Connection, now: datetime, actor: str) -> Changed:
    raise TypeError(f"no change of a list: {change!r}")


@_apply.register
def _put_watchlist(change: PutWatchlist, conn: Connection, now: datetime, actor: str) -> Changed:
    watchlist = change.watchlist
    former = watchlists.get(conn, watchlist.watchlist_id)
    version = _next_version(conn)
    # A new policy makes the list's entries no fresher, so their age goes on.
    listed_at = now if former is None else former.listed_at
    row = {
        "watchlist_id": watchlist.watchlist_id,
        "covert": watchlist.covert,
        "expires_at": watchlist.expires_at,
        "listed_at": listed_at,
        "version": version,
        "watchlist": watchlist,
    }
    if former is None:
        conn.execute(insert(list_table), row)
    else:
        conn.execute(update(list_table).where(list_table.c.watchlist_id == watchlist.watchlist_id).values(row))
    _audit(conn, now, actor, "watchlist.put", watchlist.watchlist_id, version=version)
    return Changed(version, created=former is None, listed_at=listed_at)


@_apply.register
def _remove_watchlist(change: RemoveWatchlist, conn: Connection, now: datetime, actor: str) -> Changed:
    _require(conn, change.watchlist_id)
    version = _next_version(conn)
    of_list = entry_table.c.watchlist_id == change.watchlist_id
    gone = list(conn.execute(select(entry_table.c.entry_id).where(of_list)).scalars())
    withdrawn = withdraw(conn, change.watchlist_id, gone, now)
    conn.execute(delete(entry_table).where(of_list))
    conn.execute(delete(list_table).where(list_table.c.watchlist_id == change.watchlist_id))
    _audit(
        conn,
        now,
        actor,
        "watchlist.remove",
        change.watchlist_id,
        version=version,
        removed=len(gone),
        withdrawn=withdrawn,
    )
    return Changed(version, removed=len(gone))


@_apply.register
def _put_entry(change: PutEntry, conn: Connection, now: datetime, actor: str) -> Changed:
    _require(conn, change.watchlist_id)
    entry = change.entry
    former = watchlists.entry(conn, change.watchlist_id, entry.entry_id)
    version = _touch(conn, change.watchlist_id, now)
    facts: dict[str, Any] = {"version": version}
    if former is None:
        _insert(conn, change.watchlist_id, [entry], version)
    elif former != entry:
        _update(conn, change.watchlist_id, [entry], version)
        if is_corrected(former, entry):
            facts["withdrawn"] = withdraw(conn, change.watchlist_id, [entry.entry_id], now)
    _audit(conn, now, actor, "entry.put", f"{change.watchlist_id}/{entry.entry_id}", **facts)
    return Changed(
        version,
        added=int(former is None),
        changed=int(former is not None and former != entry),
        unchanged=int(former == entry),
        put=() if former == entry else (entry,),
        created=former is None,
        listed_at=now,
    )


@_apply.register
def _remove_entry(change: RemoveEntry, conn: Connection, now: datetime, actor: str) -> Changed:
    _require(conn, change.watchlist_id)
    if watchlists.entry(conn, change.watchlist_id, change.entry_id) is None:
        raise NotFound(f"there is no entry {change.entry_id} on list {change.watchlist_id}", field="entry_id")
    version = _touch(conn, change.watchlist_id, now)
    withdrawn = withdraw(conn, change.watchlist_id, [change.entry_id], now)
    _delete(conn, change.watchlist_id, [change.entry_id])
    where = f"{change.watchlist_id}/{change.entry_id}"
    _audit(conn, now, actor, "entry.remove", where, version=version, withdrawn=withdrawn)
    return Changed(version, removed=1, gone=(change.entry_id,), listed_at=now)


@_apply.register
def _replace_entries(change: ReplaceEntries, conn: Connection, now: datetime, actor: str) -> Changed:
    watchlist_id = change.watchlist_id
    _require(conn, watchlist_id)
    rows = conn.execute(select(entry_table.c.entry).where(entry_table.c.watchlist_id == watchlist_id)).scalars()
    present = {entry.entry_id: entry for entry in rows}
    wanted = {entry.entry_id: entry for entry in change.entries}
    added = [entry for entry_id, entry in wanted.items() if entry_id not in present]
    changed = [entry for entry_id, entry in wanted.items() if entry_id in present and present[entry_id] != entry]
    gone = [] if change.merge else [entry_id for entry_id in present if entry_id not in wanted]
    if not change.merge and not change.force:
        _guard(watchlist_id, len(present), len(wanted))
    outcome = Changed(
        watchlists.version(conn),
        added=len(added),
        changed=len(changed),
        removed=len(gone),
        unchanged=len(wanted) - len(added) - len(changed),
    )
    if change.dry_run:
        return outcome
    version = _touch(conn, watchlist_id, now)
    corrected = [entry.entry_id for entry in changed if is_corrected(present[entry.entry_id], entry)]
    withdrawn = withdraw(conn, watchlist_id, [*gone, *corrected], now)
    _delete(conn, watchlist_id, gone)
    _insert(conn, watchlist_id, added, version)
    _update(conn, watchlist_id, changed, version)
    facts = {name: getattr(outcome, name) for name in ("added", "changed", "removed", "unchanged")}
    facts |= {"version": version, "withdrawn": withdrawn, "merge": change.merge, "force": change.force}
    _audit(conn, now, actor, "watchlist.import", watchlist_id, **facts)
    return replace(outcome, version=version, put=[*added, *changed], gone=gone, listed_at=now)


def _guard(watchlist_id: str, present: int, wanted: int) -> None:
    if present >= GUARDED_FROM and wanted < LEAST_SHARE * present:
        raise ImportRefused(
            f"the file has {wanted} entries where list {watchlist_id} has {present}; it may be cut off. "
            "If it is right, import it again with force and the reason",
            field="force",
        )


def _require(conn: Connection, watchlist_id: str) -> None:
    if watchlists.get(conn, watchlist_id) is None:
        raise NotFound(f"there is no watchlist {watchlist_id}", field="watchlist_id")


def _next_version(conn: Connection) -> int:
    """The number of this change; the row stays locked until the transaction ends, so that numbers have no gaps."""
    conn.execute(update(log).values(version=log.c.version + 1))
    version = watchlists.version(conn)
    mark(conn, LISTS, version)
    return version


def _touch(conn: Connection, watchlist_id: str, now: datetime) -> int:
    """A new version for the log and the list, whose entries are as of now."""
    version = _next_version(conn)
    of_list = update(list_table).where(list_table.c.watchlist_id == watchlist_id)
    conn.execute(of_list.values(version=version, listed_at=now))
    return version


def is_corrected(former: Entry, entry: Entry) -> bool:
    """Whether another plate is wanted now, whatever its spelling."""
    return pack(former.plate, run=True) != pack(entry.plate, run=True)


def _insert(conn: Connection, watchlist_id: str, added: Sequence[Entry], version: int) -> None:
    if added:
        conn.execute(insert(entry_table), [{"watchlist_id": watchlist_id, **_row(entry, version)} for entry in added])


def _update(conn: Connection, watchlist_id: str, changed: Iterable[Entry], version: int) -> None:
    rows = [{"of": entry.entry_id, **_row(entry, version)} for entry in changed]
    if rows:
        where = (entry_table.c.watchlist_id == watchlist_id, entry_table.c.entry_id == bindparam("of"))
        conn.execute(update(entry_table).where(*where), rows)


def _row(entry: Entry, version: int) -> dict[str, Any]:
    return {"entry_id": entry.entry_id, "version": version, "expires_at": entry.expires_at, "entry": entry}


def _delete(conn: Connection, watchlist_id: str, gone: Iterable[str]) -> None:
    for chunk in chunks(gone):
        where = (entry_table.c.watchlist_id == watchlist_id, entry_table.c.entry_id.in_(chunk))
        conn.execute(delete(entry_table).where(*where))


def _audit(conn: Connection, now: datetime, actor: str, action: str, name: str, **detail: object) -> None:
    audit.append(conn, now, actor, action, f"watchlist/{name}", detail)
