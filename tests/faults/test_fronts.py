"""With two fronts: owner and fronts are killed and stopped under load, and nothing acknowledged is lost or doubled."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from pathlib import Path

import pytest
from load import Load, Receiver, check_all_is_there, invented_plates, set_up, until
from running import Running

from platematch.serving.fronts import SILENCE_S

KILLS = 4
STOP_S = 10.0


@pytest.fixture
def service(tmp_path: Path) -> Running:
    """Not started yet."""
    return Running(tmp_path, workers="2")


async def killed(service: Running) -> None:
    """kill -9 of the owner: its fronts end with it, at once."""
    fronts = service.fronts()
    await asyncio.to_thread(service.kill)
    await until(lambda: not service.fronts(), timeout_s=5)
    assert fronts


async def test_the_owner_is_killed_under_load(service: Running, receiver: Receiver) -> None:
    """And started again at once, as its supervisor would, on the same port."""
    chance = random.Random(31)
    plates = invented_plates(6000, seed=31)
    await asyncio.to_thread(service.start)
    patrol, operator = await set_up(service, receiver, plates)
    load = Load(service, patrol, plates)
    for _ in range(KILLS):
        before = len(load.acknowledged)
        sending = asyncio.ensure_future(load.send_until_refused())
        await asyncio.sleep(chance.uniform(0.05, 0.4))
        await until(lambda before=before: len(load.acknowledged) > before)
        assert not sending.done(), "every read was acknowledged before the kill: the test proves nothing"
        assert service.process is not None
        service.process.send_signal(signal.SIGKILL)
        service.process.wait()
        await asyncio.to_thread(service.start)
        await sending
        assert len(service.fronts()) == 2
    await load.send_what_was_begun()
    await receiver.all_of(await check_all_is_there(service, operator, load))
    assert await asyncio.to_thread(service.stop) == 0
    assert not service.fronts()


async def test_a_front_is_killed_under_load(service: Running, receiver: Receiver) -> None:
    """It is replaced, and the other one goes on meanwhile."""
    plates = invented_plates(1500, seed=32)
    await asyncio.to_thread(service.start)
    patrol, operator = await set_up(service, receiver, plates)
    load = Load(service, patrol, plates)
    rounds = [load.waiting[number::KILLS] for number in range(KILLS)]
    load.waiting = []
    for number, reads in enumerate(rounds):
        load.waiting += reads
        fronts = service.fronts()
        sending = asyncio.ensure_future(load.send_until_refused())
        enough = len(load.acknowledged) + 20
        await until(lambda enough=enough: len(load.acknowledged) > enough)
        os.kill(fronts[number % 2], signal.SIGKILL)
        await sending
        await until(lambda fronts=fronts: len(set(service.fronts()) - set(fronts)) == 1)
        assert len(service.fronts()) == 2
    await asyncio.to_thread(service.wait)
    await load.send_until_refused()
    assert len(load.acknowledged) == len(plates)
    await receiver.all_of(await check_all_is_there(service, operator, load))
    assert service.log.read_text().count("front_ended") == KILLS
    assert await asyncio.to_thread(service.stop) == 0


async def test_it_is_stopped_under_load(service: Running, receiver: Receiver) -> None:
    plates = invented_plates(4000, seed=33)
    await asyncio.to_thread(service.start)
    patrol, operator = await set_up(service, receiver, plates)
    load = Load(service, patrol, plates)
    sending = asyncio.ensure_future(load.send_until_refused())
    await until(lambda: len(load.acknowledged) > 100)
    began = time.monotonic()
    assert await asyncio.to_thread(service.stop, timeout_s=2 * STOP_S) == 0
    assert time.monotonic() - began < STOP_S
    assert not service.fronts()
    await sending
    told = service.log.read_text()
    assert "Traceback" not in told
    assert "front_ended" not in told, "a front that was asked to end was taken for a dead one"
    await asyncio.to_thread(service.start)
    await load.send_what_was_begun()
    await receiver.all_of(await check_all_is_there(service, operator, load))
    assert await asyncio.to_thread(service.stop) == 0


async def test_the_owner_is_killed_while_its_fronts_start(service: Running) -> None:
    for delay_s in (0.0, 0.3, 1.0):
        service.begin()
        await until(lambda: len(service.fronts()) == 2)
        await asyncio.sleep(delay_s)
        await killed(service)
    await asyncio.to_thread(service.start)
    assert await asyncio.to_thread(service.stop) == 0


async def test_it_is_stopped_while_its_fronts_start(service: Running) -> None:
    service.begin()
    await until(lambda: bool(service.fronts()))
    assert await asyncio.to_thread(service.stop) == 0, service.log.read_text()
    assert "Traceback" not in service.log.read_text()
    assert not service.fronts()


async def test_the_folder_of_the_sockets_goes_with_the_service(service: Running, tmp_path: Path) -> None:
    service.environment["TMPDIR"] = str(tmp_path)
    for end in (lambda: killed(service), lambda: asyncio.to_thread(service.stop)):
        await asyncio.to_thread(service.start)
        assert [folder.name[:11] for folder in sockets(tmp_path)] == ["platematch-"]
        await end()
        await until(lambda: not sockets(tmp_path), timeout_s=5)


def sockets(folder: Path) -> list[Path]:
    """The folders in it that hold a service's sockets, or are left of one."""
    return [path for path in folder.iterdir() if path.is_dir()]


async def test_a_front_that_does_not_answer_is_replaced(service: Running) -> None:
    await asyncio.to_thread(service.start)
    stalled, other = service.fronts()
    os.kill(stalled, signal.SIGSTOP)
    await until(lambda: stalled not in service.fronts() and len(service.fronts()) == 2)
    assert other in service.fronts()
    assert "front_silent" in service.log.read_text()
    assert await asyncio.to_thread(service.stop) == 0


async def test_fronts_are_kept_while_their_owner_is_stalled(service: Running) -> None:
    await asyncio.to_thread(service.start)
    fronts = service.fronts()
    assert service.process is not None
    service.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(1.5 * SILENCE_S)
    service.process.send_signal(signal.SIGCONT)
    await asyncio.sleep(1)
    assert service.fronts() == fronts
    assert await asyncio.to_thread(service.stop) == 0
    assert "front_" not in service.log.read_text()


async def test_a_front_that_keeps_dying_is_replaced_after_growing_pauses(service: Running) -> None:
    await asyncio.to_thread(service.start)
    for _ in range(3):
        fronts = service.fronts()
        os.kill(fronts[0], signal.SIGKILL)
        await until(lambda fronts=fronts: fronts[0] not in service.fronts() and len(service.fronts()) == 2)
    told = service.log.read_text()
    assert told.count('"replaced_in_s": 0.0') >= 1
    assert await asyncio.to_thread(service.stop) == 0
