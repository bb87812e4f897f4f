"""A part of the service that dies in the background takes the service down with it, loudly: no half of it goes on."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from running import Running

from platematch.errors import StoreUnavailable
from platematch.pipeline import Pipeline
from platematch.settings import Settings


@pytest.fixture
async def pipeline(tmp_path: Path) -> AsyncIterator[Pipeline]:
    pipeline = await Pipeline.start(Settings(data=str(tmp_path)))
    yield pipeline
    async with asyncio.timeout(10):
        await pipeline.close()


async def failed(pipeline: Pipeline) -> bool:
    async with asyncio.timeout(5):
        return await pipeline.failed.wait()


async def test_all_is_well_at_first(pipeline: Pipeline) -> None:
    await asyncio.sleep(0.05)
    assert pipeline.ready
    assert not pipeline.failed.is_set()


async def test_a_writer_that_dies_is_noticed_and_nobody_waits_for_it(pipeline: Pipeline) -> None:
    with pytest.raises(StoreUnavailable):
        await pipeline.store.write(lambda conn: sys.exit("no error that anybody foresees"))
    assert await failed(pipeline)
    assert not pipeline.ready
    with pytest.raises(StoreUnavailable):
        await pipeline.store.write(lambda conn: None)


async def test_what_waits_behind_it_is_refused(pipeline: Pipeline) -> None:
    dying = pipeline.store.write(lambda conn: (time.sleep(0.2), sys.exit("no error that anybody foresees")))
    outcomes = await asyncio.gather(
        dying, *(pipeline.store.write(lambda conn: None) for _ in range(300)), return_exceptions=True
    )
    assert {type(outcome) for outcome in outcomes} == {StoreUnavailable}


async def test_a_sender_that_ends_is_noticed(pipeline: Pipeline) -> None:
    await asyncio.sleep(0)
    await pipeline.sender.close(0)
    assert await failed(pipeline)
    assert not pipeline.ready


async def test_an_orderly_end_is_no_failure(tmp_path: Path) -> None:
    pipeline = await Pipeline.start(Settings(data=str(tmp_path)))
    await pipeline.close()
    assert not pipeline.failed.is_set()


def test_the_process_ends_with_an_error_for_its_supervisor(tmp_path: Path) -> None:
    """The real service, whose sender breaks a second after the start."""
    service = Running(tmp_path)
    sabotage = (
        "import asyncio\n"
        "from platematch.webhooks.sender import Sender\n"
        "async def breaks(self, seconds):\n"
        "    await asyncio.sleep(0.5)\n"
        "    raise SystemError('sabotage')\n"
        "Sender._rest = breaks\n"
        "import sys\n"
        "sys.argv = ['platematch', 'serve']\n"
        "from platematch.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", sabotage],
        env=service.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert '"work": "webhook sender"' in done.stderr
    assert '"level": "critical"' in done.stderr
    assert done.stderr.splitlines()[-1].startswith("platematch: a part of the service has failed")
