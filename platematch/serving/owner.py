"""A front's line to the owner: calls with a patience, and a session for requests that are passed on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import aiohttp

from platematch.access import StoredKey
from platematch.api.problems import error_of
from platematch.errors import StoreUnavailable
from platematch.matcher.record import CameraRead
from platematch.matcher.worth import Worths
from platematch.serving.calls import (
    API,
    CALLS,
    KEYS,
    SAMPLE,
    SETTLE,
    WORTHS,
    Handed,
    Settled,
    decode_key,
    decode_problem,
    decode_settled,
    decode_worths,
    encode,
)

PATIENCE_S = 10.0  # for the answer to a call: a commit of a busy disk, then an answer to a camera that still waits
CONNECT_S = 5.0
MOST_CALLS = 32  # at once, of one front; further ones wait as long as PATIENCE_S allows
MOST_RELAYED = 1000  # requests at once, of one front; further ones wait for CONNECT_S
HOST = "http://owner"


class Owner:
    """Made within the event loop, to be closed there. Raises StoreUnavailable where the owner does not answer."""

    def __init__(self, folder: Path) -> None:
        self._calls = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(str(folder / CALLS), limit=MOST_CALLS),
            timeout=aiohttp.ClientTimeout(total=PATIENCE_S),
        )
        self.relayed = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(str(folder / API), limit=MOST_RELAYED),
            timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_S),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )

    async def close(self) -> None:
        """Let go of all connections."""
        await self._calls.close()
        await self.relayed.close()

    async def settle(self, handed: Sequence[Handed]) -> Sequence[Settled]:
        """What became of the reads, in their order."""
        settled: Sequence[Settled] = decode_settled(await self._ask("POST", SETTLE, encode(handed)))
        return settled

    async def find_key(self, key_id: str) -> StoredKey | None:
        """The stored key of the id."""
        key: StoredKey | None = decode_key(await self._ask("GET", KEYS + key_id))
        return key

    async def sample(self, reads: Sequence[CameraRead]) -> None:
        """Hand over reads to be learnt from."""
        await self._ask("POST", SAMPLE, encode(reads))

    async def worths(self) -> Worths:
        """What was learnt of the cameras' confidences."""
        worths: Worths = decode_worths(await self._ask("GET", WORTHS))
        return worths

    async def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        try:
            async with self._calls.request(method, HOST + path, data=body) as response:
                answer = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise silent() from error
        if response.status != 200:
            raise error_of(decode_problem(answer))
        return answer


def silent() -> StoreUnavailable:
    """The error of a request that needs the owner, where that does not answer."""
    return StoreUnavailable("the process that owns the lists does not answer; try again in a moment")
