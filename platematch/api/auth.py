"""Who is calling: the key shown as Bearer, as Basic password or in the path, checked against the store."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from datetime import datetime

import numpy as np
from aiohttp import web
from typing_extensions import Buffer

from platematch.access import Key, StoredKey, check_alive, digest, key_id_of, verify
from platematch.errors import Unauthenticated

# A key revoked by another program on the same store counts on for this long at most.
KNOWN_S = 5.0
UNKNOWN_S = 1.0
MOST_REMEMBERED = 10_000


class Authenticator:
    """Checks shown keys, remembering the last outcomes by digest for seconds, never a token itself.

    find: the stored key of a key_id. generation: 8 bytes that all processes of the service share.
    """

    def __init__(
        self,
        find: Callable[[str], Awaitable[StoredKey | None]],
        generation: Buffer,
        *,
        monotonic: Callable[[], float],
    ) -> None:
        self._find = find
        self._shared = np.frombuffer(memoryview(generation), np.int64, 1)
        self._monotonic = monotonic
        self._remembered: dict[bytes, tuple[Key | None, float]] = {}
        self._under_way: dict[bytes, asyncio.Future[Key | None]] = {}
        self._generation = int(self._shared[0])

    async def key(self, token: str, now: datetime) -> Key:
        """The key behind the token. Raises Unauthenticated where it is unknown, wrong, revoked or expired."""
        if self._generation != self._shared[0]:
            self._forget()
        shown = digest(token)
        remembered = self._remembered.get(shown)
        if remembered is None or remembered[1] <= self._monotonic():
            key = await self._look_up_once(token, shown)
        else:
            key = remembered[0]
        if key is None:
            raise Unauthenticated("this key is not known here")
        check_alive(key, now)
        return key

    def forget(self) -> None:
        """Have every process ask the store again for every key: one was revoked."""
        self._shared[0] += 1

    def _forget(self) -> None:
        self._generation = int(self._shared[0])
        self._remembered.clear()
        self._under_way.clear()

    async def _look_up_once(self, token: str, shown: bytes) -> Key | None:
        """One look-up for all requests that show the same key at the same time."""
        waiting = self._under_way.get(shown)
        if waiting is None:
            waiting = asyncio.ensure_future(self._look_up(token, shown))
            self._under_way[shown] = waiting
            waiting.add_done_callback(lambda done: self._end(shown, done))
        return await asyncio.shield(waiting)

    def _end(self, shown: bytes, done: asyncio.Future[Key | None]) -> None:
        if self._under_way.get(shown) is done:
            del self._under_way[shown]

    async def _look_up(self, token: str, shown: bytes) -> Key | None:
        key_id = key_id_of(token)
        if key_id is None:
            return None
        generation = self._generation
        stored = await self._find(key_id)
        try:
            key = verify(stored, shown)
        except Unauthenticated:
            key = None
        if generation == self._shared[0]:
            self._remember(shown, key)
        return key

    def _remember(self, shown: bytes, key: Key | None) -> None:
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.pop(next(iter(self._remembered)))
        self._remembered[shown] = (key, self._monotonic() + (UNKNOWN_S if key is None else KNOWN_S))


def token_of(request: web.Request) -> str:
    """The token that a request shows. Raises Unauthenticated where it shows none."""
    in_path = request.match_info.get("key")
    if in_path is not None:
        return in_path
    header = request.headers.get("Authorization")
    if header is None:
        raise Unauthenticated("show a key: `Authorization: Bearer pm_…`, or Basic with the key as password")
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        return _password(rest.strip())
    raise Unauthenticated(f"authorization scheme {scheme[:20]!r} is not taken; use Bearer or Basic")


def _password(encoded: str) -> str:
    try:
        text = base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise Unauthenticated("the Basic authorization is not base64 of user:password") from None
    return text.partition(":")[2]
