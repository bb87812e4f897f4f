"""Changes of lists: versions without gaps, imports that say what they did, hits that are taken back."""

import random

import pytest
from msgspec.structs import replace
from passages import START, at, entry, matched, watchlist
from sqlalchemy import event, select

from platematch.errors import ImportRefused, NotFound
from platematch.hits.hit import Disposition
from platematch.store import audit, hits, schema, watchlists, webhooks
from platematch.watchlist import PutEntry, PutWatchlist, RemoveEntry, RemoveWatchlist, ReplaceEntries
from platematch.webhooks.endpoint import Webhook

NOW = at(60)


def plates(n, **fields):
    return [entry(f"e{i}", f"AA{i:04}BB", **fields) for i in range(n)]


async def change(store, what, now=NOW):
    return await store.change(what, now, "chief")


@pytest.fixture
async def listed(store):
    await change(store, PutWatchlist(watchlist()))
    return store


async def versions(store):
    query = select(schema.entries.c.entry_id, schema.entries.c.version)
    return await store.read(lambda conn: {row.entry_id: row.version for row in conn.execute(query)})


async def test_a_list_is_made_once_and_its_policy_replaced(store):
    made = await change(store, PutWatchlist(watchlist()))
    assert (made.version, made.created, made.listed_at) == (1, True, NOW)
    await change(store, PutEntry("stolen", entry()))
    again = await change(store, PutWatchlist(watchlist(priority=3)), at(900))
    assert (again.version, again.created, again.listed_at) == (3, False, NOW)
    listed = await store.read(watchlists.get, "stolen")
    assert (listed.watchlist.priority, listed.version, listed.listed_at) == (3, 3, NOW)
    assert await store.read(watchlists.count, "stolen") == 1


async def test_entries_come_change_and_go(listed):
    added = await change(listed, PutEntry("stolen", entry()))
    assert (added.version, added.added, added.created, list(added.put)) == (2, 1, True, [entry()])
    same = await change(listed, PutEntry("stolen", entry()))
    assert (same.version, same.unchanged, same.created, list(same.put)) == (3, 1, False, [])
    assert await versions(listed) == {"e1": 2}
    other = entry(reason="wanted")
    changed = await change(listed, PutEntry("stolen", other), at(70))
    assert (changed.version, changed.changed, list(changed.put), changed.listed_at) == (4, 1, [other], at(70))
    assert await listed.read(watchlists.entry, "stolen", "e1") == other
    removed = await change(listed, RemoveEntry("stolen", "e1"))
    assert (removed.version, removed.removed, list(removed.gone)) == (5, 1, ["e1"])
    assert await listed.read(watchlists.entry, "stolen", "e1") is None


@pytest.mark.parametrize(
    "what",
    [
        RemoveWatchlist("none"),
        PutEntry("none", entry()),
        RemoveEntry("none", "e1"),
        RemoveEntry("stolen", "none"),
        ReplaceEntries("none", []),
    ],
)
async def test_what_is_absent_is_named_and_takes_no_version(listed, what):
    with pytest.raises(NotFound, match="none"):
        await change(listed, what)
    assert await listed.read(watchlists.version) == 1


async def test_an_import_counts_and_is_one_version(listed):
    first = await change(listed, ReplaceEntries("stolen", plates(12)))
    assert (first.version, first.added, first.removed) == (2, 12, 0)
    file = [*plates(11)[1:], entry("new", "BB0000BB")]
    file[0] = replace(file[0], reason="other")
    second = await change(listed, ReplaceEntries("stolen", file), at(500))
    counts = (second.added, second.changed, second.removed, second.unchanged)
    assert counts == (1, 1, 2, 9)
    assert [e.entry_id for e in second.put] == ["new", "e1"]
    assert sorted(second.gone) == ["e0", "e11"]
    assert second.listed_at == at(500)
    numbers = await versions(listed)
    assert {entry_id for entry_id, number in numbers.items() if number == 3} == {"new", "e1"}
    merged = await change(listed, ReplaceEntries("stolen", [entry("more")], merge=True))
    assert (merged.added, merged.removed, await listed.read(watchlists.count, "stolen")) == (1, 0, 12)


async def test_a_dry_run_tells_and_changes_nothing(listed):
    await change(listed, ReplaceEntries("stolen", plates(5)))
    told = await change(listed, ReplaceEntries("stolen", plates(3), dry_run=True))
    assert (told.version, told.removed, told.unchanged, list(told.gone)) == (2, 2, 3, [])
    assert await listed.read(watchlists.count, "stolen") == 5
    assert await listed.read(watchlists.version) == 2


@pytest.mark.parametrize(
    ("present", "file", "refused"),
    [(10, 8, False), (10, 7, True), (9, 0, False), (100, 79, True), (100, 80, False), (10, 0, True)],
)
async def test_a_file_that_is_sharply_smaller_is_refused(listed, present, file, refused):
    await change(listed, ReplaceEntries("stolen", plates(present)))
    if refused:
        for dry_run in (True, False):
            with pytest.raises(ImportRefused, match="force"):
                await change(listed, ReplaceEntries("stolen", plates(file), dry_run=dry_run))
        assert await listed.read(watchlists.count, "stolen") == present
        assert await listed.read(watchlists.version) == 2
        await change(listed, ReplaceEntries("stolen", plates(file), merge=True))
        assert await listed.read(watchlists.count, "stolen") == present
    force = "the old file was wrong" if refused else None
    await change(listed, ReplaceEntries("stolen", plates(file), force=force))
    assert await listed.read(watchlists.count, "stolen") == file
    (line, *_), _ = await listed.read(audit.page, None, 10)
    assert (line.actor, line.action, line.object) == ("chief", "watchlist.import", "watchlist/stolen")
    assert line.detail["force"] == force


async def test_a_list_goes_with_its_entries(listed):
    await change(listed, ReplaceEntries("stolen", plates(3)))
    gone = await change(listed, RemoveWatchlist("stolen"))
    assert (gone.version, gone.removed, gone.listed_at) == (3, 3, None)
    assert await listed.read(watchlists.snapshot) == (3, [], {})


async def test_versions_have_no_gaps_under_mixed_changes(listed):
    dice = random.Random(5)
    expected, seen = 1, {}
    for _ in range(60):
        entry_id = f"e{dice.randrange(6)}"
        what = dice.choice(
            [
                PutEntry("stolen", entry(entry_id, reason=dice.choice("ab"))),
                RemoveEntry("stolen", entry_id),
                ReplaceEntries("stolen", plates(dice.randrange(1, 7)), merge=dice.random() < 0.5),
                PutWatchlist(watchlist(priority=dice.randrange(100))),
                PutEntry("absent", entry()),
            ]
        )
        try:
            changed = await change(listed, what)
        except NotFound:
            continue
        expected += 1
        assert changed.version == expected
        for put in changed.put:
            seen[put.entry_id] = changed.version
        for entry_id in changed.gone:
            del seen[entry_id]
        assert await versions(listed) == seen
    version, _, entries = await listed.read(watchlists.snapshot)
    assert version == expected
    assert [e.entry_id for e in entries["stolen"]] == sorted(seen)


async def test_a_large_import_is_a_matter_of_few_statements(listed):
    executed = []
    event.listen(listed._writing, "before_cursor_execute", lambda *call: executed.append(call[2]))
    file = plates(5_000)
    await change(listed, ReplaceEntries("stolen", file))
    await change(listed, ReplaceEntries("stolen", [replace(e, reason="other") for e in file]))
    unchanged = await change(listed, ReplaceEntries("stolen", file[:4_900]))
    emptied = await change(listed, ReplaceEntries("stolen", [], force="test"))
    assert (unchanged.changed, unchanged.removed, emptied.removed) == (4_900, 100, 4_900)
    assert len(executed) < 200


# Hits of entries that go


async def told(store):
    deliveries, _ = await store.read(webhooks.deliveries_page, "w", None, 100)
    return [delivery.type for delivery in deliveries][::-1]


@pytest.fixture
async def hit(listed):
    """Three hits of e1: a strong one, one below the alert, one that was dismissed; and one of e2."""
    hook = Webhook(webhook_id="w", url="https://192.0.2.1/", created_at=START)
    await listed.write(webhooks.create, hook, "whsec_c2VjcmV0")
    await change(listed, ReplaceEntries("stolen", [entry("e1"), entry("e2")]))
    items = [matched(0), matched(1000, -1.0), matched(2000), matched(0.5, of=[(watchlist(), entry("e2"))])]
    ids = [recorded.hits[0].hit_id for recorded in await listed.record(items, NOW)]
    await listed.write(hits.dispose, ids[2], Disposition(verdict="misread"), "olena", NOW)
    return ids


async def withdrawn(store, ids):
    return [(await store.read(hits.get, hit_id)).withdrawn_at for hit_id in ids]


CORRECTED = PutEntry("stolen", entry("e1", "АА1234ВС"))
REPLACED = ReplaceEntries("stolen", [entry("e1", "АА1234ВС"), entry("e2")])


@pytest.mark.parametrize(
    "what", [RemoveEntry("stolen", "e1"), CORRECTED, REPLACED, ReplaceEntries("stolen", [entry("e2")])]
)
async def test_hits_of_a_removed_or_corrected_entry_are_taken_back(listed, hit, what):
    before = await told(listed)
    await change(listed, what, at(90))
    assert await withdrawn(listed, hit) == [at(90), at(90), None, None]
    assert (await told(listed))[len(before) :] == ["hit.withdrawn"]
    (joins_no_more,) = await listed.record([matched(10)], at(91))
    assert joins_no_more.hits[0].hit_id not in hit
    await change(listed, PutEntry("stolen", entry("e1")), at(95))
    assert await withdrawn(listed, hit) == [at(90), at(90), None, None]


async def test_another_spelling_or_reason_is_no_correction(listed, hit):
    await change(listed, PutEntry("stolen", entry("e1", "aa 1234-bb", reason="found")))
    await change(listed, ReplaceEntries("stolen", [entry("e1", "AA1234BB"), entry("e2")]))
    assert await withdrawn(listed, hit) == [None] * 4


async def test_a_hit_that_is_acted_on_is_taken_back_too(listed, hit):
    acted = Disposition(verdict="confirmed", action="crew sent")
    await listed.write(hits.dispose, hit[0], acted, "olena", NOW)
    await change(listed, RemoveWatchlist("stolen"), at(90))
    assert await withdrawn(listed, hit) == [at(90), at(90), None, at(90)]


async def test_hits_end_with_the_time_of_their_entry_or_list(listed, hit):
    before = len(await told(listed))
    await change(listed, PutEntry("stolen", entry("e1", expires_at=at(100))))
    assert await listed.write(hits.expire, at(99)) == 0
    assert await listed.write(hits.expire, at(100)) == 2
    assert await listed.write(hits.expire, at(101)) == 0
    assert await withdrawn(listed, hit) == [at(100), at(100), None, None]
    await change(listed, PutWatchlist(watchlist(expires_at=at(200))))
    assert await listed.write(hits.expire, at(200)) == 1
    assert (await told(listed))[before:] == ["hit.withdrawn"] * 2
