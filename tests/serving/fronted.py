"""The real service with two fronts, as a user runs it, and requests on many connections at once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
from running import Running

CONNECTIONS = 24  # dealt out to two fronts by the system: both get some, but for one time in ten million


class Fronted(Running):
    """The service with two fronts, and keys for it."""

    def __init__(self, data: Path) -> None:
        super().__init__(data, workers="2")

    def start(self) -> None:
        super().start()
        self.keys = {role: self.command("keys", "create", "--role", role) for role in ("admin", "patrol", "police")}

    async def ask(self, method: str, path: str, *, key: str = "", **more: Any) -> tuple[int, Any, Any]:
        """Status, body and headers of the answer to a request on a connection of its own. key: a role or a token."""
        headers = {"Authorization": f"Bearer {self.keys.get(key, key)}"} | more.pop("headers", {})
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, self.url + path, **more) as answer,
        ):
            return answer.status, await answer.json(content_type=None), answer.headers

    async def ask_all(self, method: str, path: str, **more: Any) -> list[tuple[int, Any, Any]]:
        """The same request on many connections at once."""
        return await asyncio.gather(*(self.ask(method, path, **more) for _ in range(CONNECTIONS)))

    async def put_list(self, watchlist_id: str) -> None:
        policy = {"name": watchlist_id, "purpose": "tests", "owner": "tests"}
        assert (await self.ask("PUT", f"/v1/watchlists/{watchlist_id}", key="police", json=policy))[0] == 200

    async def put_entry(self, watchlist_id: str, plate: str) -> None:
        path = f"/v1/watchlists/{watchlist_id}/entries/{plate}"
        status, answer, _ = await self.ask("PUT", path, key="police", json={"plate": plate, "reason": "stolen"})
        assert status == 200, answer
