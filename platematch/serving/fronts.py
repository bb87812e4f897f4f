"""The owner's fronts: started, replaced when they die, ended with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from pathlib import Path

import structlog

from platematch.errors import StartError
from platematch.pipeline import Pipeline
from platematch.serving.calls import Setting, encode
from platematch.settings import PREFIX

log = structlog.get_logger("platematch.serving")

SETTLED_S = 60.0  # a front that lived so long is replaced at once when it dies
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 10.0
_SECRETS = (PREFIX + "STORE", PREFIX + "KEY")
SILENCE_S = 5.0
GRACE_S = 1.0  # beyond the drain, for a front that was asked to end


class Fronts:
    """A front process for each socket. started: done when all are ready, with StartError where one ended before."""

    def __init__(self, pipeline: Pipeline, listeners: Sequence[socket.socket], folder: Path) -> None:
        self._pipeline = pipeline
        self._listeners = listeners
        self._folder = folder
        self._drain_s = pipeline.settings.drain_s / 2
        self._ready: set[int] = set()
        self._keepers: list[asyncio.Task[None]] = []
        self.started: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def start(self) -> None:
        """Start them all; see `started`."""
        for number, listener in enumerate(self._listeners, 1):
            keeper = asyncio.get_running_loop().create_task(self._keep(number, listener), name=f"front {number}")
            keeper.add_done_callback(self._ended)
            self._keepers.append(keeper)

    def ready(self) -> bool:
        """Whether every front takes requests."""
        return len(self._ready) == len(self._listeners)

    async def close(self) -> None:
        """Have them finish what is under way and end."""
        for listener in self._listeners:
            listener.close()  # a front that ends must be the last who listens
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    def _ended(self, keeper: asyncio.Task[None]) -> None:
        if keeper.cancelled():
            return
        error = keeper.exception()
        if not self.started.done() and isinstance(error, StartError):
            self.started.set_exception(error)
        else:
            log.critical("background_work_ended", work=keeper.get_name(), exc_info=error)
            self._pipeline.failed.set()

    async def _keep(self, number: int, listener: socket.socket) -> None:
        """A front, and another one after it, for as long as there is something to answer on."""
        loop = asyncio.get_running_loop()
        pause = 0.0
        while True:
            began = loop.time()
            try:
                code = await self._run(number, listener)
            except OSError:
                code = None
                log.exception("front_not_started", front=number)
            if not self.started.done():
                raise StartError("a process that should answer requests ended while it started; the log tells why")
            if loop.time() - began > SETTLED_S:
                pause = 0.0
            log.error("front_ended", front=number, code=code, replaced_in_s=pause)
            await asyncio.sleep(pause)
            pause = min(max(2 * pause, FIRST_PAUSE_S), LONGEST_PAUSE_S)

    async def _run(self, number: int, listener: socket.socket) -> int:
        """One front from its start to its end; its exit code."""
        async with self._front(number, listener) as (process, reader):
            if await reader.readline():
                self._ready.add(number)
                if self.ready() and not self.started.done():
                    self.started.set_result(None)
                if await _falls_silent(reader):
                    log.error("front_silent", front=number)
                    process.kill()
            return await process.wait()

    @contextlib.asynccontextmanager
    async def _front(
        self, number: int, listener: socket.socket
    ) -> AsyncIterator[tuple[asyncio.subprocess.Process, asyncio.StreamReader]]:
        """The process, ended at the end, and what it says; it ends by itself if this one is killed."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            memory = self._pipeline.memory.descriptor
            setting = self._setting(number, listener.fileno(), memory)
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                "platematch.serving.front",
                str(theirs.fileno()),
                pass_fds=(theirs.fileno(), listener.fileno(), memory),
                stdin=asyncio.subprocess.DEVNULL,
                env=_environment(),
            )
            try:
                theirs.close()
                reader, writer = await asyncio.open_connection(sock=ours.dup())
                with contextlib.closing(writer):
                    writer.write(encode(setting) + b"\n")
                    yield process, reader
            finally:
                self._ready.discard(number)
                await self._end(process)

    def _setting(self, number: int, listener: int, memory: int) -> Setting:
        settings = asdict(self._pipeline.settings) | {"key": "", "store": ""}  # what no front needs to know
        return Setting(settings, number, listener, memory, self._pipeline.secret, str(self._folder))

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), self._drain_s + GRACE_S)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _falls_silent(reader: asyncio.StreamReader) -> bool:
    """Whether nothing came for SILENCE_S, twice, for once may be because this process was stalled; False at its end."""
    silent = 0
    while silent < 2:
        try:
            async with asyncio.timeout(SILENCE_S):
                if not await reader.readline():
                    return False
            silent = 0
        except TimeoutError:
            silent += 1
    return True


def _environment() -> dict[str, str]:
    """Of a front: it finds its modules where this process did, and knows no password."""
    kept = {name: value for name, value in os.environ.items() if name not in _SECRETS}
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
