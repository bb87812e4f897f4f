"""Keys in the store; only the digest of a key's token is ever there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from platematch.access.key import Key, StoredKey
from platematch.errors import Conflict
from platematch.store.marks import KEYS, mark
from platematch.store.paging import cursor_of, key_of
from platematch.store.schema import keys


def create(conn: Connection, key: StoredKey) -> None:
    """Add the key; Conflict where its key_id is taken."""
    if find(conn, key.key.key_id) is not None:
        raise Conflict(f"there is a key {key.key.key_id} already", field="key_id")
    shown = {name: getattr(key.key, name) for name in Key.__struct_fields__}
    conn.execute(insert(keys), {**shown, "digest": key.digest})
    mark(conn, KEYS)


def find(conn: Connection, key_id: str) -> StoredKey | None:
    """The key, also where it is expired or revoked."""
    row = conn.execute(select(keys).where(keys.c.key_id == key_id)).mappings().one_or_none()
    return None if row is None else StoredKey(_key(row), row["digest"])


def page(conn: Connection, cursor: str | None, limit: int) -> tuple[list[Key], str | None]:
    """The newest keys first, revoked ones too."""
    query = select(keys).order_by(keys.c.created_at.desc(), keys.c.key_id).limit(limit + 1)
    if cursor is not None:
        at, key_id = key_of(cursor, datetime, str)
        query = query.where(keys.c.created_at <= at, (keys.c.created_at < at) | (keys.c.key_id > key_id))
    found = [_key(row) for row in conn.execute(query).mappings()]
    last = found[limit - 1] if len(found) > limit else None
    return found[:limit], None if last is None else cursor_of(last.created_at, last.key_id)


def revoke(conn: Connection, key_id: str, now: datetime) -> bool:
    """Whether there was such a key that was not revoked yet; now it is."""
    change = update(keys).where(keys.c.key_id == key_id, keys.c.revoked_at.is_(None)).values(revoked_at=now)
    mark(conn, KEYS)
    return conn.execute(change).rowcount == 1


def _key(row: RowMapping) -> Key:
    fields: dict[str, Any] = {name: row[name] for name in Key.__struct_fields__}
    return Key(**fields)
