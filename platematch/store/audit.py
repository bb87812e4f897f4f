"""Who looked up or changed what, when and why: lines that are only ever added."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, insert, select

from platematch.store.paging import cursor_of, key_of
from platematch.store.schema import audit


class AuditLine(Struct, frozen=True, kw_only=True):
    """One act. object: what it was done to, as `watchlist/stolen`; detail: whatever else explains it."""

    audit_id: int
    at: datetime
    actor: str
    action: str
    object: str
    detail: dict[str, Any]


def append(
    conn: Connection, at: datetime, actor: str, action: str, object: str, detail: Mapping[str, object] | None = None
) -> None:
    """Add a line; detail must be JSON."""
    line = {"at": at, "actor": actor, "action": action, "object": object, "detail": dict(detail or {})}
    conn.execute(insert(audit), line)


def page(
    conn: Connection, cursor: str | None, limit: int, *, since: datetime | None = None
) -> tuple[list[AuditLine], str | None]:
    """The newest lines first."""
    query = select(audit).order_by(audit.c.audit_id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(audit.c.audit_id < key_of(cursor, int)[0])
    if since is not None:
        query = query.where(audit.c.at >= since)
    lines = [AuditLine(**row) for row in conn.execute(query).mappings()]
    return lines[:limit], cursor_of(lines[limit - 1].audit_id) if len(lines) > limit else None
