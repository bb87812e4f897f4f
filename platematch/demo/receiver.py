"""The operators' side of the demonstration: a webhook receiver on loopback that checks every signature."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
from aiohttp import web

from platematch.errors import InvalidInput
from platematch.webhooks.signature import verify

PATH = "/hits"


class Receiver:
    """What has arrived. secret: set when the endpoint is registered; on_event: called for each new genuine event."""

    def __init__(self, on_event: Callable[[str, dict[str, Any], float], None]) -> None:
        self._on_event = on_event
        self.url = ""
        self.secret = ""
        self.verified: set[str] = set()
        self.refused: list[str] = []

    async def receive(self, request: web.Request) -> web.Response:
        """Take one delivery: 204 for a genuine one, 401 otherwise; a repeat is genuine but told once."""
        arrived = time.monotonic()
        body = await request.read()
        try:
            event_id = verify([self.secret], request.headers, body, datetime.now(UTC))
        except InvalidInput as error:
            self.refused.append(error.message)
            return web.Response(status=401)
        if event_id not in self.verified:
            self.verified.add(event_id)
            event = msgspec.json.decode(body)
            self._on_event(event["type"], event["data"], arrived)
        return web.Response(status=204)


@asynccontextmanager
async def running_receiver(on_event: Callable[[str, dict[str, Any], float], None]) -> AsyncIterator[Receiver]:
    """A receiver on a free port of 127.0.0.1. on_event(type, data, time.monotonic() of arrival)."""
    receiver = Receiver(on_event)
    application = web.Application()
    application.router.add_post(PATH, receiver.receive)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
        yield receiver
    finally:
        await runner.cleanup()
