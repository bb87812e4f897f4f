"""What was learnt, in both stores: written, replaced, removed; and a store of the first schema gets its table."""

from __future__ import annotations

from sqlalchemy import inspect

from platematch.matcher.counts import Counts
from platematch.matcher.record import CountsRecord
from platematch.store import learnt
from platematch.store.learnt import Row
from platematch.store.store import Store


def counts(reads: float) -> CountsRecord:
    made = Counts.none(2)
    made.reads = reads
    made.formats = {"UA LL9999LL": reads}
    return made.record()


async def test_rows_are_kept_replaced_and_removed(store: Store) -> None:
    rows = [
        Row("traffic", "", 1, counts(80)),
        Row("traffic", "gate", 1, counts(60)),
        Row("pairs", "gate", 1, counts(9)),
    ]
    await store.write(learnt.save, rows)
    assert sorted(await store.read(learnt.load)) == sorted(rows)
    newer = Row("traffic", "gate", 2, counts(70))
    await store.write(learnt.save, [newer])
    assert sorted(await store.read(learnt.load)) == sorted([rows[0], newer, rows[2]])
    await store.write(learnt.remove, ["gate"])
    assert await store.read(learnt.load) == [rows[0]]
    await store.write(learnt.clear)
    assert await store.read(learnt.load) == []


async def test_the_table_is_there(store: Store) -> None:
    assert await store.read(lambda conn: inspect(conn).has_table("learnt"))
