"""Endpoints and their deliveries: what is due, what the tries did, what people see of it."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from passages import START, at, entry, matched, watchlist
from sqlalchemy import func, select

from platematch.errors import Conflict, NotFound
from platematch.store import schema, webhooks
from platematch.webhooks.endpoint import Attempt, Webhook

NOW = at(60)
NONE = frozenset()


def hook(webhook_id, **fields):
    return Webhook(
        **{"webhook_id": webhook_id, "url": f"https://192.0.2.1/{webhook_id}", "created_at": START, **fields}
    )


def attempt(due, **fields):
    return Attempt(
        **{
            "delivery_id": due.delivery_id,
            "webhook_id": due.webhook_id,
            "at": NOW,
            "delivered": False,
            "status": 500,
            "latency_ms": 12.5,
            "error": "answered 500",
            "answer": "oh",
            "next_due": at(100),
            **fields,
        }
    )


@pytest.fixture
async def two(store):
    """Endpoints a and b with three deliveries each."""
    for name in ("a", "b"):
        await store.write(webhooks.create, hook(name), "whsec_new", "whsec_old")
    for i in range(3):
        await store.record([matched(i, of=[(watchlist(), entry(f"e{i}"))])], at(10 + i))
    return store


async def deliveries(store, webhook_id):
    return (await store.read(webhooks.deliveries_page, webhook_id, None, 100))[0][::-1]


async def test_due_deliveries_the_oldest_of_each_endpoint(two):
    assert await two.take_due(at(9), 10, NONE) == []
    assert len(await two.take_due(at(11), 10, NONE)) == 4
    due = await two.take_due(NOW, 2, NONE)
    assert [(item.webhook_id, item.created_at) for item in due] == [
        ("a", at(10)),
        ("b", at(10)),
        ("a", at(11)),
        ("b", at(11)),
    ]
    assert {item.webhook_id for item in await two.take_due(NOW, 2, frozenset({"a"}))} == {"b"}
    first = due[0]
    assert (first.url, list(first.secrets), first.attempt) == ("https://192.0.2.1/a", ["whsec_new", "whsec_old"], 1)


async def test_a_clock_that_is_set_back_delays_nothing_for_years(two):
    """What a wrong clock planned for a day that is far away is due; what it planned for soon comes when it is time."""
    assert len(await two.take_due(at(11) - timedelta(days=3000), 10, NONE)) == 6
    assert await two.take_due(at(9) - timedelta(hours=13), 10, NONE) == []


async def test_the_next_time_something_is_due(two):
    assert await two.next_due(at(0)) == at(10)
    assert await two.next_due(at(10)) == at(11)
    assert await two.next_due(at(12)) is None


async def test_a_failed_try_is_due_again_and_a_delivered_one_no_more(two):
    first, second, *_ = await two.take_due(NOW, 1, NONE)
    await two.record_attempts([attempt(first), attempt(second, delivered=True, status=204, next_due=None)])
    failed, delivered = (await deliveries(two, "a"))[0], (await deliveries(two, "b"))[0]
    assert (failed.state, failed.attempts, failed.due_at, failed.last_status) == ("pending", 1, at(100), 500)
    assert (failed.last_error, failed.last_latency_ms, failed.last_answer) == ("answered 500", 12.5, "oh")
    assert (delivered.state, delivered.due_at, delivered.delivered_at) == ("delivered", None, NOW)
    assert (await two.read(webhooks.get, "a")).failing_since == NOW
    assert (await two.read(webhooks.get, "b")).failing_since is None
    assert await two.next_due(NOW) == at(100)
    again = [due for due in await two.take_due(at(100), 9, NONE) if due.delivery_id == first.delivery_id]
    assert [(due.attempt, due.event_id) for due in again] == [(2, first.event_id)]
    await two.record_attempts([attempt(first, at=at(100), next_due=None)])
    assert (await deliveries(two, "a"))[0].state == "failed"
    assert (await two.read(webhooks.get, "a")).failing_since == NOW
    await two.record_attempts([attempt((await two.take_due(NOW, 1, NONE))[0], delivered=True, at=at(110))])
    assert (await two.read(webhooks.get, "a")).failing_since is None


async def test_a_disabled_endpoint_keeps_its_deliveries_until_it_is_enabled(two):
    (first, *_) = await two.take_due(NOW, 1, NONE)
    await two.record_attempts([attempt(first, status=410, next_due=None, disable="the receiver is gone (410)")])
    disabled = await two.read(webhooks.get, "a")
    assert (disabled.enabled, disabled.disabled_reason) == (False, "the receiver is gone (410)")
    assert {due.webhook_id for due in await two.take_due(NOW, 9, NONE)} == {"b"}
    with pytest.raises(Conflict, match="410"):
        await two.write(webhooks.enqueue_test, "a", NOW)
    await two.write(webhooks.update, replace(disabled, enabled=True, disabled_reason=None))
    assert (await two.read(webhooks.get, "a")).failing_since is None
    assert len([due for due in await two.take_due(NOW, 9, NONE) if due.webhook_id == "a"]) == 2


async def test_attempts_of_an_endpoint_that_is_gone_are_skipped(two):
    due = await two.take_due(NOW, 1, NONE)
    assert await two.write(webhooks.delete, "a")
    await two.record_attempts([attempt(item) for item in due])
    assert await two.read(webhooks.get, "a") is None
    assert [d.attempts for d in await deliveries(two, "b")] == [1, 0, 0]
    await two.write(webhooks.delete, "b")
    rows = await two.read(lambda conn: conn.execute(select(func.count()).select_from(schema.attempts)).scalar())
    assert rows == 0
    assert not await two.write(webhooks.delete, "b")


async def test_a_test_event_goes_to_its_endpoint_only(two):
    called = []
    two.on_deliveries = lambda: called.append(1)
    event_ids = {await two.write(webhooks.enqueue_test, "a", at(200)) for _ in range(2)}
    assert len(event_ids) == 2
    assert called == [1, 1]
    assert [d.type for d in await deliveries(two, "a")] == ["hit.created"] * 3 + ["test"] * 2
    assert len(await deliveries(two, "b")) == 3
    with pytest.raises(NotFound):
        await two.write(webhooks.enqueue_test, "none", NOW)


async def test_endpoints_and_deliveries_by_page(two):
    for i in range(3):
        await two.write(webhooks.create, hook(f"c{i}", created_at=at(i), lists=frozenset({"x"}), description="d"))
    found, cursor = await two.read(webhooks.page, None, 2)
    while cursor:
        more, cursor = await two.read(webhooks.page, cursor, 2)
        found += more
    assert [webhook.webhook_id for webhook in found] == ["a", "b", "c0", "c1", "c2"]
    assert found[2] == hook("c0", created_at=at(0), lists=frozenset({"x"}), description="d")
    first, cursor = await two.read(webhooks.deliveries_page, "a", None, 2)
    second, end = await two.read(webhooks.deliveries_page, "a", cursor, 2)
    assert [d.created_at for d in first + second] == [at(12), at(11), at(10)]
    assert end is None


async def test_an_endpoint_is_made_once_and_changed_as_a_whole(two):
    with pytest.raises(Conflict):
        await two.write(webhooks.create, hook("a"))
    await two.write(webhooks.update, hook("a", url="https://192.0.2.7/", covert_lists=frozenset({"s"})))
    changed = await two.read(webhooks.get, "a")
    assert (changed.url, changed.covert_lists, changed.created_at) == ("https://192.0.2.7/", frozenset({"s"}), START)
    with pytest.raises(NotFound):
        await two.write(webhooks.update, hook("none"))
