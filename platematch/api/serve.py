"""Runs the service: opens the port, starts the pipeline, answers until SIGTERM or SIGINT, drains and ends."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import os
import resource
import signal
import socket
import threading
from collections.abc import AsyncIterator

import structlog
import uvloop
from aiohttp import web

from platematch import __version__
from platematch.api.app import build
from platematch.api.logs import configure
from platematch.errors import PlatematchError, StartError
from platematch.pipeline import Pipeline
from platematch.settings import Settings

log = structlog.get_logger("platematch.serve")

BACKLOG = 1024
OPEN_FILES = 65_536


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises StartError where the port, the store or a setting does not allow it, PlatematchError when a part of the
    service has failed: whoever watches over the process should start it again.
    """
    configure(settings.log_level)
    _allow_connections()
    uvloop.run(_serve(settings))


def _allow_connections() -> None:
    """Each connection is an open file, of which a process may have 1,024 unless it asks for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # The port is taken first, so that one in use is told at once; it opens when the service is ready.
    with contextlib.closing(bind(settings.host, settings.port)) as listener:
        starting = asyncio.ensure_future(Pipeline.start(settings))
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            await _abandon(starting)
        pipeline = await starting
        _calm_collector()
        try:
            async with serving(pipeline, listener):
                host, port = listener.getsockname()[:2]
                log.info("ready", version=__version__, url=_url(host, port), entries=len(pipeline.matcher))
                failing = asyncio.ensure_future(pipeline.failed.wait())
                await asyncio.wait({stopping, failing}, return_when=asyncio.FIRST_COMPLETED)
                log.info("stopping", drain_s=settings.drain_s)
                _end_by(settings.drain_s + 1.0, code=1 if failing.done() else 0)
        finally:
            await pipeline.close()
    if pipeline.failed.is_set():
        raise PlatematchError("a part of the service has failed; its log tells which. It must be started again")
    log.info("stopped")


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


@contextlib.asynccontextmanager
async def serving(pipeline: Pipeline, listener: socket.socket) -> AsyncIterator[web.AppRunner]:
    """Answer on the bound socket; at the end take no more, and give requests under way a quarter of drain_s."""
    runner = web.AppRunner(build(pipeline), access_log=None, shutdown_timeout=pipeline.settings.drain_s / 4)
    await runner.setup()
    try:
        try:
            await web.SockSite(runner, listener, backlog=BACKLOG).start()
        except OSError as error:
            host, port = listener.getsockname()[:2]
            raise _cannot_bind(host, port, error) from None
        yield runner
    finally:
        await runner.cleanup()


def bind(host: str, port: int) -> socket.socket:
    """A bound socket that does not listen yet. Raises StartError naming the setting to change."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise StartError(
            f"cannot listen on host {host!r}: {error}; set PLATEMATCH_HOST to an address of this machine"
        ) from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setblocking(False)
        listener.bind(address)
        return listener
    except OSError as error:
        listener.close()
        raise _cannot_bind(host, port, error) from None


def _cannot_bind(host: str, port: int, error: OSError) -> StartError:
    if error.errno == errno.EADDRINUSE:
        return StartError(f"port {port} on {host} is in use: stop what uses it, or set PLATEMATCH_PORT to another one")
    if error.errno == errno.EACCES:
        return StartError(f"port {port} on {host} needs more rights: set PLATEMATCH_PORT to one above 1023")
    return StartError(
        f"cannot listen on {host}, port {port}: {error.strerror}; check PLATEMATCH_HOST and PLATEMATCH_PORT"
    )


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
