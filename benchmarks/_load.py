"""A light load generator: connections that post, wait for the answer, check it, and post again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, cast

import uvloop

PATIENCE_S = 60.0


class Request(NamedTuple):
    """A whole HTTP request, the reads in it, and how many of them are of listed plates."""

    wire: bytes
    reads: int
    listed: int


Check = Callable[[Request, int, bytes], str | None]
"""What is wrong with the answer (request, status, body), if anything."""


@dataclass
class Load:
    """What was sent and how long each answer took; elapsed, latencies and cpu_s in seconds.

    cpu_s: processor time of the generator itself; near `elapsed`, it and not the server sets the pace.
    """

    reads: int = 0
    listed: int = 0
    elapsed: float = 0.0
    cpu_s: float = 0.0
    latencies: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def post(port: int, connections: int, requests: Iterator[Request], check: Check, seconds: float) -> Load:
    """Keep so many connections busy for so long; each waits for an answer before its next request."""
    return uvloop.run(_post(port, connections, requests, check, seconds))


async def _post(port: int, connections: int, requests: Iterator[Request], check: Check, seconds: float) -> Load:
    loop = asyncio.get_running_loop()
    load = Load()
    started, cpu = time.perf_counter(), time.process_time()
    until = started + seconds
    clients = [_Client(load, requests, check, until) for _ in range(connections)]
    for client in clients:
        await loop.create_connection(lambda client=client: client, "127.0.0.1", port)  # type: ignore[misc]
    async with asyncio.timeout(seconds + PATIENCE_S):
        await asyncio.gather(*(client.done for client in clients))
    load.elapsed, load.cpu_s = time.perf_counter() - started, time.process_time() - cpu
    return load


class _Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, load: Load, requests: Iterator[Request], check: Check, until: float) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._load, self._requests, self._check, self._until = load, requests, check, until
        self._received = b""
        self._size = 0  # of the answer under way, head included; 0 until its head is there
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._size:
            self._size = _answer_size(self._received)
        if self._size and len(self._received) >= self._size:
            now = time.perf_counter()
            self._load.latencies.append(now - self._sent_at)
            self._judge()
            self._received, self._size = b"", 0
            if now < self._until:
                self._send()
            else:
                self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if self._received or time.perf_counter() < self._until:
            self._load.wrong.append(f"the server closed the connection: {error}")
        if not self.done.done():
            self.done.set_result(None)

    def _send(self) -> None:
        self._request = next(self._requests)
        self._sent_at = time.perf_counter()
        self._transport.write(self._request.wire)

    def _judge(self) -> None:
        head, _, body = self._received.partition(b"\r\n\r\n")
        wrong = self._check(self._request, int(head[9:12]), body)
        if wrong is not None:
            self._load.wrong.append(wrong)
        self._load.reads += self._request.reads
        self._load.listed += self._request.listed


def _answer_size(received: bytes) -> int:
    """Of head and body, once the head is complete, else 0. The servers under test always send Content-Length."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return 0
    at = received.index(b"Content-Length: ") + len(b"Content-Length: ")
    return end + 4 + int(received[at : received.index(b"\r", at)])
