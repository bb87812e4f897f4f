"""The store: one writer that commits in groups, a few readers beside it, and what both may be asked to do."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, insert, update
from sqlalchemy.exc import DBAPIError

from platematch.errors import StoreUnavailable
from platematch.hits.hit import Matched
from platematch.store import outbox
from platematch.store.changing import change
from platematch.store.columns import EPOCH
from platematch.store.engine import Claim, Database, database_at, open_readers, open_writer
from platematch.store.hits import Recorded
from platematch.store.marks import DELIVERIES, KEYS, LISTS, Marks
from platematch.store.recording import Rules, record
from platematch.store.schema import events, log
from platematch.store.writer import Writer, each, is_away, is_outage, problem_of
from platematch.watchlist import Change, Changed
from platematch.webhooks.endpoint import Attempt, Due

READERS = 3
PROBE_BYTES = 1 << 16  # more than any table has room for in the pages that it has
AWAY_S = 1.0  # for so long whoever waits for a reader is refused, where one has found the database away

P = ParamSpec("P")
R = TypeVar("R")
Item = tuple[Sequence[Matched], datetime]


class Store:
    """Made by `open`. Whatever writes returns after its commit, or raises StoreUnavailable and has written nothing.

    on_deliveries, on_keys: called on the event loop after a commit that wrote deliveries, or made or revoked a key;
    while `listen` runs also after another process's, where the database tells. Fulfils webhooks.endpoint.Outbox.
    """

    def __init__(
        self, database: Database, claim: Claim, writing: Engine, reading: Engine, rules: Rules, queue_size: int
    ) -> None:
        self.on_deliveries: Callable[[], None] | None = None
        self.on_keys: Callable[[], None] | None = None
        self._database = database
        self._claim = claim
        self._rules = rules
        self._writing = writing
        self._reading = reading
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="platematch-reader")
        self._writer = Writer(
            writing, queue_size=queue_size, probe=_probe, settled=self._remember_version, committed=self._after
        )
        self._away_until = 0.0
        self._closed = False

    @classmethod
    def open(
        cls,
        url: str,
        *,
        queue_size: int = 10_000,
        window_s: float = 300.0,
        neighbour_m: float = 500.0,
        public_url: str = "",
    ) -> Store:
        """Open the database and bring its schema up to date; blocks. StartError says why where that is impossible.

        One Store at a time may have a database; commands use open_sync beside it.

        window_s, neighbour_m: how long and how near reads make one sighting, in seconds and metres.
        public_url: where others reach the service, for the addresses of pictures.
        """
        database = database_at(url)
        claim = database.claim()
        try:
            writing = open_writer(database, claim)
            try:
                reading = open_readers(database, READERS)
            except BaseException:
                writing.dispose()
                raise
        except BaseException:
            claim.release()
            raise
        rules = Rules(window_s=window_s, neighbour_m=neighbour_m, public_url=public_url)
        return cls(database, claim, writing, reading, rules, queue_size)

    async def read(self, query: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """query(conn, …) in a reader's thread, on one state of the database; what it gives must be complete."""
        if self._closed:
            raise StoreUnavailable("the store is closed; try again when the service is back")
        return await asyncio.get_running_loop().run_in_executor(
            self._readers, partial(self._read, partial(_call, query, args, kwargs))
        )

    async def write(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """work(conn, …) in the writer's next transaction, behind a savepoint of its own."""
        result: R = await self._writer.submit(each, partial(_call, work, args, kwargs))
        return result

    async def record(self, matched: Sequence[Matched], now: datetime) -> list[Recorded]:
        """Fold the matches of reads into hits and write what is new of them; in their order what became of each.

        What waits at the same time is decided and written as one batch.
        """
        recorded: list[Recorded] = await self._writer.submit(self._record, (matched, now))
        return recorded

    async def change(self, change_: Change, now: datetime, actor: str) -> Changed:
        """Write a change of a list under the next version. NotFound, ImportRefused: nothing was changed."""
        return await self.write(change, change_, now, actor)

    async def take_due(self, now: datetime, per_endpoint: int, skip: frozenset[str]) -> list[Due]:
        """See Outbox."""
        return await self.read(outbox.take_due, now, per_endpoint, skip)

    async def next_due(self, after: datetime) -> datetime | None:
        """See Outbox."""
        return await self.read(outbox.next_due, after)

    async def record_attempts(self, attempts: Sequence[Attempt]) -> None:
        """See Outbox."""
        await self.write(outbox.record_attempts, attempts)

    async def listen(self) -> None:
        """Hear of other processes' commits, which only wakes: what is not heard is found when next looked for."""
        await self._database.listen(self._after, self._writer.doubt)

    async def ended(self) -> None:
        """Returns when the writer has ended: after close, or by an error that nobody foresaw, which it raises."""
        await asyncio.shield(asyncio.wrap_future(self._writer.ended))

    def healthy(self) -> bool:
        """Whether the last try to write succeeded; after a failure another is made every second."""
        return self._writer.healthy and not self._closed

    @property
    def queued(self) -> int:
        """How many writes wait."""
        return len(self._writer)

    async def close(self) -> None:
        """Take nothing more, finish what waits, let go of the database."""
        if self._closed:
            return
        self._closed = True
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writer.close()
        self._readers.shutdown()
        self._reading.dispose()
        self._writing.dispose()
        self._claim.release()

    def _record(self, conn: Connection, items: Sequence[Item]) -> list[list[Recorded]]:
        everything = [item for matched, _ in items for item in matched]
        recorded = iter(record(conn, everything, max(now for _, now in items), self._rules))
        return [[next(recorded) for _ in matched] for matched, _ in items]

    def _read(self, call: Callable[[Connection], R], *, again: bool = True) -> R:
        if time.monotonic() < self._away_until and not self._writer.healthy:
            raise _unreadable("the database does not answer")
        try:
            with self._reading.connect() as conn:
                return call(conn)
        except DBAPIError as error:
            if again and error.connection_invalidated:  # it may have died in its idle time; looking twice harms nobody
                return self._read(call, again=False)
            if not is_outage(error):
                raise
            self._writer.doubt(error)
            if is_away(error):
                self._away_until = time.monotonic() + AWAY_S
            raise _unreadable(problem_of(error)) from error

    def _remember_version(self, marks: Marks) -> None:
        if LISTS in marks:
            self._claim.version = marks[LISTS]

    def _after(self, marks: Collection[str]) -> None:
        if DELIVERIES in marks and self.on_deliveries is not None:
            self.on_deliveries()
        if KEYS in marks and self.on_keys is not None:
            self.on_keys()


def _unreadable(problem: str) -> StoreUnavailable:
    return StoreUnavailable(f"the store cannot be read now ({problem}); try again in a moment")


def _call(work: Callable[..., R], args: tuple[object, ...], kwargs: dict[str, object], conn: Connection) -> R:
    return work(conn, *args, **kwargs)


def _probe(conn: Connection) -> None:
    """Ask for room on the disk, which a row in the place of another may not need, and give it back; write."""
    with conn.begin_nested() as asked:
        row = {"event_id": "probe", "type": "probe", "created_at": EPOCH, "body": os.urandom(PROBE_BYTES)}
        conn.execute(insert(events), row)
        asked.rollback()
    conn.execute(update(log).values(version=log.c.version))
