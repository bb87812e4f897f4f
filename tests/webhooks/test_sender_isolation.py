"""The sender under trouble: slow and dead endpoints beside healthy ones, a store that is away, an end in mid-flight."""

import asyncio
import time

import pytest
from aiohttp import web
from outboxes import open_outbox

from platematch.webhooks.sender import Sender


@pytest.fixture(params=["memory", "sqlite"])
async def outbox(request, tmp_path):
    async with open_outbox(request.param, tmp_path) as opened:
        yield opened


async def test_a_slow_endpoint_with_a_backlog_does_not_delay_a_healthy_one(
    outbox, clock, receiver, make_receiver, start_sender, until
):
    slow = await make_receiver()

    async def sleep(_request):
        await asyncio.sleep(3)
        return web.Response()

    slow.answer = sleep
    stuck, healthy = await outbox.register(slow.url), await outbox.register(receiver.url)
    await start_sender(total=8, timeout_s=3)
    await outbox.put(stuck, clock(), count=2000)
    await until(lambda: slow.requests)
    began = time.monotonic()
    await outbox.put(healthy, clock(), count=200)
    await until(lambda: len(outbox.of(healthy)) == 200)
    assert time.monotonic() - began < 2
    assert len(slow.requests) == 1, "an endpoint that never answered yet is given one try at a time"


async def test_slow_endpoints_leave_half_of_the_slots_to_the_others(
    outbox, clock, receiver, make_receiver, start_sender, until, monkeypatch
):
    monkeypatch.setattr("platematch.webhooks.lane.SLOW_MS", 50.0)
    slow = await make_receiver()

    async def sleep(_request):
        await asyncio.sleep(0.4)
        return web.Response(status=500)

    slow.answer = sleep
    stuck = [await outbox.register(slow.url) for _ in range(8)]
    healthy = await outbox.register(receiver.url)
    await start_sender(total=4)
    for hook in stuck:
        await outbox.put(hook, clock(), count=50)
    await until(lambda: len(outbox.attempts) >= 8)  # each is known to be slow by now
    latencies = []
    for _ in range(5):
        began = time.monotonic()
        done = len(outbox.of(healthy))
        await outbox.put(healthy, clock())
        await until(lambda done=done: len(outbox.of(healthy)) > done)
        latencies.append(time.monotonic() - began)
    assert max(latencies) < 0.2


async def test_a_healthy_endpoint_gets_its_full_width_and_no_more(outbox, clock, receiver, start_sender, until):
    active, most = 0, 0

    async def count(_request):
        nonlocal active, most
        active += 1
        most = max(most, active)
        await asyncio.sleep(0.01)
        active -= 1
        return web.Response()

    receiver.answer = count
    hook = await outbox.register(receiver.url)
    await start_sender(concurrency_per_endpoint=3)
    ids = await outbox.put(hook, clock(), count=100)
    await until(lambda: len(outbox.attempts) == 100)
    assert most == 3
    assert sorted(request.headers["webhook-id"] for request in receiver.requests) == sorted(ids)
    assert len({request.peer_port for request in receiver.requests}) <= 3, "connections were not kept"
    assert outbox.takes < 40


async def test_attempts_are_recorded_in_batches(outbox, clock, receiver, start_sender, until):
    hooks = [await outbox.register(receiver.url) for _ in range(50)]
    for hook in hooks:
        await outbox.put(hook, clock())
    await start_sender()
    await until(lambda: len(outbox.attempts) == 50)
    assert max(outbox.batches) > 1


async def test_the_first_try_follows_the_wake_at_once(outbox, clock, receiver, start_sender, until):
    hook = await outbox.register(receiver.url)
    await start_sender()
    await outbox.put(hook, clock())
    await until(lambda: outbox.attempts)
    began = time.monotonic()
    await outbox.put(hook, clock())
    await until(lambda: len(receiver.requests) == 2)
    assert time.monotonic() - began < 0.5


# The store


async def test_attempts_wait_for_a_store_that_is_away_and_nothing_is_sent_twice(
    outbox, clock, receiver, start_sender, until, monkeypatch
):
    monkeypatch.setattr("platematch.webhooks.sender.STORE_PAUSE_S", 0.01)
    hook = await outbox.register(receiver.url)

    async def answer(_request):
        outbox.away = True
        return web.Response()

    receiver.answer = answer
    sender = await start_sender()
    await outbox.put(hook, clock())
    await until(lambda: receiver.requests)
    for _ in range(5):
        sender.wake()
        await asyncio.sleep(0.02)
    assert outbox.attempts == []
    outbox.away = False
    await until(lambda: outbox.attempts)
    assert await outbox.states() == ["delivered"]
    assert len(receiver.requests) == 1


async def test_what_was_not_recorded_is_sent_again_after_a_restart_with_the_same_id(
    outbox, clock, receiver, start_sender, until
):
    hook = await outbox.register(receiver.url)

    async def answer(_request):
        outbox.away = True
        return web.Response()

    receiver.answer = answer
    first = await start_sender()
    await outbox.put(hook, clock())
    await until(lambda: receiver.requests)
    await first.close(0.1)
    assert await outbox.states() == ["pending"]
    outbox.away, receiver.answer = False, None
    await start_sender()
    await until(lambda: outbox.attempts)
    assert await outbox.states() == ["delivered"]
    assert len(receiver.requests) == 2
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1


async def test_a_query_that_began_before_the_record_sends_nothing_twice(outbox, clock, receiver, start_sender, until):
    async def sleep(_request):
        await asyncio.sleep(0.05)
        return web.Response()

    receiver.answer = sleep
    hook = await outbox.register(receiver.url)
    sender = await start_sender()
    await outbox.put(hook, clock())
    await until(lambda: receiver.requests)
    outbox.read_s = 0.3
    sender.wake()
    await until(lambda: outbox.attempts)
    await asyncio.sleep(0.4)
    assert outbox.takes >= 2
    assert len(receiver.requests) == 1


async def test_every_attempt_is_told_to_the_observer(outbox, clock, receiver, start_sender, until):
    seen = []
    hook = await outbox.register(receiver.url)
    await start_sender(on_attempt=seen.append)
    await outbox.put(hook, clock(), count=3)
    await until(lambda: len(outbox.attempts) == 3)
    assert len(seen) == 3
    assert {attempt.delivery_id for attempt in seen} == {attempt.delivery_id for attempt in outbox.attempts}


# Closing


async def test_close_lets_a_try_end_and_records_it(outbox, clock, receiver, start_sender, until):
    async def sleep(_request):
        await asyncio.sleep(0.2)
        return web.Response()

    receiver.answer = sleep
    hook = await outbox.register(receiver.url)
    sender = await start_sender()
    await outbox.put(hook, clock(), count=30)
    await until(lambda: receiver.requests)
    await sender.close(5)
    assert await outbox.states() == ["delivered"] + ["pending"] * 29
    assert len(receiver.requests) == 1


async def test_close_waits_no_longer_than_told(outbox, clock, receiver, start_sender, until):
    async def sleep(_request):
        await asyncio.sleep(5)
        return web.Response()

    receiver.answer = sleep
    hook = await outbox.register(receiver.url)
    sender = await start_sender()
    await outbox.put(hook, clock())
    await until(lambda: receiver.requests)
    began = time.monotonic()
    await sender.close(0.1)
    assert time.monotonic() - began < 1
    assert await outbox.states() == ["pending"]


async def test_close_before_run_returns(outbox):
    await Sender(outbox, allow_private=True).close(1)
