"""SIGTERM at the worst moment: it ends with 0 within ten seconds, and whatever was answered is on disk."""

from __future__ import annotations

import asyncio
import io
import json
import time
import urllib.request
from pathlib import Path

import aiohttp
from load import Load, Receiver, check_all_is_there, invented_plates, set_up, until
from running import Running

STOP_S = 10.0
LARGE = 80_000  # entries: their import takes seconds


async def stopped(service: Running) -> float:
    """The seconds that the service took to end, with 0 and nothing in its log that it did not foresee."""
    began = time.monotonic()
    code = await asyncio.to_thread(service.stop, timeout_s=2 * STOP_S)
    told = service.log.read_text()
    assert code == 0, told
    assert "Traceback" not in told
    return time.monotonic() - began


async def test_under_load_with_a_receiver_that_hardly_answers(
    tmp_path: Path, deployment: dict[str, str], receiver: Receiver
) -> None:
    plates = invented_plates(6000, seed=21)
    service = Running(tmp_path, **deployment)
    await asyncio.to_thread(service.start)
    patrol, operator = await set_up(service, receiver, plates)
    receiver.delay_s = 12.0
    load = Load(service, patrol, plates)
    sending = asyncio.ensure_future(load.send_until_refused())
    await until(lambda: len(load.acknowledged) > 100 and bool(receiver.ids))
    assert await stopped(service) < STOP_S
    await sending

    receiver.delay_s = 0.0
    await asyncio.to_thread(service.start)
    await load.send_what_was_begun()
    await receiver.all_of(await check_all_is_there(service, operator, load))
    assert await stopped(service) < STOP_S


async def test_while_a_large_list_is_imported(tmp_path: Path, deployment: dict[str, str], receiver: Receiver) -> None:
    """No answer means that the list is as it was, and an answer that it is the new one."""
    plates = invented_plates(300, seed=22)
    service = Running(tmp_path, **deployment)
    await asyncio.to_thread(service.start)
    patrol, operator = await set_up(service, receiver, plates)
    police = await asyncio.to_thread(service.command, "keys", "create", "--role", "police")
    load = Load(service, patrol, plates)
    rows = "entry_id,plate,reason\n" + "".join(f"n{i},BC{i:06d},stolen\n" for i in range(LARGE))

    async def post() -> bool:
        address = f"{service.url}/v1/watchlists/stolen/import?format=csv&mode=merge"
        try:
            async with (
                aiohttp.ClientSession(headers={"Authorization": f"Bearer {police}"}) as session,
                session.post(address, data=io.BytesIO(rows.encode())) as response,
            ):
                return response.status == 200
        except aiohttp.ClientError:
            return False

    importing = asyncio.ensure_future(post())
    sending = asyncio.ensure_future(load.send_until_refused())
    await until(lambda: len(load.acknowledged) > 50)
    assert not importing.done(), "the list was imported before the service could be stopped"
    assert await stopped(service) < STOP_S
    await sending
    answered = await importing

    await asyncio.to_thread(service.start)
    exported = await asyncio.to_thread(_entries, service)
    assert exported in (len(plates), len(plates) + LARGE)
    assert not answered or exported > len(plates)
    load.waiting = [read for read in load.waiting if "captured_at" in read]
    await load.send_until_refused()
    await receiver.all_of(await check_all_is_there(service, operator, load))
    await asyncio.to_thread(service.kill)


def _entries(service: Running) -> int:
    """How many entries are live."""

    with urllib.request.urlopen(f"{service.url}/readyz", timeout=10) as response:
        return int(json.load(response)["entries"])
