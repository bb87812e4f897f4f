"""Nothing acknowledged is ever lost: the service is killed with -9 under load, again and again."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from running import Running
from standardwebhooks.webhooks import Webhook

KILLS = 10
SENDERS = 8
LETTERS = "ABEIKMHOPCTX"


class Receiver:
    """A webhook endpoint that verifies what it gets and remembers which ids came for which hit."""

    def __init__(self) -> None:
        self.secret = ""
        self.ids: dict[str, set[str]] = {}
        self.deliveries: Counter[str] = Counter()

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        event: dict[str, Any] = Webhook(self.secret).verify(body, dict(request.headers))
        assert event["type"] == "hit.created"
        self.ids.setdefault(event["data"]["hit_id"], set()).add(request.headers["webhook-id"])
        self.deliveries[event["data"]["hit_id"]] += 1
        return web.Response()


@pytest.fixture
async def receiver() -> AsyncIterator[tuple[Receiver, str]]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/", receiver.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield receiver, f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


def invented_plates(count: int, seed: int) -> list[str]:
    """Plates of the current Ukrainian series that differ from each other in several characters."""
    chance = random.Random(seed)
    prefixes = ["AA", "BH", "KA", "CE"]
    plates = {
        f"{prefixes[number % 4]}{number * 37 % 10_000:04d}{chance.choice(LETTERS)}{chance.choice(LETTERS)}"
        for number in range(count)
    }
    return sorted(plates)


class Load:
    """Cameras that post one read per listed plate until told to stop, and again what was not acknowledged."""

    def __init__(self, service: Running, key: str, plates: list[str]) -> None:
        self.service = service
        self.headers = {"Authorization": f"Bearer {key}"}
        self.waiting = [
            {"read_id": f"r{number}", "camera_id": f"cam-{number % 7}", "plate": plate}
            for number, plate in enumerate(plates)
        ]
        self.acknowledged: dict[str, str] = {}
        self.sent = 0

    async def send_until_refused(self) -> None:
        """Each sender takes the next read; a read whose answer did not come goes back to the end of the queue."""
        async with aiohttp.ClientSession(headers=self.headers) as session:
            await asyncio.gather(*(self._send(session) for _ in range(SENDERS)))

    async def _send(self, session: aiohttp.ClientSession) -> None:
        while self.waiting:
            read = self.waiting.pop(0)
            read.setdefault("captured_at", datetime.now(UTC).isoformat())
            try:
                async with session.post(f"{self.service.url}/v1/reads", json=read) as response:
                    answer = await response.json()
                    assert response.status == 200, answer
            except aiohttp.ClientError:
                self.waiting.append(read)
                return
            self.sent += 1
            assert answer["accepted"] + answer["duplicates"] == 1
            assert len(answer["hits"]) == 1, (read, answer)
            self.acknowledged[read["read_id"]] = answer["hits"][0]["hit_id"]


async def stored_hits(service: Running, key: str) -> list[dict[str, Any]]:
    """Every hit that the service shows, page by page."""
    hits: list[dict[str, Any]] = []
    cursor = ""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as session:
        while True:
            query = {"limit": "500", **({"cursor": cursor} if cursor else {})}
            async with session.get(f"{service.url}/v1/hits", params=query) as response:
                assert response.status == 200
                page = await response.json()
            hits += page["items"]
            if not page["next"]:
                return hits
            cursor = page["next"]


async def set_up(service: Running, receiver: Receiver, url: str, plates: list[str]) -> tuple[str, str]:
    """Keys, a list of the plates and a webhook; returns a patrol key and an operator key."""
    patrol = service.command("keys", "create", "--role", "patrol")
    operator = service.command("keys", "create", "--role", "operator")
    police = {"Authorization": "Bearer " + service.command("keys", "create", "--role", "police")}
    rows = "entry_id,plate,reason\n" + "".join(f"e{i},{plate},stolen\n" for i, plate in enumerate(plates))
    async with aiohttp.ClientSession() as session:
        policy = {"name": "Stolen", "purpose": "a test", "owner": "nobody"}
        async with session.put(f"{service.url}/v1/watchlists/stolen", json=policy, headers=police) as response:
            assert response.status in (200, 201), await response.text()
        address = f"{service.url}/v1/watchlists/stolen/import?format=csv&mode=replace"
        async with session.post(address, data=rows.encode(), headers=police) as response:
            assert (await response.json())["added"] == len(plates)
        operators = {"Authorization": f"Bearer {operator}"}
        async with session.post(f"{service.url}/v1/webhooks", json={"url": url}, headers=operators) as response:
            receiver.secret = (await response.json())["secret"]
    return patrol, operator


async def test_nothing_acknowledged_is_lost_when_killed(tmp_path: Path, receiver: tuple[Receiver, str]) -> None:
    events, url = receiver
    chance = random.Random(7)
    plates = invented_plates(6000, seed=7)
    service = Running(tmp_path)
    await asyncio.to_thread(service.start)
    patrol, operator = await set_up(service, events, url, plates)
    load = Load(service, patrol, plates)
    for _ in range(KILLS):
        sending = asyncio.ensure_future(load.send_until_refused())
        await asyncio.sleep(chance.uniform(0.05, 0.4))
        await asyncio.to_thread(service.kill)
        await sending
        await asyncio.to_thread(service.start)
    assert load.sent > KILLS, "the load never got through"
    assert load.waiting, "every read was acknowledged before the last kill: the test proves nothing"
    unanswered = [read for read in load.waiting if "captured_at" in read]
    assert unanswered, "no request was under way at any kill"
    load.waiting = unanswered
    await load.send_until_refused()

    shown = Counter(hit["hit_id"] for hit in await stored_hits(service, operator))
    assert set(load.acknowledged.values()) <= set(shown), "an acknowledged hit is gone"
    assert set(shown) == set(load.acknowledged.values())
    assert max(shown.values()) == 1, "a hit is shown twice"
    for _ in range(300):
        if set(events.ids) >= set(shown):
            break
        await asyncio.sleep(0.1)
    assert set(events.ids) == set(shown), "a webhook did not arrive"
    assert all(len(ids) == 1 for ids in events.ids.values()), "a hit was announced under two ids"
    assert await asyncio.to_thread(service.stop) == 0
