"""Reads hits from the store, writes the verdicts on them, and takes them back when their entry has gone.

`lists` is who asks: the watchlists open to them, or None for every list that is not covert.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, RowMapping, and_, bindparam, delete, insert, select, update

from platematch.errors import NotFound
from platematch.hits.decide import withdrawable
from platematch.hits.hit import Disposition, Hit
from platematch.store import audit
from platematch.store.announcing import announce
from platematch.store.chunks import chunks
from platematch.store.paging import cursor_of, key_of
from platematch.store.schema import dispositions, entries, hit_reads, hits, pictures, reads, sightings, watchlists

ReadKey = tuple[str, str]
_STANDING = (hits.c.withdrawn_at.is_(None), hits.c.settled.is_(False))


class StoredHit(Struct, frozen=True):
    """A hit as a read's answer shows it. plate: as listed; read: the plate as sent; probability: after this read."""

    hit_id: str
    read_id: str
    entry_id: str
    watchlist_id: str
    plate: str
    read: str
    probability: float
    camera_id: str


class Recorded(Struct, frozen=True):
    """What became of one read; a duplicate repeats the hits that it had the first time."""

    duplicate: bool
    hits: Sequence[StoredHit]


def page(
    conn: Connection,
    cursor: str | None,
    limit: int,
    *,
    lists: frozenset[str] | None = None,
    watchlist_id: str | None = None,
    camera_id: str | None = None,
    since: datetime | None = None,
    disposed: bool | None = None,
) -> tuple[list[Hit], str | None]:
    """The newest hits first. camera_id: of any of a hit's reads; since: by created_at."""
    query = select(hits).where(_open_to(lists)).order_by(hits.c.created_at.desc(), hits.c.hit_id).limit(limit + 1)
    if cursor is not None:
        at, hit_id = key_of(cursor, datetime, str)
        query = query.where(hits.c.created_at <= at, (hits.c.created_at < at) | (hits.c.hit_id > hit_id))
    if watchlist_id is not None:
        query = query.where(hits.c.watchlist_id == watchlist_id)
    if camera_id is not None:
        seen = select(hit_reads.c.hit_id).where(hit_reads.c.hit_id == hits.c.hit_id)
        query = query.where(seen.where(hit_reads.c.camera_id == camera_id).exists())
    if since is not None:
        query = query.where(hits.c.created_at >= since)
    if disposed is not None:
        query = query.where(hits.c.disposed_at.is_not(None) if disposed else hits.c.disposed_at.is_(None))
    found = [hit_of(row) for row in conn.execute(query).mappings()]
    last = found[limit - 1] if len(found) > limit else None
    return found[:limit], None if last is None else cursor_of(last.created_at, last.hit_id)


def get(conn: Connection, hit_id: str, *, lists: frozenset[str] | None = None) -> Hit | None:
    """The hit, None where there is none or it is not open to who asks."""
    row = conn.execute(select(hits).where(hits.c.hit_id == hit_id, _open_to(lists))).mappings().one_or_none()
    return None if row is None else hit_of(row)


def covert_among(conn: Connection, watchlist_ids: Iterable[str]) -> frozenset[str]:
    """Those of the lists that were covert when they hit."""
    query = select(hits.c.watchlist_id).where(hits.c.covert).distinct()
    found: set[str] = set()
    for chunk in chunks(watchlist_ids):
        found.update(conn.execute(query.where(hits.c.watchlist_id.in_(chunk))).scalars())
    return frozenset(found)


def picture(conn: Connection, hit_id: str, *, lists: frozenset[str] | None = None) -> bytes | None:
    """The picture of the best of the hit's reads that came with one."""
    query = (
        select(pictures.c.picture)
        .join_from(hits, hit_reads)
        .join(pictures, and_(pictures.c.read_id == hit_reads.c.read_id, pictures.c.camera_id == hit_reads.c.camera_id))
        .where(hits.c.hit_id == hit_id, _open_to(lists))
        .order_by(hit_reads.c.log_odds.desc(), hit_reads.c.camera_id, hit_reads.c.read_id)
        .limit(1)
    )
    return conn.execute(query).scalar_one_or_none()


def dispose(
    conn: Connection,
    hit_id: str,
    disposition: Disposition,
    actor: str,
    now: datetime,
    *,
    lists: frozenset[str] | None = None,
) -> Hit:
    """Put down a verdict, the latest of several counts; told to those who were alerted. NotFound as for get."""
    query = select(hits).where(hits.c.hit_id == hit_id, _open_to(lists)).with_for_update()
    row = conn.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(f"there is no hit {hit_id}", field="hit_id")
    hit = replace(hit_of(row), disposition=disposition, disposed_by=actor, disposed_at=now, updated_at=now)
    told = row["announcements"]
    conn.execute(insert(dispositions), {"hit_id": hit_id, "at": now, "actor": actor, "disposition": disposition})
    conn.execute(
        update(hits)
        .where(hits.c.hit_id == hit_id)
        .values(
            disposition=disposition,
            disposed_by=actor,
            disposed_at=now,
            updated_at=now,
            settled=not withdrawable(replace(hit, withdrawn_at=None)),
            announcements=told + (hit.alerted_at is not None),
        )
    )
    if hit.alerted_at is not None:
        announce(conn, [("hit.disposed", hit, told)], now)
    audit.append(conn, now, actor, "hit.dispose", f"hit/{hit_id}", {"verdict": disposition.verdict})
    return hit


def recent_read_ids(conn: Connection, limit: int) -> list[tuple[str, str]]:
    """(camera_id, read_id) of the reads that hit last, the newest first."""
    query = select(reads.c.camera_id, reads.c.read_id).order_by(reads.c.recorded_at.desc()).limit(limit)
    return [(row.camera_id, row.read_id) for row in conn.execute(query)]


def of_read(conn: Connection, camera_id: str, read_id: str) -> list[StoredHit]:
    """The hits of a read as they were told the first time; none where it is not stored."""
    return of_reads(conn, [(camera_id, read_id)]).get((camera_id, read_id), [])


def of_reads(conn: Connection, names: Iterable[ReadKey]) -> dict[ReadKey, list[StoredHit]]:
    """By (camera_id, read_id) the hits of those of the reads that are stored, as they were told the first time."""
    query = (
        select(hit_reads, hits.c.entry_id, hits.c.watchlist_id, reads.c.read)
        .join_from(hit_reads, hits)
        .join(reads, (reads.c.read_id == hit_reads.c.read_id) & (reads.c.camera_id == hit_reads.c.camera_id))
        .order_by(hit_reads.c.log_odds.desc(), hit_reads.c.hit_id)
    )
    wanted = set(names)
    found: dict[ReadKey, list[StoredHit]] = {}
    for chunk in chunks({read_id for _, read_id in wanted}):
        for row in conn.execute(query.where(hit_reads.c.read_id.in_(chunk))).mappings():
            name = (row["camera_id"], row["read_id"])
            if name in wanted:
                fields = {field: row[field] for field in StoredHit.__struct_fields__}
                found.setdefault(name, []).append(StoredHit(**{**fields, "read": row["read"].plate}))
    return found


def withdraw(conn: Connection, watchlist_id: str, entry_ids: Sequence[str], now: datetime) -> int:
    """Withdraw the hits of these entries that are undecided or acted on, and end their sightings; how many it were."""
    withdrawn = 0
    for chunk in chunks(entry_ids):
        withdrawn += _withdraw(conn, watchlist_id, chunk, now)
        conn.execute(delete(sightings).where(sightings.c.watchlist_id == watchlist_id, sightings.c.entry_id.in_(chunk)))
    return withdrawn


def expire(conn: Connection, now: datetime) -> int:
    """Withdraw the hits of entries whose time is over, by their own or their list's expiry; how many it were."""
    entry_ended = (
        select(entries.c.watchlist_id, entries.c.entry_id)
        .where(entries.c.expires_at <= now)
        .where(
            select(hits.c.hit_id)
            .where(hits.c.watchlist_id == entries.c.watchlist_id, hits.c.entry_id == entries.c.entry_id, *_STANDING)
            .exists()
        )
    )
    lists_ended = select(watchlists.c.watchlist_id).where(watchlists.c.expires_at <= now)
    list_ended = select(hits.c.watchlist_id, hits.c.entry_id).where(hits.c.watchlist_id.in_(lists_ended), *_STANDING)
    ended: dict[str, set[str]] = {}
    for query in (entry_ended, list_ended):
        for row in conn.execute(query):
            ended.setdefault(row.watchlist_id, set()).add(row.entry_id)
    return sum(withdraw(conn, watchlist_id, sorted(entry_ids), now) for watchlist_id, entry_ids in ended.items())


def _withdraw(conn: Connection, watchlist_id: str, entry_ids: Sequence[str], now: datetime) -> int:
    standing = select(hits).where(
        hits.c.watchlist_id == watchlist_id,
        hits.c.entry_id.in_(entry_ids),
        *_STANDING,
    )
    found = [(hit_of(row), row["announcements"]) for row in conn.execute(standing).mappings()]
    taken = [(replace(hit, withdrawn_at=now, updated_at=now), told) for hit, told in found if withdrawable(hit)]
    if not taken:
        return 0
    conn.execute(
        update(hits).where(hits.c.hit_id == bindparam("of")).values(withdrawn_at=now, updated_at=now),
        [{"of": hit.hit_id} for hit, _ in taken],
    )
    alerted = [(hit, told) for hit, told in taken if hit.alerted_at is not None]
    announce(conn, [("hit.withdrawn", hit, told) for hit, told in alerted], now)
    if alerted:
        conn.execute(
            update(hits).where(hits.c.hit_id == bindparam("of")).values(announcements=bindparam("told")),
            [{"of": hit.hit_id, "told": told + 1} for hit, told in alerted],
        )
    return len(taken)


def load(conn: Connection, hit_ids: Iterable[str]) -> dict[str, tuple[Hit, int]]:
    """Whatever the list: the hits by id, each with the number of events made of it."""
    found = {}
    for chunk in chunks(hit_ids):
        for row in conn.execute(select(hits).where(hits.c.hit_id.in_(chunk))).mappings():
            found[row["hit_id"]] = (hit_of(row), row["announcements"])
    return found


def hit_of(row: RowMapping) -> Hit:
    """A row of the table as a Hit."""
    fields: dict[str, Any] = {name: row[name] for name in Hit.__struct_fields__}
    return Hit(**fields)


def _open_to(lists: frozenset[str] | None) -> ColumnElement[bool]:
    """A hit stays covert when its list no longer is, and becomes it with its list."""
    if lists is not None:
        return hits.c.watchlist_id.in_(lists)
    covert = select(watchlists.c.watchlist_id).where(watchlists.c.covert)
    return and_(hits.c.covert.is_(False), hits.c.watchlist_id.not_in(covert))
