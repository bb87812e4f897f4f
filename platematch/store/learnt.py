"""What was learnt, in the store: one row for each camera and source of evidence, and one for their total."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import msgspec
from sqlalchemy import Connection, LargeBinary, delete, insert, select, type_coerce

from platematch.matcher.record import CountsRecord
from platematch.store.schema import learnt

TOTAL = ""
"""The camera_id of a source's total."""

SourceName = Literal["traffic", "pairs"]

_decode = msgspec.json.Decoder(CountsRecord).decode


class Row(NamedTuple):
    """The counts of one camera by one source of evidence, as of a version of all that was learnt.

    counts: None where another version of the service wrote what this one cannot read.
    """

    source: SourceName
    camera_id: str
    version: int
    counts: CountsRecord | None


def load(conn: Connection) -> list[Row]:
    """Everything."""
    written = type_coerce(learnt.c.counts, LargeBinary)
    rows = conn.execute(select(learnt.c.source, learnt.c.camera_id, learnt.c.version, written))
    return [Row(source, camera_id, version, _counts(counts)) for source, camera_id, version, counts in rows]


def _counts(written: bytes) -> CountsRecord | None:
    try:
        return _decode(written)
    except msgspec.MsgspecError:
        return None


def save(conn: Connection, rows: Iterable[Row]) -> None:
    """Write the rows, each in the place of its former one."""
    for row in rows:
        of_row = (learnt.c.source == row.source, learnt.c.camera_id == row.camera_id)
        conn.execute(delete(learnt).where(*of_row))
        conn.execute(insert(learnt), row._asdict())


def remove(conn: Connection, camera_ids: Sequence[str], source: SourceName | None = None) -> None:
    """Remove the cameras' rows, of one source or of all."""
    for camera_id in camera_ids:
        rows = delete(learnt).where(learnt.c.camera_id == camera_id)
        conn.execute(rows if source is None else rows.where(learnt.c.source == source))


def clear(conn: Connection) -> None:
    """Remove everything."""
    conn.execute(delete(learnt))
