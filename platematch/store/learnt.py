"""What was learnt, in the store: one row for each camera and source of evidence, and one for their total."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from platematch.matcher.record import CountsRecord
from platematch.store.schema import learnt

TOTAL = ""
"""The camera_id of a source's total."""

SourceName = Literal["traffic", "pairs"]


class Row(NamedTuple):
    """The counts of one camera by one source of evidence, as of a version of all that was learnt."""

    source: SourceName
    camera_id: str
    version: int
    counts: CountsRecord


def load(conn: Connection) -> list[Row]:
    """Everything."""
    return [Row(**row) for row in conn.execute(select(learnt)).mappings()]


def save(conn: Connection, rows: Iterable[Row]) -> None:
    """Write the rows, each in the place of its former one."""
    for row in rows:
        of_row = (learnt.c.source == row.source, learnt.c.camera_id == row.camera_id)
        conn.execute(delete(learnt).where(*of_row))
        conn.execute(insert(learnt), row._asdict())


def remove(conn: Connection, camera_id: str) -> None:
    """Remove the camera's rows."""
    conn.execute(delete(learnt).where(learnt.c.camera_id == camera_id))


def clear(conn: Connection) -> None:
    """Remove everything."""
    conn.execute(delete(learnt))
