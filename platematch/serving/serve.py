"""Runs the service: takes the port, starts the pipeline, answers until SIGTERM or SIGINT, drains and ends."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import structlog
import uvloop

from platematch import __version__
from platematch.api.app import build
from platematch.api.logs import configure
from platematch.errors import PlatematchError, StartError
from platematch.pipeline import Pipeline
from platematch.serving import private
from platematch.serving.calls import API, CALLS
from platematch.serving.fronts import Fronts
from platematch.serving.listening import allow_connections, answering, bind, listen
from platematch.settings import Settings, address

LONGEST_ADDRESS = 107  # bytes of a Unix socket's path

log = structlog.get_logger("platematch.serve")


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises StartError where the port, the store or a setting does not allow it, PlatematchError when a part of the
    service has failed: whoever watches over the process should start it again.
    """
    configure(settings.log_level)
    allow_connections()
    uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    stopping = asyncio.create_task(stop.wait())
    with contextlib.ExitStack() as open_sockets:
        # The port is taken first, so that one in use is told at once; it opens when the service is ready.
        listeners = bind(settings.host, settings.port, settings.workers)
        for listener in listeners:
            open_sockets.enter_context(contextlib.closing(listener))
        starting = asyncio.ensure_future(Pipeline.start(settings))
        await _any(starting, stopping)
        if not starting.done():
            await _abandon(starting)
        pipeline = await starting
        _calm_collector()
        try:
            await _answer(pipeline, listeners, stopping)
        finally:
            await pipeline.close()
    if pipeline.failed.is_set():
        raise PlatematchError("a part of the service has failed; its log tells which. It must be started again")
    log.info("stopped")


async def _answer(pipeline: Pipeline, listeners: Sequence[socket.socket], stopping: asyncio.Task[Any]) -> None:
    """Answer requests until the service is to stop or has failed."""
    host, port = listeners[0].getsockname()[:2]
    failing = asyncio.create_task(pipeline.failed.wait())
    async with serving(pipeline, listeners) as started:
        await _any(started, stopping, failing)
        if started.done():
            started.result()
            log.info("ready", version=__version__, url=address(host, port), entries=len(pipeline.matcher))
            await _any(stopping, failing)
        drain_s = pipeline.settings.drain_s
        log.info("stopping", drain_s=drain_s)
        _end_by(drain_s + 1.0, code=1 if failing.done() else 0)


async def _any(*events: asyncio.Future[Any]) -> None:
    await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)


@contextlib.asynccontextmanager
async def serving(pipeline: Pipeline, listeners: Sequence[socket.socket]) -> AsyncIterator[asyncio.Future[None]]:
    """Answer on the bound sockets: on one by this process, on several by a front process each.

    The future is done when all answer. At the end no more is taken, and requests under way get a quarter of drain_s.
    """
    drain_s = pipeline.settings.drain_s / 4
    if len(listeners) == 1:
        listen(listeners)
        async with answering(build(pipeline), listeners[0], drain_s):
            started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            started.set_result(None)
            yield started
        return
    with _private_folder() as folder:
        fronts = Fronts(pipeline, listeners, folder)
        async with (
            answering(private.build(pipeline), folder / CALLS, drain_s),
            answering(build(pipeline, fronts.ready), folder / API, drain_s),
        ):
            listen(listeners)
            fronts.start()
            try:
                yield fronts.started
            finally:
                await fronts.close()


@contextlib.contextmanager
def _private_folder() -> Iterator[Path]:
    """For sockets that nobody else may reach; readable by its user alone."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="platematch-"))
    except OSError as error:
        raise StartError(f"no folder for temporary files: {error}; set TMPDIR to one that can be written") from None
    try:
        if len(os.fsencode(folder / CALLS)) > LONGEST_ADDRESS:
            raise StartError(f"the path of {folder} is too long for a socket in it; set TMPDIR to a shorter one")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _calm_collector() -> None:
    """Keep the cyclic collector, which stops every thread, off the lists in memory: 0.2 s for 150,000 entries."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _end_by(seconds: float, code: int) -> None:
    """End the process even if a stuck disk or receiver holds the drain up: nothing that was answered is lost by it."""
    timer = threading.Timer(seconds, _give_up, [code])
    timer.daemon = True
    timer.start()


def _give_up(code: int) -> None:
    log.error("drain took too long; what was not answered will be sent again")
    logging.shutdown()
    os._exit(code)


async def _abandon(starting: asyncio.Future[Pipeline]) -> None:
    """End the process during its start: a thread that compiles kernels cannot be stopped otherwise."""
    starting.cancel()
    await asyncio.wait({starting})
    log.info("stopped while starting")
    logging.shutdown()
    os._exit(0)
