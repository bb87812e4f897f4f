"""The sender against real receivers."""

import asyncio
import gzip
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from outboxes import open_outbox
from standardwebhooks import Webhook as Oracle

from platematch import __version__
from platematch.webhooks.schedule import DELAYS
from platematch.webhooks.signature import new_secret


@pytest.fixture(params=["memory", "sqlite"])
async def outbox(request, tmp_path):
    async with open_outbox(request.param, tmp_path) as opened:
        yield opened


async def test_a_delivery_arrives_signed_and_is_recorded(outbox, clock, receiver, start_sender, until):
    secret = new_secret()
    hook = await outbox.register(receiver.url, [secret])
    await start_sender()
    [event_id] = await outbox.put(hook, clock())
    await until(lambda: outbox.attempts)
    [request] = receiver.requests
    assert request.path == "/hook"
    assert request.headers["webhook-id"] == event_id
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"] == f"platematch/{__version__}"
    assert Oracle(secret).verify(request.body, request.headers)["type"] == "test"
    [attempt] = outbox.attempts
    assert attempt.delivered
    assert (attempt.status, attempt.error, attempt.next_due, attempt.answer) == (204, None, None, None)
    assert 0 < attempt.latency_ms < 5000


async def test_both_secrets_sign_during_a_rotation(outbox, clock, receiver, start_sender, until):
    old, new = new_secret(), new_secret()
    hook = await outbox.register(receiver.url, [new, old])
    await start_sender()
    await outbox.put(hook, clock())
    await until(lambda: outbox.attempts)
    for secret in (old, new):
        Oracle(secret).verify(receiver.requests[0].body, receiver.requests[0].headers)


async def test_failures_are_tried_again_with_growing_waits_and_the_same_id(
    outbox, clock, receiver, start_sender, until
):
    receiver.statuses(500, 404, 302, 200)
    hook = await outbox.register(receiver.url)
    sender = await start_sender()
    [event_id] = await outbox.put(hook, clock())
    for number, wait in enumerate(DELAYS[:3], start=1):
        await until(lambda number=number: len(outbox.attempts) == number)
        assert outbox.attempts[-1].next_due == clock() + wait
        clock.advance(wait - timedelta(milliseconds=1))
        sender.wake()
        await asyncio.sleep(0.02)
        assert len(receiver.requests) == number, "tried before it was due"
        clock.advance(timedelta(milliseconds=1))
        sender.wake()
    await until(lambda: len(outbox.attempts) == 4)
    assert [attempt.status for attempt in outbox.attempts] == [500, 404, 302, 200]
    assert [attempt.delivered for attempt in outbox.attempts] == [False, False, False, True]
    assert {request.headers["webhook-id"] for request in receiver.requests} == {event_id}
    assert len({request.headers["webhook-timestamp"] for request in receiver.requests}) > 1


async def test_the_next_try_comes_by_itself(outbox, receiver, start_sender, until, monkeypatch):
    monkeypatch.setattr("platematch.webhooks.schedule.DELAYS", (timedelta(milliseconds=80),))

    def now():
        return datetime.now(UTC)

    receiver.statuses(500, 200)
    hook = await outbox.register(receiver.url)
    await start_sender(now=now)
    await outbox.put(hook, now())
    await until(lambda: len(outbox.attempts) == 2)
    assert outbox.attempts[1].at - outbox.attempts[0].at >= timedelta(milliseconds=80)


async def test_a_delivery_is_given_up_after_the_last_try(outbox, clock, receiver, start_sender, until):
    receiver.statuses(500)
    hook = await outbox.register(receiver.url)
    sender = await start_sender()
    await outbox.put(hook, clock())
    began = clock()
    for number, wait in enumerate(DELAYS, start=1):
        await until(lambda number=number: len(outbox.attempts) == number)
        clock.advance(wait)
        sender.wake()
    await until(lambda: outbox.attempts[-1].next_due is None)
    assert await outbox.states() == ["failed"]
    assert timedelta(days=2.5) < clock() - began <= timedelta(days=3)


async def test_gone_disables_at_once_and_nothing_more_is_sent(outbox, clock, receiver, start_sender, until):
    receiver.statuses(410)
    outbox.commit_s = 0.1
    hook = await outbox.register(receiver.url)
    await start_sender()
    await outbox.put(hook, clock(), count=40)
    await until(lambda: receiver.requests)
    await asyncio.sleep(0.03)
    await outbox.put(hook, clock())  # before the store knows that the endpoint is disabled
    await until(lambda: hook in outbox.disabled)
    sent = len(receiver.requests)
    await outbox.put(hook, clock(), count=5)
    await asyncio.sleep(0.05)
    assert len(receiver.requests) == sent == 1
    assert outbox.attempts[0].next_due is None


async def test_a_redirect_is_not_followed(outbox, clock, receiver, make_receiver, start_sender, until):
    inner = await make_receiver()
    receiver.statuses(307, location=inner.url)
    hook = await outbox.register(receiver.url)
    await start_sender()
    await outbox.put(hook, clock())
    await until(lambda: outbox.attempts)
    assert inner.requests == []
    assert outbox.attempts[0].status == 307
    assert "redirects are not followed" in outbox.attempts[0].error


async def test_retry_after_is_honoured(outbox, clock, receiver, start_sender, until):
    receiver.statuses(429, retry_after="90")
    hook = await outbox.register(receiver.url)
    await start_sender()
    await outbox.put(hook, clock())
    await until(lambda: outbox.attempts)
    assert outbox.attempts[0].next_due == clock() + timedelta(seconds=90)


async def test_a_slow_answer_times_out(outbox, clock, receiver, start_sender, until):
    async def sleep(_request):
        await asyncio.sleep(1)
        return web.Response()

    receiver.answer = sleep
    hook = await outbox.register(receiver.url)
    await start_sender(timeout_s=0.1)
    await outbox.put(hook, clock())
    await until(lambda: outbox.attempts)
    assert (outbox.attempts[0].status, outbox.attempts[0].error) == (None, "no answer within 0.1 s")
    assert outbox.attempts[0].next_due is not None


async def test_a_refused_connection_is_a_failed_attempt(outbox, clock, start_sender, until, unused_port):
    hook = await outbox.register(f"http://127.0.0.1:{unused_port}/")
    await start_sender()
    await outbox.put(hook, clock())
    await until(lambda: outbox.attempts)
    assert outbox.attempts[0].status is None
    assert outbox.attempts[0].error.startswith("no connection: ")
    assert "refused" in outbox.attempts[0].error


async def test_a_connection_closed_without_answer_is_tried_twice_then_told(
    outbox, clock, receiver, start_sender, until
):
    async def hang_up(request):
        request.transport.close()
        return web.Response()

    receiver.answer = hang_up
    hook = await outbox.register(receiver.url)
    await start_sender()
    await outbox.put(hook, clock())
    await until(lambda: outbox.attempts)
    assert outbox.attempts[0].error == "the receiver closed the connection without an answer"
    assert len(receiver.requests) == 2


async def test_a_broken_secret_fails_the_delivery_not_the_sender(outbox, clock, receiver, start_sender, until):
    broken = await outbox.register(receiver.url, ["whsec_"])
    sound = await outbox.register(receiver.url)
    await start_sender()
    await outbox.put(broken, clock())
    await outbox.put(sound, clock())
    await until(lambda: len(outbox.attempts) == 2)
    assert "secret" in outbox.of(broken)[0].error
    assert outbox.of(sound)[0].delivered


# The answer


async def test_a_huge_answer_is_read_in_part_only(outbox, clock, receiver, start_sender, until):
    written = 0

    async def flood(request):
        nonlocal written
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(10_000):
            await response.write(b"x" * 10_000)
            written += 10_000
        return response

    receiver.answer = flood
    hook = await outbox.register(receiver.url)
    await start_sender()
    await outbox.put(hook, clock())
    await until(lambda: outbox.attempts)
    assert outbox.attempts[0].delivered
    assert outbox.attempts[0].answer == "x" * 1024
    assert written < 20_000_000


async def test_an_answer_that_never_ends_does_not_undo_its_status(
    outbox, clock, receiver, start_sender, until, monkeypatch
):
    monkeypatch.setattr("platematch.webhooks.post.ANSWER_WAIT_S", 0.05)

    async def drip(request):
        response = web.StreamResponse(status=202)
        await response.prepare(request)
        await response.write(b"well, ")
        await asyncio.sleep(2)
        return response

    receiver.answer = drip
    hook = await outbox.register(receiver.url)
    await start_sender()
    await outbox.put(hook, clock())
    await until(lambda: outbox.attempts)
    assert (outbox.attempts[0].status, outbox.attempts[0].answer) == (202, "well, ")
    assert outbox.attempts[0].latency_ms < 1000


@pytest.mark.parametrize("body", [b"\x00\xff", gzip.compress(b"0" * 1_000_000)])
async def test_an_answer_of_any_bytes_is_kept_as_text(outbox, clock, receiver, start_sender, until, body):
    async def answer(_request):
        return web.Response(body=body, headers={"content-encoding": "gzip"})

    receiver.answer = answer
    hook = await outbox.register(receiver.url)
    await start_sender()
    await outbox.put(hook, clock())
    await until(lambda: outbox.attempts)
    assert outbox.attempts[0].delivered
    assert "\0" not in outbox.attempts[0].answer
    assert len(outbox.attempts[0].answer) <= 1024
