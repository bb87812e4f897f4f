"""Group commit: what waits shares a commit, what is bad harms itself only, what was answered is on disk."""

import asyncio
import threading
from datetime import UTC, datetime

import pytest
from passages import entry, matched, watchlist
from sqlalchemy import event, insert, select

from platematch.errors import NotFound, StoreUnavailable
from platematch.store import audit, hits
from platematch.store.schema import audit as audit_table
from platematch.store.schema import hit_reads
from platematch.store.store import Store

NOW = datetime(2031, 5, 4, 12, 0, 1, tzinfo=UTC)

# Only a hang takes so long; a busy machine does not.
PATIENCE_S = 60


class Gate:
    """Holds the writer inside a transaction until it is opened, so that a group gathers behind it."""

    def __init__(self, store):
        self._open = threading.Event()
        self._entered = threading.Event()
        self.done = asyncio.ensure_future(store.write(self._wait))

    def _wait(self, conn):
        self._entered.set()
        assert self._open.wait(PATIENCE_S)

    async def closed(self):
        assert await asyncio.to_thread(self._entered.wait, PATIENCE_S)
        return self

    async def open(self):
        self._open.set()
        await self.done


def commits(store):
    counted = []
    event.listen(store._writing, "commit", lambda conn: counted.append(1))
    return counted


def lines(conn):
    return [line.object for line in audit.page(conn, None, 1000)[0]][::-1]


def note(conn, text):
    audit.append(conn, NOW, "tester", "note", text)


def spoil(conn):
    note(conn, "half done")
    conn.execute(insert(audit_table), {"at": NOW})


def refuse(conn):
    note(conn, "half done")
    raise NotFound("no such thing")


async def test_what_waits_shares_a_commit(store):
    gate = await Gate(store).closed()
    counted = commits(store)
    writes = [asyncio.ensure_future(store.write(note, f"n{i}")) for i in range(100)]
    await asyncio.sleep(0)
    await gate.open()
    await asyncio.gather(*writes)
    assert len(counted) == 2
    assert await store.read(lines) == [f"n{i}" for i in range(100)]


async def test_a_poisoned_item_fails_alone_and_leaves_nothing(store):
    gate = await Gate(store).closed()
    works = [(note, "a"), (spoil,), (note, "b"), (refuse,), (note, "c")]
    writes = [asyncio.ensure_future(store.write(*work)) for work in works]
    recorded = asyncio.ensure_future(store.record([matched(0)], NOW))
    await asyncio.sleep(0)
    await gate.open()
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(outcome).__name__ for outcome in outcomes] == [
        "NoneType",
        "IntegrityError",
        "NoneType",
        "NotFound",
        "NoneType",
    ]
    assert len((await recorded)[0].hits) == 1
    assert await store.read(lines) == ["a", "b", "c"]
    assert store.healthy()


async def test_an_expected_error_does_not_cost_its_neighbours_their_group(store):
    gate = await Gate(store).closed()
    counted = commits(store)
    writes = [asyncio.ensure_future(store.write(*work)) for work in ((note, "a"), (refuse,), (note, "b"))]
    await asyncio.sleep(0)
    await gate.open()
    await asyncio.gather(*writes, return_exceptions=True)
    assert len(counted) == 2
    assert await store.read(lines) == ["a", "b"]


async def test_a_poisoned_read_does_not_harm_the_batch_of_others(store):
    broken = matched(1, read_id="bad", of=[(watchlist(), entry("e2"))])
    twice = matched(2, read_id="bad2", of=[(watchlist(), entry("e3")), (watchlist(), entry("e3"))])
    broken.matches[0] = twice.matches[0]
    gate = await Gate(store).closed()
    writes = [asyncio.ensure_future(store.record([item], NOW)) for item in (matched(0), twice, matched(3))]
    await asyncio.sleep(0)
    await gate.open()
    good, bad, other = await asyncio.gather(*writes, return_exceptions=True)
    assert isinstance(bad, Exception)
    assert good[0].hits[0].hit_id == other[0].hits[0].hit_id
    stored = await store.read(lambda conn: conn.execute(select(hit_reads.c.read_id)).scalars().all())
    assert sorted(stored) == ["r0", "r3"]


async def test_a_full_queue_refuses_at_once(url):
    store = Store.open(url, queue_size=3)
    gate = await Gate(store).closed()
    waiting = [asyncio.ensure_future(store.write(note, "x")) for _ in range(3)]
    await asyncio.sleep(0)
    assert store.queued == 3
    with pytest.raises(StoreUnavailable):
        await store.write(note, "too much")
    with pytest.raises(StoreUnavailable):
        await store.record([matched(0)], NOW)
    await gate.open()
    await asyncio.gather(*waiting)
    await store.write(note, "again")
    assert await store.read(lines) == ["x", "x", "x", "again"]
    await store.close()


async def test_a_commit_that_fails_leaves_nothing_and_calls_nobody(store):
    called = []
    store.on_deliveries = lambda: called.append(1)
    failing = True

    def fail(conn):
        if failing:
            raise OSError("the commit failed")

    event.listen(store._writing, "commit", fail)
    with pytest.raises(OSError, match="the commit failed"):
        await store.record([matched(0)], NOW)
    failing = False
    assert await store.read(hits.recent_read_ids, 10) == []
    (recorded,) = await store.record([matched(0)], NOW)
    assert not recorded.duplicate
    assert called == []


async def test_a_caller_that_goes_away_stops_nothing(store):
    gate = await Gate(store).closed()
    gone, stays = (asyncio.ensure_future(store.write(note, text)) for text in ("gone", "stays"))
    await asyncio.sleep(0)
    gone.cancel()
    await gate.open()
    await stays
    assert await store.read(lines) == ["gone", "stays"]


async def test_closing_finishes_what_waits_and_takes_no_more(url):
    store = Store.open(url)
    writes = [asyncio.ensure_future(store.write(note, f"n{i}")) for i in range(50)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*writes)
    with pytest.raises(StoreUnavailable):
        await store.write(note, "late")
    with pytest.raises(StoreUnavailable):
        await store.read(lines)
    assert not store.healthy()
    await store.close()
    again = Store.open(url)
    assert len(await again.read(lines)) == 50
    await again.close()


async def test_readers_cannot_write_and_see_one_state(store):
    with pytest.raises(StoreUnavailable, match=r"read-?only"):
        await store.read(note, "no")
    await store.write(note, "a")
    seen, go_on = threading.Event(), threading.Event()

    def twice(conn):
        first = lines(conn)
        seen.set()
        assert go_on.wait(PATIENCE_S)
        return first, lines(conn)

    reading = asyncio.ensure_future(store.read(twice))
    assert await asyncio.to_thread(seen.wait, PATIENCE_S)
    await store.write(note, "b")
    go_on.set()
    assert await reading == (["a"], ["a"])
