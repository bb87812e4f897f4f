"""Texts are the same on every database: their order, and what none can hold."""

from __future__ import annotations

from typing import Any

import pytest
from passages import START, entry, matched, watchlist

from platematch.access.key import Key, StoredKey
from platematch.errors import InvalidInput
from platematch.store import audit, hits, keys, watchlists, webhooks
from platematch.store.store import Store
from platematch.watchlist import PutWatchlist, ReplaceEntries

NAMES = ["B", "a", "Z", "_", "-1", "ä", "і", "и", "Ї", "aa", "A a", "10", "9", "ß", "z\U0001f697"]


@pytest.mark.parametrize("limit", [1, 4, 100])
async def test_pages_are_in_the_order_of_code_points_whatever_the_language(store: Store, limit: int) -> None:
    await store.change(PutWatchlist(watchlist()), START, "chief")
    await store.change(ReplaceEntries("stolen", [entry(name) for name in NAMES]), START, "chief")
    found: list[str] = []
    cursor: str | None = None
    while cursor is not None or not found:
        page, cursor = await store.read(watchlists.entries_page, "stolen", cursor, limit)
        found += [listed.entry_id for listed in page]
    assert found == sorted(NAMES)


@pytest.mark.parametrize("text", ["a\0b", "\0", "half \ud83d"])
async def test_what_no_text_can_hold_is_the_askers_mistake(store: Store, text: str) -> None:
    """Looking for it, too: no outage, which would be tried again for ever."""
    looks: list[tuple[Any, ...]] = [
        (keys.find, text),
        (hits.get, text),
        (hits.of_read, "cam", text),
        (watchlists.get, text),
        (watchlists.entry, "stolen", text),
        (webhooks.get, text),
    ]
    for look in looks:
        with pytest.raises(InvalidInput, match="cannot be stored"):
            await store.read(*look)
    with pytest.raises(InvalidInput, match="cannot be stored"):
        await store.write(audit.append, START, text, "note", "x")
    key = Key(key_id="k", role="police", owner=text, created_at=START)
    with pytest.raises(InvalidInput, match="cannot be stored"):
        await store.write(keys.create, StoredKey(key, b""))
    with pytest.raises(InvalidInput, match="cannot be stored"):
        await store.record([matched(0, camera_id="a\0b")], START)
    assert store.healthy()
    assert await store.record([matched(0)], START)


async def test_an_actor_may_be_as_long_as_a_keys_owner_makes_it(store: Store) -> None:
    actor = f"k1 (operator, {'ї' * 200})"
    await store.write(audit.append, START, actor, "note", "x")
    assert (await store.read(audit.page, None, 1))[0][0].actor == actor
