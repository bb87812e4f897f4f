"""Bodies: within a bound of memory over all requests, and large ones parsed beside the event loop."""

from __future__ import annotations

import gc
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from platematch.api.body import QUICK, Bodies, parsed
from platematch.api.reads import parse_json
from platematch.errors import StoreUnavailable, TooLarge
from platematch.problem import Problem
from platematch.reads import Read

ONE = b'{"camera_id":"c","captured_at":"2026-05-01T12:00:00Z","plate":"AA1234BB"}'
MARK = b"the first part of a body"


def test_what_all_requests_hold_is_bounded_until_they_are_answered() -> None:
    bodies = Bodies(most=100)
    first, second = make_mocked_request("POST", "/"), make_mocked_request("POST", "/")
    bodies.add(first, 40)
    bodies.add(first, 20)
    bodies.add(second, 40)
    with pytest.raises(StoreUnavailable, match="too many large requests"):
        bodies.add(second, 1)
    bodies.release(first)
    assert bodies.held == 40
    bodies.add(second, 60)
    bodies.release(second)
    bodies.release(second)
    assert bodies.held == 0


async def test_a_large_body_is_parsed_in_another_thread() -> None:
    def thread(_: bytes) -> int:
        return threading.get_ident()

    assert await parsed(thread, bytes(QUICK)) == threading.get_ident()
    assert await parsed(thread, bytes(QUICK + 1)) != threading.get_ident()


@pytest.mark.parametrize("wrong", [b"", b",{}", b",1", b',{"plate":1}'])
@pytest.mark.parametrize("count", [3, QUICK // len(ONE) + 1], ids=["small", "large"])
def test_a_large_array_is_taken_as_a_small_one_is(count: int, wrong: bytes) -> None:
    items, several = parse_json(b"[" + b",".join([ONE] * count) + wrong + b"]", 10_000)
    assert several
    assert [type(item) for item in items] == [Read] * count + [Problem] * bool(wrong)


@pytest.mark.parametrize("count", [11, QUICK // len(ONE) + 1], ids=["small", "large"])
def test_too_many_are_too_many(count: int) -> None:
    with pytest.raises(TooLarge):
        parse_json(b"[" + b",".join([ONE] * count) + b"]", 10)


async def test_a_body_that_comes_too_slowly_is_given_up(monkeypatch: Any, start: Any) -> None:
    """What it held is let go, and its sender is told."""

    monkeypatch.setattr("platematch.api.body.GRACE_S", 0.3)
    with start() as service:
        head = f"POST /v1/reads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.tokens['camera']}\r\n"
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", service.port), timeout=10) as one:
            one.sendall(head.encode() + b"Content-Length: 1000000\r\n\r\n" + b"[" * 4096)
            answer = one.recv(4000)
        assert answer.startswith(b"HTTP/1.1 400")
        assert b"too slowly" in answer
        assert 0.3 < time.monotonic() - began < 10


def test_a_body_that_breaks_off_is_let_go_at_once(start: Any) -> None:
    """Not only when the cyclic collector comes by, which with little traffic is hours later."""
    with start() as service:
        head = f"POST /v1/reads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.tokens['camera']}\r\n"
        gc.collect()
        gc.disable()
        try:
            with socket.create_connection(("127.0.0.1", service.port), timeout=10) as one:
                one.sendall(head.encode() + b"Content-Length: 100\r\n\r\n" + MARK)
                assert _happens(_is_held)
            assert _happens(lambda: not _is_held())
        finally:
            gc.enable()


def _is_held() -> bool:
    lists = (found for found in gc.get_objects() if type(found) is list and len(found) == 1)
    return any(type(found[0]) is bytes and found[0] == MARK for found in lists)


def _happens(event: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not event() and time.monotonic() < deadline:
        time.sleep(0.01)
    return event()
