"""A front's end of the intake: reads that surely match nothing end here, the others are handed to the owner."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime

from platematch.api.problems import error_of
from platematch.intake import Fresh
from platematch.matcher import Sieve
from platematch.outcome import NOTHING, NOTHING_AGAIN, Answer, Result, Told
from platematch.reads import Read
from platematch.recent import Ids
from platematch.serving.calls import Handed, Settled
from platematch.serving.owner import Owner

MOST_READS, MOST_BYTES = 256, 1 << 20  # of one call

Waiting = tuple[Handed, asyncio.Future[Result]]


class Forwarder:
    """An intake's Sink in a process without lists: it sees through the sieve alone which reads may match.

    A read without a match is remembered only after that is certain, so that a front which dies leaves no read behind
    that counts as seen and was never matched.
    """

    def __init__(self, sieve: Sieve, ids: Ids, owner: Owner) -> None:
        self._sieve = sieve
        self._ids = ids
        self._owner = owner
        self._waiting: list[Waiting] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def version(self) -> int:
        """The version of the lists now."""
        return self._sieve.version

    def recall(self, read: Read, received_at: datetime) -> Answer | None:
        """See Sink. What hit before, the owner and its store remember."""
        digest = self._digest(read)
        if digest in self._ids.hit:
            return self._hand(read, received_at)
        return NOTHING_AGAIN if digest in self._ids.bare else None

    def take(self, fresh: Fresh) -> Sequence[Answer]:
        """See Sink."""
        may_match = self._sieve.may_match(fresh.reads, packed=(fresh.codes, fresh.lengths))
        return [
            self._hand(read, received_at) if may else self._without_hits(read)
            for read, received_at, may in zip(fresh.reads, fresh.received, may_match.tolist(), strict=True)
        ]

    def _without_hits(self, read: Read) -> Told:
        return NOTHING if self._ids.bare.add(self._digest(read)) else NOTHING_AGAIN

    def _digest(self, read: Read) -> int:
        return self._ids.digest((read.camera_id, read.read_id or ""))

    def _hand(self, read: Read, received_at: datetime) -> asyncio.Future[Result]:
        """To the owner, with what else there is at the end of this turn of the loop."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._send)
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((Handed(read, received_at), future))
        return future

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, []
        for part in _parts(waiting):
            task = asyncio.get_running_loop().create_task(self._settle(part))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _settle(self, waiting: Sequence[Waiting]) -> None:
        try:
            settled = await self._owner.settle([handed for handed, _ in waiting])
        except Exception as error:  # noqa: BLE001 whatever failed, the senders must come again
            for _, future in waiting:
                _fail(future, error)
            return
        for (_, future), item in zip(waiting, settled, strict=True):
            _resolve(future, item)


def _resolve(future: asyncio.Future[Result], settled: Settled) -> None:
    if settled.told is not None:
        future.set_result(settled.told)
    elif settled.rejected is not None:
        future.set_result(settled.rejected)  # the owner knows no longer what the front took for a repeat
    elif settled.failed is not None:
        _fail(future, error_of(settled.failed))


def _fail(future: asyncio.Future[Result], error: Exception) -> None:
    future.set_exception(error)
    future.exception()  # a sender that went away leaves nobody else to look at it


def _parts(waiting: Sequence[Waiting]) -> Iterator[Sequence[Waiting]]:
    """Calls of a bounded size, or one read."""
    part: list[Waiting] = []
    size = 0
    for item in waiting:
        if part and (len(part) == MOST_READS or size > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(item)
        size += len(item[0].read.picture or b"")
    yield part
