"""Reads pictures in processes of their own, off the server's loop, with a bounded queue before them.

Not concurrent.futures.ProcessPoolExecutor: there one killed worker fails every picture that waits, a hanging one
cannot be ended, and the workers of a killed service wait for work for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from typing import cast

import msgspec
import structlog

from platematch.errors import InvalidInput, RecognitionUnavailable, TooLarge
from platematch.recognition.sighted import Sighted
from platematch.recognition.worker import LENGTH, Failed, Refused, Reply

log = structlog.get_logger("platematch.recognition")

START_S = 60.0
GRACE_S = 2.0
"""What a worker gets beyond the time for one picture, which it keeps itself, before it is taken for hung."""

_ONE_THREAD = {"OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_replies: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


class Pool:
    """Up to `workers` processes, each started when it is first needed, and again when it was lost."""

    def __init__(self, *, workers: int, queue: int, max_pixels: int, timeout_s: float) -> None:
        """queue: how many pictures may wait. timeout_s: for one picture, from when a worker takes it."""
        self._workers = [_Worker(max_pixels, timeout_s) for _ in range(workers)]
        self._idle = self._workers.copy()  # the last one first, so that few pictures need few processes
        self._free = asyncio.Semaphore(workers)  # in the order of asking, which a Queue keeps from no newcomer
        self._most_waiting = queue
        self._closed = False
        self.waiting = 0

    @property
    def pids(self) -> list[int]:
        """The processes that are running."""
        return [worker.pid for worker in self._workers if worker.pid is not None]

    async def recognise(self, picture: bytes) -> list[Sighted]:
        """The plates in a JPEG or PNG.

        Raises InvalidInput for a picture that cannot be read, TooLarge for one of too many pixels,
        RecognitionUnavailable where the queue is full or the worker was lost: the picture should be sent again.
        """
        if self._free.locked() and self.waiting >= self._most_waiting:
            raise RecognitionUnavailable("too many pictures wait to be read; send this one again in a moment")
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1
        worker = self._idle.pop()
        try:
            if self._closed:
                raise RecognitionUnavailable("the service is stopping; send the picture again in a moment")
            reply = await worker.ask(picture)
        finally:
            self._idle.append(worker)
            self._free.release()
        if isinstance(reply, Refused):
            raise TooLarge(reply.message) if reply.too_large else InvalidInput(reply.message)
        if isinstance(reply, Failed):
            log.warning("picture_not_read", bytes=len(picture), problem=reply.message)
            raise RecognitionUnavailable(reply.message)
        return reply.sighted

    async def close(self) -> None:
        """End the processes; pictures that are read or wait are not, and should be sent again."""
        self._closed = True
        for worker in self._workers:
            worker.stop()
        for _ in self._workers:
            await self._free.acquire()
        for worker in self._workers:
            await worker.end()
            self._free.release()


class _Worker:
    """One process, of which there may be several in turn."""

    def __init__(self, max_pixels: int, timeout_s: float) -> None:
        self._arguments = (str(max_pixels), str(timeout_s))
        self._timeout_s = timeout_s
        self._process: Process | None = None
        self._folder = ""
        self._stopped = False

    @property
    def pid(self) -> int | None:
        """Of the process, None where there is none now."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def ask(self, picture: bytes) -> Reply:
        """The answer to one picture; one at a time. Raises RecognitionUnavailable where the process was lost."""
        answered = False
        try:
            process = await self._running()
            async with asyncio.timeout(self._timeout_s + GRACE_S):
                reply = _replies.decode(await _exchange(process, picture))
            answered = True
            return reply
        except TimeoutError:
            log.warning("picture_worker_hangs", bytes=len(picture))
            raise RecognitionUnavailable(f"the picture was not read within {self._timeout_s:g} s") from None
        except (ConnectionError, asyncio.IncompleteReadError):
            log.warning("picture_worker_lost", bytes=len(picture))
            raise RecognitionUnavailable("the process that read the picture has ended; send it again") from None
        finally:
            if not answered:  # also when the request is cancelled: an answer that nobody took would go to the next
                self.kill()
                await self.end()

    async def _running(self) -> Process:
        """The process, ready for a picture."""
        if self._process is not None and self._process.returncode is not None:
            await self.end()  # and no kill: its number may be another's by now
        if self._process is None:
            try:
                self._process = await self._started()
                if self._stopped:
                    raise ConnectionAbortedError("the service is stopping")
                async with asyncio.timeout(START_S):
                    await _receive(self._process)
            except (OSError, asyncio.IncompleteReadError) as error:  # a TimeoutError is an OSError
                log.warning("picture_worker_does_not_start", problem=str(error) or "too slow")
                raise RecognitionUnavailable("pictures cannot be read here now; the service's log tells why") from None
        return self._process

    async def _started(self) -> Process:
        self._folder = tempfile.mkdtemp(prefix="platematch-pictures-")
        return await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "platematch.recognition.worker", *self._arguments,
            stdin=PIPE, stdout=PIPE, start_new_session=True, env=_environment(self._folder),
        )  # fmt: skip

    def stop(self) -> None:
        """Kill the process, also one that is about to start."""
        self._stopped = True
        if self.pid is not None:
            self.kill()

    def kill(self) -> None:
        """Kill the process and its engine; the engine also where the process has just ended."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def end(self) -> None:
        """Wait for the end of a process that was killed, and remove its temporary files."""
        process, self._process = self._process, None
        folder, self._folder = self._folder, ""
        if process is not None:
            await process.communicate()
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


async def _exchange(process: Process, picture: bytes) -> bytes:
    sink = cast(asyncio.StreamWriter, process.stdin)
    sink.write(LENGTH.pack(len(picture)))
    sink.write(picture)
    await sink.drain()
    return await _receive(process)


async def _receive(process: Process) -> bytes:
    source = cast(asyncio.StreamReader, process.stdout)
    head = await source.readexactly(LENGTH.size)
    return await source.readexactly(*LENGTH.unpack(head))


def _environment(folder: str) -> dict[str, str]:
    """What the worker needs of the service's environment: no setting of the service, for it opens strangers' files."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLATEMATCH_")}
    return kept | _ONE_THREAD | {"TMPDIR": folder}
