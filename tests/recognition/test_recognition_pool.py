"""The pool: real processes that read, are killed, hang, are stopped, and never outlive the service."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from photographs import photograph

from platematch.errors import InvalidInput, RecognitionUnavailable, TooLarge
from platematch.recognition.pool import Pool

PICTURE = photograph("KA7538BO")


@asynccontextmanager
async def pool(**given: Any) -> AsyncIterator[Pool]:
    made = Pool(**{"workers": 1, "queue": 4, "max_pixels": 1_000_000, "timeout_s": 20.0} | given)
    try:
        yield made
    finally:
        await made.close()


async def until(true: Callable[[], object], timeout_s: float = 20) -> None:
    async with asyncio.timeout(timeout_s):
        while not true():  # noqa: ASYNC110 nobody tells when a process has ended
            await asyncio.sleep(0.01)


async def plates(pool: Pool, picture: bytes = PICTURE) -> list[str]:
    return [seen.plate for seen in await pool.recognise(picture)]


def folders(temporary: Path) -> list[Path]:
    return list(temporary.glob("platematch-pictures-*"))


def running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def told(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go, also those of the processes."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_processes_start_when_needed_and_end_without_a_trace(temporary: Path) -> None:
    async def play() -> list[int]:
        async with pool(workers=3) as few:
            assert few.pids == []
            (seen,) = await few.recognise(PICTURE)
            assert seen.plate == "KA7538BO"
            assert 0 < seen.confidence <= 1
            assert await plates(few) == ["KA7538BO"]
            assert len(few.pids) == 1, "one picture at a time needs one process"
            assert await asyncio.gather(*(plates(few) for _ in range(3))) == [["KA7538BO"]] * 3
            assert len(few.pids) == 3
            assert folders(temporary)
            return few.pids

    for pid in asyncio.run(play()):
        assert not running(pid)
    assert folders(temporary) == []


async def test_what_is_wrong_with_a_picture_is_told_and_costs_no_process() -> None:
    async with pool(max_pixels=360 * 240) as exact:
        assert await plates(exact) == ["KA7538BO"]
        pids = exact.pids
        for broken in (b"", b"GIF89a", PICTURE[: len(PICTURE) // 2], b"\xff\xd8\xff" + os.urandom(500)):
            with pytest.raises(InvalidInput) as caught:
                await exact.recognise(broken)
            assert caught.value.message
        assert exact.pids == pids
    async with pool(max_pixels=360 * 240 - 1) as small:
        with pytest.raises(TooLarge, match="360 x 240"):
            await small.recognise(PICTURE)


async def test_a_killed_process_costs_its_own_picture_alone(temporary: Path) -> None:
    async with pool(workers=2) as two:
        await asyncio.gather(plates(two), plates(two))
        victim, other = two.pids
        os.kill(victim, signal.SIGSTOP)
        asked = [asyncio.create_task(plates(two)) for _ in range(4)]
        await until(lambda: sum(task.done() for task in asked) == 3)
        os.kill(victim, signal.SIGKILL)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        lost = [answer for answer in answers if isinstance(answer, RecognitionUnavailable)]
        assert [answer for answer in answers if answer == ["KA7538BO"]] == [["KA7538BO"]] * 3
        assert len(lost) == 1
        assert await asyncio.gather(plates(two), plates(two)) == [["KA7538BO"]] * 2
        assert other in two.pids
        assert victim not in two.pids
        assert len(folders(temporary)) == 2


async def test_a_process_that_was_killed_while_idle_costs_nothing() -> None:
    async with pool() as one:
        await plates(one)
        os.kill(one.pids[0], signal.SIGKILL)
        await until(lambda: one.pids == [])
        assert await plates(one) == ["KA7538BO"]


async def test_a_process_that_hangs_is_replaced() -> None:
    async with pool(timeout_s=2.0) as one:
        await plates(one)
        (pid,) = one.pids
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(RecognitionUnavailable, match="within 2 s"):
            await one.recognise(PICTURE)
        assert not running(pid)
        assert await plates(one) == ["KA7538BO"]


async def test_beyond_the_queue_pictures_are_sent_back_at_once() -> None:
    async with pool(queue=2) as one:
        await plates(one)
        (pid,) = one.pids
        os.kill(pid, signal.SIGSTOP)
        asked = [asyncio.create_task(plates(one)) for _ in range(3)]
        await until(lambda: one.waiting == 2)
        with pytest.raises(RecognitionUnavailable, match="too many"):
            await one.recognise(PICTURE)
        os.kill(pid, signal.SIGCONT)
        assert await asyncio.gather(*asked) == [["KA7538BO"]] * 3


async def test_what_waits_when_the_service_stops_is_sent_back_and_starts_nothing(temporary: Path) -> None:
    async with pool() as one:
        await plates(one)
        asked = [asyncio.create_task(plates(one)) for _ in range(3)]
        await until(lambda: one.waiting == 2)
        await one.close()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(answer) for answer in answers] == [RecognitionUnavailable] * 3
        assert one.pids == []
    assert folders(temporary) == []


async def test_a_process_that_starts_while_the_service_stops_is_ended(temporary: Path) -> None:
    async with pool() as one:
        asked = asyncio.create_task(plates(one))
        await asyncio.sleep(0)
        assert folders(temporary)
        assert one.pids == [], "it has not begun to run"
        async with asyncio.timeout(10):
            await one.close()
        with pytest.raises(RecognitionUnavailable):
            await asked
        assert one.pids == []
    assert folders(temporary) == []


async def test_pictures_are_read_in_the_order_in_which_they_came() -> None:
    """Also where another comes in the very moment in which a process is done."""
    done: list[str] = []

    async def ask(pool: Pool, name: str, *, then: str = "") -> None:
        with suppress(InvalidInput):
            await pool.recognise(b"")
        done.append(name)
        if then:
            await ask(pool, then)

    async with pool() as one:
        await plates(one)
        await asyncio.gather(ask(one, "first", then="fourth"), ask(one, "second"), ask(one, "third"))
    assert done == ["first", "second", "third", "fourth"]


async def test_a_process_that_cannot_start_is_told_and_leaves_nothing(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pool() as one:
        for wrong in ("/nonexistent/python", "/bin/false"):
            with monkeypatch.context() as broken:
                broken.setattr(sys, "executable", wrong)
                with pytest.raises(RecognitionUnavailable, match="cannot be read here"):
                    await one.recognise(PICTURE)
            assert folders(temporary) == []
        assert await plates(one) == ["KA7538BO"]


async def test_an_answer_that_nobody_waits_for_goes_to_nobody_else() -> None:
    async with pool() as one:
        await plates(one)
        given_up = asyncio.create_task(plates(one, photograph("AB1234CD")))
        await asyncio.sleep(0.02)
        given_up.cancel()
        assert await plates(one) == ["KA7538BO"]
        assert given_up.cancelled()


async def test_processes_are_limited_and_modest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATEMATCH_STORE", "postgresql+psycopg://u:secret@db.example/x")
    async with pool() as one:
        await plates(one)
        (pid,) = one.pids
        environment = told(pid, "environ")
        assert "OMP_THREAD_LIMIT=1" in environment
        assert "PLATEMATCH_" not in environment
        assert os.getpriority(os.PRIO_PROCESS, pid) > os.getpriority(os.PRIO_PROCESS, 0)
        limits = told(pid, "limits")
        assert "unlimited" not in next(line for line in limits.splitlines() if line.startswith("Max address space"))
        for sign in (signal.SIGINT, signal.SIGTERM):
            os.kill(pid, sign)
        assert await plates(one) == ["KA7538BO"]
        assert one.pids == [pid]


OWNER = """
import asyncio, sys, time
from platematch.recognition.pool import Pool
async def main():
    pool = Pool(workers=1, queue=1, max_pixels=1_000_000, timeout_s=20.0)
    picture = sys.stdin.buffer.read()
    await pool.recognise(picture)
    print(pool.pids[0], flush=True)
    while True:
        await pool.recognise(picture)
asyncio.run(main())
"""


def test_no_process_outlives_a_killed_owner(tmp_path: Path) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", OWNER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as owner:
        assert owner.stdin is not None
        assert owner.stdout is not None
        owner.stdin.write(PICTURE)
        owner.stdin.close()
        group = int(owner.stdout.readline())
        owner.kill()
    deadline = time.monotonic() + 20
    while members(group) or folders(tmp_path):
        assert time.monotonic() < deadline, (members(group), folders(tmp_path))
        time.sleep(0.02)


def members(group: int) -> list[str]:
    """The processes of a group that run: the worker, and the engine that it started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, pgrp = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:  # it has ended meanwhile
            continue
        if int(pgrp) == group and state != "Z":
            found.append(stat.parent.name)
    return found
