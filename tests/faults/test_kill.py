"""Nothing acknowledged is ever lost: the service is killed with -9 at every bad moment, again and again.

A killed process leaves what it wrote to the system, so this proves the order (commit, then answer) and the recovery,
but not that the disk itself was told to write: that is the store's `synchronous` setting, which has a test of its own.
"""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from load import Load, Receiver, check_all_is_there, invented_plates, set_up, until
from postgres import Server
from running import Running

KILLS = 10
MOST_IMPORTS = 8  # tried until one was finished and one was cut off
AWAY, BACK = 4, 5  # the kills between which the receiver is away


async def test_nothing_acknowledged_is_lost(tmp_path: Path, deployment: dict[str, str], receiver: Receiver) -> None:
    """Killed under load, while deliveries wait for a receiver that is away, and while it starts again."""
    chance = random.Random(7)
    plates = invented_plates(6000, seed=7)
    service = Running(tmp_path, **deployment)
    await asyncio.to_thread(service.start)
    patrol, operator = await set_up(service, receiver, plates)
    load = Load(service, patrol, plates)
    for number in range(KILLS):
        if number == AWAY:
            await receiver.shut()
        elif number == BACK:
            await receiver.open()
        before = len(load.acknowledged)
        sending = asyncio.ensure_future(load.send_until_refused())
        await asyncio.sleep(chance.uniform(0.05, 0.4))
        await until(lambda before=before: len(load.acknowledged) > before)
        assert not sending.done(), "every read was acknowledged before the kill: the test proves nothing"
        await asyncio.to_thread(service.kill)
        await sending
        if number % 3 == 0:
            service.begin()
            await asyncio.sleep(chance.uniform(0, 2))
            await asyncio.to_thread(service.kill)
        await asyncio.to_thread(service.start)
    await load.send_what_was_begun()
    await receiver.all_of(await check_all_is_there(service, operator, load))
    assert await asyncio.to_thread(service.stop) == 0


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
async def test_killed_while_the_store_is_made(tmp_path: Path, store: str, request: pytest.FixtureRequest) -> None:
    """The one that lives finds it whole or makes it anew."""
    if store == "sqlite":
        service = Running(tmp_path)
        begun = (tmp_path / "platematch.db").exists
    else:
        server: Server = request.getfixturevalue("postgres")
        url = server.empty()
        service = Running(tmp_path, store=url)
        sessions = f"SELECT 1 FROM pg_stat_activity WHERE datname = '{url.rpartition('/')[2]}'"

        def begun() -> bool:
            return bool(server.execute(sessions))

    for number in range(4):
        service.begin()
        if number < 3:
            await until(begun)
        await asyncio.sleep(0.02 * number)
        await asyncio.to_thread(service.kill)
    await asyncio.to_thread(service.start)
    assert await asyncio.to_thread(service.command, "keys", "create", "--role", "police")
    assert await asyncio.to_thread(service.stop) == 0


async def test_a_list_is_the_old_or_the_new_one_when_killed_while_it_is_imported(
    tmp_path: Path, deployment: dict[str, str], receiver: Receiver
) -> None:
    """And what is matched after the restart is what the store shows."""
    old, new = invented_plates(4000, seed=10)[:2000], invented_plates(4000, seed=10)[2000:]
    service = Running(tmp_path, **deployment)
    await asyncio.to_thread(service.start)
    await set_up(service, receiver, old)
    key = await asyncio.to_thread(service.command, "keys", "create", "--role", "police")
    police = {"Authorization": f"Bearer {key}"}
    chance = random.Random(10)
    listed, took_s = old, 0.0
    finished: set[bool] = set()
    for number in range(MOST_IMPORTS):
        other = new if listed is old else old
        importing = asyncio.ensure_future(_import(service, police, other, number))
        if number:
            await asyncio.sleep(took_s * chance.uniform(0.1, 0.9))
        else:
            await asyncio.wait({importing})
        await asyncio.to_thread(service.kill)
        answered = await importing
        await asyncio.to_thread(service.start)
        present = await _listed(service, police)
        assert present in (sorted(old), sorted(new)), "the list is neither the old nor the new one"
        assert not answered or present == sorted(other), "an import that was answered is gone"
        took_s = answered or took_s
        finished.add(bool(answered))
        listed = old if present == sorted(old) else new
        gone = new if listed is old else old
        for plate, wanted in [(plate, True) for plate in listed[:3]] + [(plate, False) for plate in gone[:3]]:
            assert await _matches_exactly(service, police, plate) is wanted, "the live list is not the stored one"
        if number >= 2 and finished == {True, False}:
            break
    await asyncio.to_thread(service.kill)
    assert finished == {True, False}, "no import was ever finished, or none cut off"


async def _import(service: Running, police: dict[str, str], plates: list[str], number: int) -> float:
    """The seconds that the import took; 0 where no answer came."""
    rows = "entry_id,plate,reason\n" + "".join(f"n{number}-{i},{plate},stolen\n" for i, plate in enumerate(plates))
    address = f"{service.url}/v1/watchlists/stolen/import?format=csv&mode=replace&force=test"
    began = time.monotonic()
    try:
        async with (
            aiohttp.ClientSession(headers=police) as session,
            session.post(address, data=rows.encode()) as response,
        ):
            answer: dict[str, Any] = await response.json()
            if response.status == 503:  # by a front whose owner has just been killed
                return 0.0
            assert response.status == 200, answer
            return time.monotonic() - began
    except aiohttp.ClientError:
        return 0.0


async def _listed(service: Running, police: dict[str, str]) -> list[str]:
    plates: list[str] = []
    query = {"limit": "1000"}
    async with aiohttp.ClientSession(headers=police) as session:
        while True:
            async with session.get(f"{service.url}/v1/watchlists/stolen/entries", params=query) as response:
                page = await response.json()
            plates += [entry["plate"] for entry in page["items"]]
            if page["next"] is None:
                return sorted(plates)
            query["cursor"] = page["next"]


async def _matches_exactly(service: Running, police: dict[str, str], plate: str) -> bool:
    async with (
        aiohttp.ClientSession(headers=police) as session,
        session.post(f"{service.url}/v1/match", json={"plate": plate}) as response,
    ):
        matches = (await response.json())["matches"]
    return any(match["plate"] == plate for match in matches)
