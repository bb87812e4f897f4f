"""The PostgreSQL server dies under load and comes back: nothing acknowledged is lost, nothing is there twice."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from load import Load, Receiver, check_all_is_there, eventually, invented_plates, set_up, until
from postgres import Server
from running import Running

CRASHES = [signal.SIGKILL, signal.SIGQUIT, signal.SIGINT, signal.SIGKILL]


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of the test's own, which tells its disk to write."""
    server = Server(durable=True)
    try:
        server.start()
        yield server
    finally:
        server.remove()


async def test_nothing_acknowledged_is_lost(tmp_path: Path, server: Server, receiver: Receiver) -> None:
    chance = random.Random(31)
    plates = invented_plates(6000, seed=31)
    service = Running(tmp_path, store=server.empty())
    await asyncio.to_thread(service.start)
    patrol, operator = await set_up(service, receiver, plates)
    load = Load(service, patrol, plates)
    async with aiohttp.ClientSession(service.url, headers={"Authorization": f"Bearer {patrol}"}) as session:
        for sign in CRASHES:
            before, refused = len(load.acknowledged), load.refused
            sending = asyncio.ensure_future(load.send_until_refused())
            await until(lambda before=before: len(load.acknowledged) > before)
            await asyncio.sleep(chance.uniform(0.05, 0.3))
            await asyncio.to_thread(server.end, sign)
            await asyncio.wait_for(sending, 30)
            assert load.refused > refused, "every read was acknowledged before the crash: the test proves nothing"
            await eventually(lambda: _ready(session), (503, False))
            assert await _post(session, load.waiting[0]) == (503, True)
            await asyncio.to_thread(server.start)
            await eventually(lambda: _ready(session), (200, True))
    await load.send_what_was_begun()
    await receiver.all_of(await check_all_is_there(service, operator, load))
    assert await asyncio.to_thread(service.stop) == 0
    assert "Traceback" not in service.log.read_text()


async def test_a_restart_while_nothing_happens_is_not_noticed(
    tmp_path: Path, server: Server, receiver: Receiver
) -> None:
    """The first request after it is answered, though every connection has died."""
    plates = invented_plates(20, seed=32)
    service = Running(tmp_path, store=server.empty())
    await asyncio.to_thread(service.start)
    patrol, operator = await set_up(service, receiver, plates)
    await asyncio.to_thread(server.end, signal.SIGINT)
    await asyncio.to_thread(server.start)
    load = Load(service, patrol, plates)
    await load.send_until_refused()
    assert not load.waiting
    await receiver.all_of(await check_all_is_there(service, operator, load))
    assert await asyncio.to_thread(service.stop) == 0


def test_lists_that_somebody_else_wrote_end_the_service(tmp_path: Path, postgres: Server, postgresql_url: str) -> None:
    """Its live index is not that of the store; whoever watches over it starts it again."""
    service = Running(tmp_path, store=postgresql_url)
    service.start()
    database = postgresql_url.rpartition("/")[2]
    postgres.execute("UPDATE log SET version = version + 1", database)
    postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")
    assert service.process is not None
    assert service.process.wait(30) == 1
    assert "the lists were written by another service" in service.log.read_text()
    service.start()
    assert service.stop() == 0


async def _ready(session: aiohttp.ClientSession) -> tuple[int, bool]:
    async with session.get("/readyz") as response:
        return response.status, (await response.json())["ready"]


async def _post(session: aiohttp.ClientSession, read: dict[str, str]) -> tuple[int, bool]:
    """The status, and whether it was told when to come again."""
    async with session.post("/v1/reads", json={"captured_at": datetime.now(UTC).isoformat(), **read}) as response:
        return response.status, "Retry-After" in response.headers
