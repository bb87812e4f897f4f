"""One POST of one delivery to its receiver: the HTTP session behind the address guard, and what came of a try."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from msgspec import Struct
from yarl import URL

from platematch import __version__
from platematch.errors import PlatematchError
from platematch.webhooks import guard
from platematch.webhooks.endpoint import Due
from platematch.webhooks.schedule import retry_after
from platematch.webhooks.signature import sign

ANSWER_BYTES = 1024
# An answer counts by its status; its text is worth this wait, not the slot that a dripping body would hold.
ANSWER_WAIT_S = 1.0
LOOKUP_THREADS = 32


class Reply(Struct, frozen=True):
    """What came of one try. status None: no answer came, error says why. answer: its first 1,024 bytes as text."""

    status: int | None
    latency_ms: float
    error: str | None = None
    answer: str | None = None
    retry_after: timedelta | None = None


class Resolver(AbstractResolver):
    """Name look-ups in threads of their own, so that a name server which hangs holds up nothing else."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOKUP_THREADS, thread_name_prefix="webhook-dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of host; OSError where it has none."""
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        )
        return [
            ResolveResult(
                hostname=host,
                host=str(target[0]),
                port=port,
                family=family,
                proto=protocol,
                flags=socket.AI_NUMERICHOST,
            )
            for family, _, protocol, _, target in found
        ]

    async def close(self) -> None:
        """Begin no further look-up; one under way is left to end by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def open_session(
    *, allow_private: bool, timeout_s: float, connections: int, resolver: AbstractResolver
) -> aiohttp.ClientSession:
    """An HTTP session that keeps connections, but no cookies, follows no proxy and connects through the guard only."""
    connector = aiohttp.TCPConnector(
        limit=connections,
        keepalive_timeout=30,
        resolver=resolver,
        socket_factory=guard.socket_factory(allow_private=allow_private),
    )
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=timeout_s),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        read_bufsize=4 * ANSWER_BYTES,
        headers={
            "user-agent": f"platematch/{__version__}",
            "content-type": "application/json",
            "accept": "*/*",
            "accept-encoding": "identity",
        },
    )


async def post(session: aiohttp.ClientSession, due: Due, now: Callable[[], datetime]) -> Reply:
    """Sign the delivery for this moment and post it; whatever goes wrong on the way is told in the reply."""
    started = time.perf_counter()
    try:
        try:
            return await _post_once(session, due, now, started)
        except aiohttp.ServerDisconnectedError:
            # Mostly a kept connection that the receiver closed just now; the same webhook-id makes a repeat harmless.
            return await _post_once(session, due, now, started)
    except (aiohttp.ClientError, OSError, ValueError, PlatematchError) as error:
        return Reply(status=None, latency_ms=_ms_since(started), error=_reason(error, session))


async def _post_once(session: aiohttp.ClientSession, due: Due, now: Callable[[], datetime], started: float) -> Reply:
    headers = sign(due.secrets, due.event_id, now(), due.body)
    async with session.post(URL(due.url), data=due.body, headers=headers, allow_redirects=False) as response:
        latency_ms = _ms_since(started)
        answer = await _first_bytes(response)
        return Reply(
            status=response.status,
            latency_ms=latency_ms,
            error=None if 200 <= response.status < 300 else _complaint(response.status),
            answer=answer,
            retry_after=retry_after(response.status, response.headers.get("retry-after"), now()),
        )


async def _first_bytes(response: aiohttp.ClientResponse) -> str | None:
    """The beginning of the answer as text that any store can hold; the rest is never read."""
    found = bytearray()
    try:
        async with asyncio.timeout(ANSWER_WAIT_S):
            while len(found) < ANSWER_BYTES and (chunk := await response.content.read(ANSWER_BYTES - len(found))):
                found += chunk
    except (TimeoutError, aiohttp.ClientError, OSError):
        response.close()
    if not response.content.at_eof():
        response.close()
    text = found.decode(errors="replace").replace("\0", "\ufffd")
    return text or None


def _complaint(status: int) -> str:
    if 300 <= status < 400:
        return f"answered {status}; redirects are not followed, register the final URL"
    if status == 410:
        return "answered 410 Gone; the endpoint was disabled"
    return f"answered {status}; only 2xx counts as received"


def _reason(error: Exception, session: aiohttp.ClientSession) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {session.timeout.total:g} s"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"TLS: {_certificate_trouble(error.certificate_error)}"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"name look-up failed: {error.os_error.strerror or error.os_error}"
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return f"TLS: {error.os_error.strerror or error.os_error}"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection: {_system_text(error.os_error)}"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the receiver closed the connection without an answer"
    return f"{type(error).__name__}: {error}"[:500]


def _certificate_trouble(error: Exception) -> str:
    return error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else str(error)


def _system_text(error: OSError) -> str:
    """The system's words for the error, without the event loop's own phrasing of it."""
    return os.strerror(error.errno) if error.errno else str(error)


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
