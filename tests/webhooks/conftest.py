"""A real receiver on loopback, a clock that tests set, and the sender between them."""

import asyncio
import inspect
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from outboxes import MemoryOutbox

from platematch.webhooks.sender import Sender


class Clock:
    """The present, moved by hand."""

    def __init__(self) -> None:
        self.instant = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.instant

    def advance(self, by: timedelta) -> None:
        self.instant += by


@dataclass
class Request:
    """What the receiver got."""

    path: str
    headers: dict[str, str]
    body: bytes
    peer_port: int


@dataclass
class Receiver:
    """Keeps every request and answers as told, 204 by default."""

    requests: list[Request] = field(default_factory=list)
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        peer = request.transport.get_extra_info("peername")
        self.requests.append(Request(request.path, dict(request.headers), await request.read(), peer[1]))
        return await self.answer(request) if self.answer else web.Response(status=204)

    def statuses(self, *statuses: int, **headers: str) -> None:
        """Answer with these in turn, the last one for ever."""
        left = list(statuses)

        async def answer(_request: web.Request) -> web.Response:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return web.Response(status=left.pop(0) if len(left) > 1 else left[0], headers=named)

        self.answer = answer


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def outbox():
    return MemoryOutbox()


@pytest.fixture
async def make_receiver():
    """Starts receivers, each a server of its own on a free port of 127.0.0.1."""
    runners = []

    async def start(ssl_context=None) -> Receiver:
        receiver = Receiver()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", receiver.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ssl_context).start()
        receiver.port = runner.addresses[0][1]
        runners.append(runner)
        return receiver

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def receiver(make_receiver):
    return await make_receiver()


@pytest.fixture
async def start_sender(outbox, clock):
    """Starts a sender on the outbox; it is closed after the test."""
    started = []

    async def start(**options) -> Sender:
        sender = Sender(outbox, **{"allow_private": True, "now": clock, "random": lambda: 0.0, **options})
        outbox.wake = sender.wake
        started.append((sender, asyncio.create_task(sender.run())))
        await asyncio.sleep(0)
        return sender

    yield start
    for sender, task in started:
        await sender.close(0.1)
        await task


@pytest.fixture
def until():
    """Waits for a condition, and fails when it does not come true."""

    async def wait(condition: Callable[[], object], seconds: float = 10.0) -> None:
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            result = condition()
            if await result if inspect.isawaitable(result) else result:
                return
            assert asyncio.get_running_loop().time() < deadline, "the condition did not come true"
            await asyncio.sleep(0.002)

    return wait


@pytest.fixture
def unused_port():
    """A port of 127.0.0.1 where nobody listens while the test runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
