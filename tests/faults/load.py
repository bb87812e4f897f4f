"""A city that is hard on the service: patrols that post one read per listed plate, and a receiver that counts."""

from __future__ import annotations

import asyncio
import random
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

import aiohttp
from aiohttp import web
from running import Running, free_port
from standardwebhooks.webhooks import Webhook

T = TypeVar("T")

SENDERS = 8
LETTERS = "ABEIKMHOPCTX"


class Receiver:
    """A webhook endpoint that verifies what it gets and remembers which ids came for which hit.

    delay_s: how long it takes to answer. It can be shut and opened again at the same address.
    """

    def __init__(self) -> None:
        self.secret = ""
        self.url = ""
        self.delay_s = 0.0
        self.ids: dict[str, set[str]] = {}
        self.deliveries: Counter[str] = Counter()
        self._port = free_port()
        self._runner: web.AppRunner | None = None

    async def open(self) -> None:
        """Answer from now on."""
        app = web.Application()
        app.router.add_post("/", self.handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True)
        await self._runner.setup()
        self._listener = socket.create_server(("127.0.0.1", self._port))
        await web.SockSite(self._runner, self._listener).start()
        self.url = f"http://127.0.0.1:{self._port}/"

    async def shut(self) -> None:
        """Refuse connections from now on."""
        if self._runner is not None:
            # asyncio forgets to close a connection that it accepts in the turn in which its server is closed.
            asyncio.get_running_loop().remove_reader(self._listener)
            await asyncio.sleep(0.05)
            await self._runner.cleanup()
            self._runner = None

    async def all_of(self, hit_ids: Iterable[str], timeout_s: float = 30) -> None:
        """Waits until every one of the hits has been told, under one id each."""
        wanted = set(hit_ids)
        deadline = asyncio.get_running_loop().time() + timeout_s
        while not set(self.ids) >= wanted:
            missing = len(wanted - set(self.ids))
            assert asyncio.get_running_loop().time() < deadline, f"{missing} of {len(wanted)} webhooks did not arrive"
            await asyncio.sleep(0.05)
        assert all(len(ids) == 1 for ids in self.ids.values()), "a hit was announced under two ids"

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        event: dict[str, Any] = Webhook(self.secret).verify(body, dict(request.headers))
        assert event["type"] == "hit.created"
        self.ids.setdefault(event["data"]["hit_id"], set()).add(request.headers["webhook-id"])
        self.deliveries[event["data"]["hit_id"]] += 1
        await asyncio.sleep(self.delay_s)
        return web.Response()


async def until(happened: Callable[[], bool], timeout_s: float = 30) -> None:
    """Waits until it has."""
    async with asyncio.timeout(timeout_s):
        while not happened():  # noqa: ASYNC110 it is seen from outside only
            await asyncio.sleep(0.005)


async def eventually(look: Callable[[], Awaitable[T]], wanted: T, timeout_s: float = 10) -> None:
    """Looks until what is seen is as wanted."""
    seen = await look()
    deadline = asyncio.get_running_loop().time() + timeout_s
    while seen != wanted:
        assert asyncio.get_running_loop().time() < deadline, f"still {seen}, not {wanted}"
        await asyncio.sleep(0.05)
        seen = await look()


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
    """Cameras that post one read per listed plate until told to stop, and again what was not acknowledged.

    refused: how often a sender was told to come again later, which ends its sending for now.
    """

    def __init__(self, service: Running, key: str, plates: list[str]) -> None:
        self.service = service
        self.headers = {"Authorization": f"Bearer {key}"}
        self.waiting = [
            {"read_id": f"r{number}", "camera_id": f"cam-{number % 7}", "plate": plate}
            for number, plate in enumerate(plates)
        ]
        self.acknowledged: dict[str, str] = {}
        self.refused = 0

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
                    if response.status == 503:
                        assert "Retry-After" in response.headers
                        self.refused += 1
                        self.waiting.append(read)
                        return
                    assert response.status == 200, answer
            except aiohttp.ClientError:
                self.waiting.append(read)
                return
            assert answer["accepted"] + answer["duplicates"] == 1
            assert len(answer["hits"]) == 1, (read, answer)
            self.acknowledged[read["read_id"]] = answer["hits"][0]["hit_id"]

    async def send_what_was_begun(self) -> None:
        """Send again what was sent and never answered, as cameras do; leave the rest alone."""
        self.waiting = [read for read in self.waiting if "captured_at" in read]
        assert self.waiting, "no request was under way"
        await self.send_until_refused()
        assert not self.waiting


async def check_all_is_there(service: Running, operator: str, load: Load) -> set[str]:
    """The service shows every acknowledged hit, once, and no other; their ids."""
    shown = Counter(hit["hit_id"] for hit in await stored_hits(service, operator))
    acknowledged = set(load.acknowledged.values())
    assert len(acknowledged) == len(load.acknowledged), "two plates made one hit"
    assert acknowledged <= set(shown), f"{len(acknowledged - set(shown))} acknowledged hits are gone"
    assert set(shown) == acknowledged
    assert max(shown.values()) == 1, "a hit is shown twice"
    return acknowledged


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


async def set_up(service: Running, receiver: Receiver, plates: list[str]) -> tuple[str, str]:
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
        hook = {"url": receiver.url}
        async with session.post(f"{service.url}/v1/webhooks", json=hook, headers=operators) as response:
            receiver.secret = (await response.json())["secret"]
    return patrol, operator
