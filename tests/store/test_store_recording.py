"""Reads that hit: stored once, folded into hits, told to every endpoint that is to know."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from passages import START, at, entry, matched, watchlist
from sqlalchemy import func, select

from platematch.store import hits, schema, webhooks
from platematch.store.store import Store
from platematch.watchlist import PutWatchlist
from platematch.webhooks.endpoint import Webhook

NOW = at(60)
SECRETS = ["whsec_c2VjcmV0"]


def count(conn, table):
    return conn.execute(select(func.count()).select_from(table)).scalar_one()


async def hook(store, webhook_id, **fields):
    fields = {"url": "https://192.0.2.1/", "created_at": START, **fields}
    await store.write(webhooks.create, Webhook(webhook_id=webhook_id, **fields), *SECRETS)


async def told(store, webhook_id):
    deliveries, _ = await store.read(webhooks.deliveries_page, webhook_id, None, 100)
    return [delivery.type for delivery in deliveries][::-1]


async def test_an_answer_says_what_was_hit(store):
    ((recorded),) = await store.record([matched(0, 2.0)], NOW)
    assert not recorded.duplicate
    (hit,) = recorded.hits
    assert (hit.read_id, hit.entry_id, hit.watchlist_id, hit.camera_id) == ("r0", "e1", "stolen", "cam-1")
    assert (hit.plate, hit.read) == ("АА1234ВВ", "AA1234BB")
    assert hit.probability == pytest.approx(0.8808, abs=1e-4)
    stored = await store.read(hits.get, hit.hit_id)
    assert stored.probability == hit.probability
    assert (stored.reads, stored.created_at, stored.alerted_at) == (1, NOW, NOW)
    assert (stored.version, stored.list_age_s) == (7, 60.0)
    assert stored.entry == entry()
    assert stored.picture_url is None


async def test_a_read_may_hit_several_lists_best_first(store):
    of = [(watchlist("a"), entry()), (watchlist("b"), entry())]
    item = matched(0, 1.0, of=of)
    item.matches[1] = msgspec.structs.replace(item.matches[1], log_odds=3.0)
    (recorded,) = await store.record([item], NOW)
    assert [hit.watchlist_id for hit in recorded.hits] == ["b", "a"]
    (repeated,) = await store.record([item], NOW)
    assert repeated.hits == recorded.hits


async def test_a_read_without_matches_writes_nothing(store):
    (recorded,) = await store.record([matched(0, of=[])], NOW)
    assert (recorded.duplicate, list(recorded.hits)) == (False, [])
    assert await store.read(count, schema.reads) == 0


async def test_duplicates_repeat_their_hits_exactly_within_and_across_groups(store):
    first, again = await store.record([matched(0, 0.0), matched(0, 0.0)], NOW)
    assert [first.duplicate, again.duplicate] == [False, True]
    assert again.hits == first.hits
    await store.record([matched(1, 3.0)], NOW)
    calls = await asyncio.gather(*(store.record([matched(0, 9.9, of=[])], NOW) for _ in range(5)))
    assert all(recorded.duplicate and recorded.hits == first.hits for (recorded,) in calls)
    assert await store.read(hits.of_read, "cam-1", "r0") == first.hits
    assert await store.read(hits.of_read, "cam-2", "r0") == []
    assert await store.read(count, schema.reads) == 2


async def test_the_same_read_id_of_another_camera_is_another_read(store):
    one, other = await store.record([matched(0, read_id="r"), matched(0, read_id="r", camera_id="cam-2")], NOW)
    assert not other.duplicate
    assert one.hits[0].hit_id != other.hits[0].hit_id


async def test_requests_that_wait_together_are_answered_each_with_its_own(store):
    calls = [store.record([matched(i), matched(i + 0.5)], NOW) for i in range(40)]
    answers = await asyncio.gather(*calls)
    assert [[r.hits[0].read_id for r in answer] for answer in answers] == [[f"r{i}", f"r{i + 0.5}"] for i in range(40)]
    ((hit,), _) = await store.read(hits.page, None, 10)
    assert hit.reads == 80


async def test_reads_join_across_groups_and_restarts(store, url):
    (first,) = await store.record([matched(0, 1.0)], NOW)
    await store.close()
    again = Store.open(url)
    (second,) = await again.record([matched(200, 3.0)], NOW)
    (third,) = await again.record([matched(501, 3.0)], NOW)
    assert second.hits[0].hit_id == first.hits[0].hit_id
    assert second.hits[0].probability > first.hits[0].probability
    assert third.hits[0].hit_id != first.hits[0].hit_id
    hit = await again.read(hits.get, first.hits[0].hit_id)
    assert (hit.reads, hit.read.read_id, hit.created_at) == (2, "r200", NOW)
    await again.close()


CRASH = """
import asyncio, os, sys
sys.path.insert(0, sys.argv[2])
from passages import at, matched
from platematch.store.store import Store
async def main():
    store = Store.open(sys.argv[1])
    await store.record([matched(0, 1.0, picture=b"jpeg")], at(1))
    asyncio.ensure_future(store.record([matched(5, 1.0)], at(6)))
    await asyncio.sleep(0)
    os._exit(9)
asyncio.run(main())
"""


async def test_what_was_answered_survives_a_process_that_just_ends(url):
    here = __file__.rsplit("/", 2)[0]
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", CRASH, url, here], check=False)
    assert done.returncode == 9
    store = Store.open(url)
    ((hit,), _) = await store.read(hits.page, None, 10)
    assert hit.hit_id
    assert await store.read(hits.picture, hit.hit_id) == b"jpeg"
    (joined,) = await store.record([matched(100, 1.0)], at(101))
    assert joined.hits[0].hit_id == hit.hit_id
    (repeated,) = await store.record([matched(0, 1.0)], at(101))
    assert repeated.duplicate
    await store.close()


async def test_pictures_are_those_of_the_best_read_that_has_one(url):
    store = Store.open(url, public_url="https://192.0.2.9")
    await store.record([matched(0, 1.0, picture=b"poor"), matched(1, 2.0, picture=b"good"), matched(2, 3.0)], NOW)
    ((hit,), _) = await store.read(hits.page, None, 10)
    assert hit.read.read_id == "r2"
    assert hit.read.picture is None
    assert hit.picture_url == f"https://192.0.2.9/v1/hits/{hit.hit_id}/picture"
    assert await store.read(hits.picture, hit.hit_id) == b"good"
    assert await store.read(hits.picture, "none") is None
    await store.close()


async def test_one_delivery_for_each_endpoint_that_is_to_know(store):
    await hook(store, "all")
    await hook(store, "named", lists=frozenset({"stolen"}))
    await hook(store, "other", lists=frozenset({"other"}))
    await hook(store, "off", enabled=False)
    await hook(store, "covert", lists=frozenset({"stolen", "secret"}), covert_lists=frozenset({"secret"}))
    secret = watchlist("secret", covert=True)
    await store.change(PutWatchlist(secret), NOW, "chief")
    calls = []
    store.on_deliveries = lambda: calls.append(1)
    await store.record([matched(0), matched(1, of=[(secret, entry("s1"))])], NOW)
    assert calls == [1]
    names = ("all", "named", "other", "off", "covert")
    assert [len(await told(store, name)) for name in names] == [1, 1, 0, 0, 2]
    due = await store.take_due(NOW, 10, frozenset())
    bodies = {item.webhook_id: msgspec.json.decode(item.body) for item in due if item.webhook_id == "all"}
    assert bodies["all"]["type"] == "hit.created"
    assert bodies["all"]["data"]["watchlist"]["watchlist_id"] == "stolen"
    assert len({item.event_id for item in due}) == 2


async def test_a_list_that_was_made_covert_is_told_to_nobody_else(store):
    await hook(store, "all")
    await store.change(PutWatchlist(watchlist(covert=True)), NOW, "chief")
    await store.record([matched(0)], NOW)
    assert await told(store, "all") == []


async def test_a_hit_below_the_alert_is_stored_and_not_told(store):
    await hook(store, "all")
    calls = []
    store.on_deliveries = lambda: calls.append(1)
    await store.record([matched(0, -1.0)], NOW)
    assert (await told(store, "all"), calls) == ([], [])
    await store.record([matched(1, 0.5), matched(2, 3.0)], NOW)
    await store.record([matched(3, 6.0)], NOW)
    assert await told(store, "all") == ["hit.created", "hit.updated", "hit.updated"]
    assert len({due.event_id for due in await store.take_due(NOW, 10, frozenset())}) == 3


@pytest.mark.parametrize(
    "instant",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
async def test_a_clock_that_has_lost_its_mind_breaks_nothing(store, instant):
    item = matched(0, -1.0)
    item.read.captured_at = instant
    for _ in range(2):
        (recorded,) = await store.record([item], NOW)
        assert len(recorded.hits) == 1
    (later,) = await store.record([matched(1)], NOW)
    assert later.hits[0].hit_id != recorded.hits[0].hit_id
    other = matched(0, -2.0, read_id="next")
    other.read.captured_at = instant
    (again,) = await store.record([other], NOW)
    assert again.hits[0].hit_id != later.hits[0].hit_id


async def test_recent_read_ids_newest_first(store):
    for i in range(5):
        await store.record([matched(i)], at(100 + i))
    assert await store.read(hits.recent_read_ids, 2) == [("cam-1", "r4"), ("cam-1", "r3")]
