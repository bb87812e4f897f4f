"""A front's service: reads are seen through the sieve and handed to the owner, whatever else comes is relayed."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import time
from pathlib import Path

import structlog
import uvloop
from aiohttp import web

from platematch.api import cameras, reads
from platematch.api.auth import Authenticator
from platematch.api.counters import Counters
from platematch.api.logs import configure
from platematch.api.observed import application
from platematch.api.service import Service
from platematch.cameras import VENDORS
from platematch.errors import PlatematchError
from platematch.intake import Intake
from platematch.matcher import Sieve
from platematch.memory import Memory
from platematch.outcome import Counts
from platematch.sampling import PER_SECOND, Sampler
from platematch.serving.calls import Setting
from platematch.serving.forwarder import Forwarder
from platematch.serving.listening import allow_connections, answering
from platematch.serving.owner import Owner
from platematch.serving.relay import OWNER, relay
from platematch.settings import Settings

SIGN = b"\n"  # of life: a first when requests are taken
BETWEEN_SIGNS_S = 1.0
BETWEEN_SAMPLES_S = 5.0


def run(setting: Setting, pipe: socket.socket) -> None:
    """Answer until SIGTERM. pipe: to tell the owner that requests are taken."""
    settings = Settings(**setting.settings)  # type: ignore[arg-type]
    configure(settings.log_level)
    structlog.contextvars.bind_contextvars(front=setting.number)
    allow_connections()
    uvloop.run(_serve(setting, settings, pipe))


async def _serve(setting: Setting, settings: Settings, pipe: socket.socket) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    memory = Memory(settings, setting.memory)
    sieve = Sieve(memory.index, home_country=settings.home_country)
    sieve.warm()
    owner = Owner(Path(setting.folder))
    forwarder = Forwarder(sieve, memory.ids(setting.secret), owner)
    sampler = Sampler(-(-PER_SECOND // settings.workers) if settings.learning else 0)
    intake = Intake(settings, forwarder, Counts(memory.counts[setting.number]), sampler)
    service = Service(
        settings,
        intake,
        Authenticator(owner.find_key, memory.generation, monotonic=time.monotonic),
        Counters(memory.requests[setting.number]),
    )
    drain_s = settings.drain_s / 4
    try:
        with socket.socket(fileno=setting.listener) as listener:
            async with answering(_build(service, owner), listener, drain_s, cancel=True):
                living = asyncio.create_task(_live(pipe))
                learning = asyncio.create_task(_learn(sampler, sieve, owner))
                await stop.wait()
            await intake.close(drain_s)
            learning.cancel()
            living.cancel()
    finally:
        await owner.close()


async def _live(pipe: socket.socket) -> None:
    """Tell the owner again and again that this process answers; one that is stalled need not hear all of it."""
    while True:
        with contextlib.suppress(OSError):
            pipe.send(SIGN, socket.MSG_DONTWAIT)
        await asyncio.sleep(BETWEEN_SIGNS_S)


async def _learn(sampler: Sampler, sieve: Sieve, owner: Owner) -> None:
    """Hand the sample to the owner from time to time, and ask what it has learnt; what fails waits for the next time.

    A sample that the owner cannot take is forgotten.
    """
    while True:
        with contextlib.suppress(PlatematchError):
            if reads := sampler.take():
                await owner.sample(reads)
            if sieve.behind:
                sieve.worths = await owner.worths()
        await asyncio.sleep(BETWEEN_SAMPLES_S)


def _build(service: Service, owner: Owner) -> web.Application:
    """Reads and vendors' messages are taken here; whatever else comes is relayed, so that there is one code for it."""
    app = application(service)
    app[OWNER] = owner
    vendors = "{vendor:" + "|".join(sorted(VENDORS)) + "}"
    for noun in (reads, cameras):
        for endpoint in noun.endpoints.items:
            app.router.add_route(endpoint.method, endpoint.path.replace("{vendor}", vendors), endpoint.handler)
    app.router.add_route("*", "/{path:.*}", relay)
    return app
