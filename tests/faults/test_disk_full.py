"""A disk that fills up while the service runs, and has room again later.

What cannot be stored is not acknowledged, what needs no storing goes on, and it recovers by itself.
"""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from load import Load, Receiver, check_all_is_there, eventually, invented_plates, set_up
from postgres import Server
from running import Running, lacking

PLATES = invented_plates(60, seed=11)
SMALL_MIB = 6
Fill = Callable[[], None]


@contextmanager
def limited(service: Running) -> Iterator[tuple[Fill, Fill]]:
    """Full and free by the process's own limit on the size of files: writes fail with EFBIG."""

    def limit(size: int) -> None:
        assert service.process is not None
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    yield lambda: limit(4096), lambda: limit(resource.RLIM_INFINITY)


@contextmanager
def small_disk(folder: Path, mib: int = SMALL_MIB) -> Iterator[tuple[Fill, Fill]]:
    """Full and free by a file that takes all the room of a file system of a few MB: writes fail with ENOSPC."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        lacking("only root may mount a small disk")
    filler = folder / "filler"

    def fill() -> None:
        with filler.open("ab", buffering=0) as file:
            try:
                while file.write(b"\0" * 4096):
                    pass
            except OSError:
                return

    try:
        yield fill, filler.unlink
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(params=["limit", "disk"])
async def disk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Running, Fill, Fill]]:
    """A service (started), and how to fill its disk and make room on it."""
    data = tmp_path / "data"
    if request.param == "limit":
        data.mkdir()
        service = Running(data)
        room = limited(service)
    else:
        room = small_disk(data)
        service = Running(data)
    service.log = tmp_path / "service.log"
    with room as (fill, free):
        await asyncio.to_thread(service.start)
        yield service, fill, free
        assert await asyncio.to_thread(service.stop) == 0
        assert "Traceback" not in service.log.read_text()


async def test_nothing_acknowledged_is_lost_and_it_recovers(
    disk: tuple[Running, Fill, Fill], receiver: Receiver
) -> None:
    service, fill, free = disk
    patrol, operator = await set_up(service, receiver, PLATES)
    load = Load(service, patrol, PLATES)
    held_back = [load.waiting.pop() for _ in range(30)]
    under_way = [load.waiting.pop() for _ in range(3)]
    await load.send_until_refused()
    await eventually(lambda: _deliveries(service, operator), {"delivered": len(PLATES) - 33})
    receiver.delay_s = 0.5
    load.waiting = under_way
    await load.send_until_refused()

    fill()
    headers = {"Authorization": f"Bearer {patrol}"}
    async with aiohttp.ClientSession(service.url, headers=headers) as session:
        for read in held_back:
            status, retry_after, answer = await _post(session, read)
            assert (status, answer["type"]) == (503, "/problems/unavailable"), answer
            assert retry_after is not None
        assert (await _ready(session)) == (503, False)
        for number in range(20):
            status, _, answer = await _post(session, {"camera_id": "c", "plate": f"KK{number:04d}HH"})
            assert (status, answer["accepted"]) == (200, 1), "a read that hits nothing needs no disk"
        await receiver.all_of(load.acknowledged.values())
        await check_all_is_there(service, operator, load)
        assert await _deliveries(service, operator) == {"delivered": len(PLATES) - 33, "pending": 3}

        free()
        await eventually(lambda: _ready(session), (200, True))
    load.waiting = held_back
    await load.send_until_refused()
    assert len(load.acknowledged) == len(PLATES)
    await receiver.all_of(await check_all_is_there(service, operator, load))
    await eventually(lambda: _deliveries(service, operator), {"delivered": len(PLATES)})
    assert set(receiver.deliveries.values()) == {1}, "what could not be written down was sent again"


async def test_a_full_disk_of_the_server_is_told_until_it_has_room(tmp_path: Path, receiver: Receiver) -> None:
    """Though the tables may have room for a few rows more, and a row can always take its own place."""
    server = Server()
    folder = server.folder / "small"
    try:
        server.start()
        with small_disk(folder, mib=24) as (fill, free):
            shutil.chown(folder, "postgres", "postgres")
            server.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
            url = server.empty()
            server.execute(f"ALTER DATABASE {url.rpartition('/')[2]} SET TABLESPACE small")
            service = Running(tmp_path, store=url)
            await asyncio.to_thread(service.start)
            patrol, _ = await set_up(service, receiver, PLATES)
            load = Load(service, patrol, PLATES)
            async with aiohttp.ClientSession(service.url, headers={"Authorization": f"Bearer {patrol}"}) as session:
                fill()
                large = await _grow(session)
                for _ in range(40):
                    assert (await _ready(session)) == (503, False)
                    await asyncio.sleep(0.1)
                free()
                await eventually(lambda: _ready(session), (200, True))
                assert (await _post(session, large))[0] == 200
            await load.send_until_refused()
            assert not load.waiting
            assert await asyncio.to_thread(service.stop) == 0
            assert "Traceback" not in service.log.read_text()
            server.end()
    finally:
        server.remove()


async def _grow(session: aiohttp.ClientSession) -> dict[str, Any]:
    """Post reads that hit, with much to store, until one is refused: that one."""
    for number in range(100):
        seen = [{"plate": PLATES[0], "confidence": 0.5}] * 20
        read = {"read_id": f"large{number}", "camera_id": "c", "plate": PLATES[0], "candidates": seen}
        if (await _post(session, read))[0] == 503:
            return read
    raise AssertionError("the disk is not full")


async def _post(session: aiohttp.ClientSession, read: dict[str, Any]) -> tuple[int, str | None, Any]:
    read = {"captured_at": datetime.now(UTC).isoformat(), **read}
    async with session.post("/v1/reads", json=read) as response:
        return response.status, response.headers.get("Retry-After"), await response.json()


async def _ready(session: aiohttp.ClientSession) -> tuple[int, bool]:
    async with session.get("/readyz") as response:
        return response.status, (await response.json())["ready"]


async def _deliveries(service: Running, operator: str) -> dict[str, int]:
    """How many deliveries are in which state."""
    headers = {"Authorization": f"Bearer {operator}"}
    async with aiohttp.ClientSession(service.url, headers=headers) as session:
        async with session.get("/v1/webhooks") as response:
            webhook_id = (await response.json())["items"][0]["webhook_id"]
        async with session.get(f"/v1/webhooks/{webhook_id}/deliveries") as response:
            return dict(Counter(item["state"] for item in (await response.json())["items"]))
