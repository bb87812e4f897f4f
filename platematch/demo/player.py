"""Plays the city against the service: each camera posts its reads one after the other on its own connection."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiohttp
import msgspec

from platematch.demo.ledger import Ledger
from platematch.simulation import City, Passage, Posting, render

WAITING_PER_CAMERA = 100
TRIES = 4
WITH_PICTURE = ("hikvision", "platerecognizer", "picture")
"""Whose posts hold a picture. A true one is drawn where it will be looked at, for it takes ten milliseconds."""


class Player:
    """Sends passages when their time comes. key: of the role camera."""

    def __init__(self, session: aiohttp.ClientSession, url: str, key: str, ledger: Ledger) -> None:
        self._session = session
        self._url = url
        self._headers = {"Authorization": f"Bearer {key}"}
        self._ledger = ledger

    async def play(self, city: City, per_second: float, until: asyncio.Event) -> None:
        """Until the event is set; then the posts that wait are still sent. Ends early only by an exception."""
        queues: dict[str, asyncio.Queue[Passage | None]] = {
            camera.camera_id: asyncio.Queue(1 if camera.vendor == "picture" else WAITING_PER_CAMERA)
            for camera in city.cameras
        }
        async with asyncio.TaskGroup() as cameras:
            for queue in queues.values():
                cameras.create_task(self._camera(queue))
            for passage in city.passages(datetime.now(UTC), per_second):
                if await _set_before(until, passage.at):
                    break
                queue = queues[passage.camera.camera_id]
                if passage.camera.vendor == "picture" and queue.full():
                    self._ledger.pictures["missed"] += 1
                else:
                    await queue.put(passage)
            for queue in queues.values():
                await queue.put(None)

    async def _camera(self, queue: asyncio.Queue[Passage | None]) -> None:
        while (passage := await queue.get()) is not None:
            await self._post(passage)

    async def _post(self, passage: Passage) -> None:
        posting = await _posting(passage)
        headers = self._headers | {"Content-Type": posting.content_type}
        self._ledger.sending(passage, time.monotonic())
        problem = ""
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(0.25 * 2**attempt)
            try:
                async with self._session.post(self._url + posting.path, data=posting.body, headers=headers) as answer:
                    body = await answer.read()
                    if answer.status < 300:
                        self._ledger.taken(passage, _texts(passage, body))
                        return
                    problem = f"{passage.camera.vendor}: {answer.status}{_detail(body)}"
                    if answer.status != 503:
                        break
            except (aiohttp.ClientError, TimeoutError) as error:
                problem = f"{passage.camera.vendor}: {type(error).__name__}"
        self._ledger.refused[problem] += 1


async def _posting(passage: Passage) -> Posting:
    vendor = passage.camera.vendor
    if vendor in WITH_PICTURE and (vendor == "picture" or passage.listed or passage.near):
        return render(passage.read, vendor, await asyncio.to_thread(passage.photo))
    return render(passage.read, vendor)


def _texts(passage: Passage, answer: bytes) -> list[str]:
    """The plates read: what the camera told, or what the service found in the picture."""
    if passage.camera.vendor != "picture":
        return [passage.read.plate]
    return [read["plate"] for read in msgspec.json.decode(answer)["reads"]]


def _detail(answer: bytes) -> str:
    """What the service says is wrong, where it says so."""
    try:
        return f", {msgspec.json.decode(answer)['detail']}"
    except (msgspec.DecodeError, KeyError, TypeError):
        return ""


async def _set_before(event: asyncio.Event, instant: datetime) -> bool:
    """Wait until the instant; True at once when the event is set first."""
    if event.is_set():
        return True
    delay = (instant - datetime.now(UTC)).total_seconds()
    if delay <= 0:
        return False
    try:
        await asyncio.wait_for(event.wait(), delay)
    except TimeoutError:
        return False
    return True


@asynccontextmanager
async def camera_session() -> AsyncIterator[aiohttp.ClientSession]:
    """A client with keep-alive and no limit of its own: the cameras are the limit, one post each at a time."""
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
    timeout = aiohttp.ClientTimeout(total=20)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield session
