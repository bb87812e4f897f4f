"""Keys, lists and audit lines by page; keys also from another process while the service writes."""

import asyncio
import sys

import pytest
from passages import START, at, entry, watchlist

from platematch.access.key import Key, StoredKey
from platematch.errors import Conflict
from platematch.store import audit, keys, open_sync, watchlists
from platematch.watchlist import PutWatchlist, ReplaceEntries

MAKE_KEYS = """
import sys
from datetime import UTC, datetime
from platematch.access.key import Key, StoredKey
from platematch.store import keys, open_sync
with open_sync(sys.argv[1]) as engine:
    for i in range(20):
        key = Key(key_id=f"{sys.argv[2]}-{i}", role="police", owner="o", created_at=datetime.now(UTC))
        with engine.begin() as conn:
            keys.create(conn, StoredKey(key, b"digest"))
"""


def key(key_id="k1", **fields):
    fields = {"role": "police", "owner": "Olena", "created_at": START, **fields}
    return StoredKey(Key(key_id=key_id, **fields), b"\x00digest")


async def every(store, page, *args, limit=2, **filters):
    found, cursor = await store.read(page, *args, None, limit, **filters)
    while cursor:
        more, cursor = await store.read(page, *args, cursor, limit, **filters)
        found += more
    return found


def test_keys_are_kept_as_they_are_and_revoked_once(url):
    whole = key(scope=frozenset({"b", "a"}), expires_at=at(5))
    with open_sync(url) as engine:
        with engine.begin() as conn:
            keys.create(conn, whole)
        with pytest.raises(Conflict), engine.begin() as conn:
            keys.create(conn, whole)
        with engine.begin() as conn:
            assert keys.find(conn, "k1") == whole
            assert keys.find(conn, "k2") is None
            assert keys.revoke(conn, "k1", at(1))
            assert not keys.revoke(conn, "k1", at(2))
            assert not keys.revoke(conn, "k2", at(2))
            assert keys.find(conn, "k1").key.revoked_at == at(1)


async def test_keys_by_page_newest_first(store):
    for i in range(5):
        await store.write(keys.create, key(f"k{i}", created_at=at(i // 2)))
    assert [shown.key_id for shown in await every(store, keys.page)] == ["k4", "k2", "k3", "k0", "k1"]


async def test_keys_are_made_beside_a_service_that_writes(store, url):
    makers = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", MAKE_KEYS, url, name, stderr=asyncio.subprocess.PIPE)
        for name in ("a", "b")
    ]
    errors = asyncio.gather(*(maker.communicate() for maker in makers))
    written = 0
    while not errors.done():
        await store.write(audit.append, START, "service", "note", "x")
        written += 1
    assert [error for _, error in await errors] == [b"", b""]
    assert len(await every(store, keys.page, limit=50)) == 40
    assert len(await every(store, audit.page, limit=500)) == written > 0


async def test_lists_and_entries_by_page(store):
    for name in ("a", "b", "c"):
        await store.change(PutWatchlist(watchlist(name, covert=name == "b")), START, "chief")
    await store.change(ReplaceEntries("a", [entry(f"e{i}") for i in range(5)]), START, "chief")
    assert [listed.watchlist.watchlist_id for listed in await every(store, watchlists.page, limit=1)] == ["a", "c"]
    named = await every(store, watchlists.page, lists=frozenset({"b", "c"}))
    assert [listed.watchlist.watchlist_id for listed in named] == ["b", "c"]
    assert [e.entry_id for e in await every(store, watchlists.entries_page, "a")] == [f"e{i}" for i in range(5)]
    assert await store.read(watchlists.covert_lists) == frozenset({"b"})


async def test_audit_lines_newest_first(store):
    for i in range(5):
        await store.write(audit.append, at(i), "olena", "match", f"plate/{i}", {"why": "a check"})
    lines = await every(store, audit.page)
    assert [line.object for line in lines] == [f"plate/{i}" for i in (4, 3, 2, 1, 0)]
    assert (lines[0].at, lines[0].actor, lines[0].detail) == (at(4), "olena", {"why": "a check"})
    assert len(await every(store, audit.page, since=at(3))) == 2
