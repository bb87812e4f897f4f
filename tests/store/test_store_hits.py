"""Looking at hits and giving verdicts on them."""

import msgspec
import pytest
from passages import START, at, entry, matched, watchlist

from platematch.errors import InvalidInput, NotFound
from platematch.hits.hit import Disposition
from platematch.store import audit, hits, webhooks
from platematch.watchlist import PutWatchlist
from platematch.webhooks.endpoint import Webhook

NOW = at(60)
SECRET = watchlist("secret", covert=True)


async def all_of(store, limit, **filters):
    found, cursor = await store.read(hits.page, None, limit, **filters)
    while cursor:
        more, cursor = await store.read(hits.page, cursor, limit, **filters)
        assert more
        found += more
    return found


@pytest.fixture
async def many(store):
    for i in range(7):
        of = [(watchlist("other" if i % 3 == 2 else "stolen"), entry(f"e{i}"))]
        await store.record([matched(i, of=of, camera_id=f"cam-{i % 2}")], at(100 + i // 2))
    await store.record([matched(50, of=[(SECRET, entry("s"))])], at(200))
    return store


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
async def test_pages_show_each_hit_once_newest_first(many, limit):
    found = await all_of(many, limit)
    assert len({hit.hit_id for hit in found}) == len(found) == 7
    keys = [(-hit.created_at.timestamp(), hit.hit_id) for hit in found]
    assert keys == sorted(keys)


async def test_filters(many):
    async def entries(**filters):
        return {hit.entry_id for hit in await all_of(many, 3, **filters)}

    assert await entries(watchlist_id="other") == {"e2", "e5"}
    assert await entries(camera_id="cam-1") == {"e1", "e3", "e5"}
    assert await entries(since=at(102)) == {"e4", "e5", "e6"}
    assert await entries(lists=frozenset({"other", "secret"})) == {"e2", "e5", "s"}
    assert await entries(lists=frozenset()) == set()
    assert await entries(watchlist_id="secret") == set()
    assert await entries(disposed=True) == set()
    assert len(await entries(disposed=False)) == 7


async def test_covert_hits_exist_only_for_those_who_name_the_list(many):
    (hit,) = await all_of(many, 10, lists=frozenset({"secret"}))
    verdict = Disposition(verdict="confirmed")
    assert await many.read(hits.get, hit.hit_id) is None
    assert await many.read(hits.get, hit.hit_id, lists=frozenset({"stolen"})) is None
    assert await many.read(hits.get, hit.hit_id, lists=frozenset({"secret"})) == hit
    with pytest.raises(NotFound):
        await many.write(hits.dispose, hit.hit_id, verdict, "olena", NOW)
    await many.write(hits.dispose, hit.hit_id, verdict, "olena", NOW, lists=frozenset({"secret"}))


async def test_hits_turn_covert_with_their_list_and_stay_so(many):
    await many.change(PutWatchlist(watchlist("other", covert=True)), NOW, "chief")
    assert len(await all_of(many, 10)) == 5
    await many.change(PutWatchlist(watchlist("secret")), NOW, "chief")
    assert len(await all_of(many, 10)) == 5


async def test_a_cursor_of_elsewhere_is_refused(many):
    _, foreign = await many.read(audit.page, None, 1)
    for cursor in ("", "x", "!!!", "WzFd", foreign or "bnVsbA", "é"):
        with pytest.raises(InvalidInput, match="cursor"):
            await many.read(hits.page, cursor, 10)


async def test_the_latest_verdict_counts_and_those_alerted_are_told(store):
    hook = Webhook(webhook_id="w", url="https://192.0.2.1/", created_at=START)
    await store.write(webhooks.create, hook, "whsec_c2VjcmV0")
    strong, weak = await store.record([matched(0), matched(1000, -1.0)], NOW)
    hit_id = strong.hits[0].hit_id
    first = Disposition(verdict="confirmed", action="crew sent", note="red car")
    hit = await store.write(hits.dispose, hit_id, first, "olena", at(70))
    assert (hit.disposition, hit.disposed_by, hit.disposed_at) == (first, "olena", at(70))
    assert await store.read(hits.get, hit_id) == hit
    await store.write(hits.dispose, hit_id, Disposition(verdict="misread"), "taras", at(80))
    assert (await store.read(hits.get, hit_id)).disposed_by == "taras"
    await store.write(hits.dispose, weak.hits[0].hit_id, Disposition(verdict="dismissed"), "taras", at(80))
    due = await store.take_due(at(90), 10, frozenset())
    assert [msgspec.json.decode(item.body)["type"] for item in due] == ["hit.created", "hit.disposed", "hit.disposed"]
    assert len({item.event_id for item in due}) == 3
    assert [hit.hit_id for hit in await all_of(store, 10, disposed=False)] == []
    lines, _ = await store.read(audit.page, None, 10)
    assert [(line.actor, line.detail["verdict"]) for line in lines][-1] == ("olena", "confirmed")
    with pytest.raises(NotFound, match="no hit nothing"):
        await store.write(hits.dispose, "nothing", first, "olena", NOW)


async def test_a_read_that_joins_leaves_the_verdict(store):
    (first,) = await store.record([matched(0)], NOW)
    hit_id = first.hits[0].hit_id
    await store.write(hits.dispose, hit_id, Disposition(verdict="misread"), "olena", NOW)
    await store.record([matched(5, 6.0)], NOW)
    hit = await store.read(hits.get, hit_id)
    assert (hit.reads, hit.disposed_by, hit.disposition) == (2, "olena", Disposition(verdict="misread"))
