"""Two outboxes for the sender's tests: one in memory, in plain Python, and the store's own over SQLite."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from msgspec.structs import asdict
from sqlalchemy import Connection, insert, select

from platematch.errors import StoreUnavailable
from platematch.store import webhooks
from platematch.store.announcing import deliver
from platematch.store.schema import deliveries, events
from platematch.store.store import Store
from platematch.webhooks.endpoint import Attempt, Due, Event, Webhook
from platematch.webhooks.events import test_event as make_test_event
from platematch.webhooks.signature import new_secret


@dataclass
class Row:
    delivery_id: int
    webhook_id: str
    event: Event
    due_at: datetime | None
    state: str = "pending"
    attempts: int = 0


class Watched:
    """What the tests see and set of an outbox. away: it fails as a store does; *_s: how long its calls take."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.disabled: dict[str, str] = {}
        self.batches: list[int] = []
        self.takes = 0
        self.away = False
        self.commit_s = 0.002
        self.read_s = 0.0
        self.hooks = 0
        self.events = 0
        self.wake: Callable[[], None] = lambda: None

    def of(self, webhook_id: str) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.webhook_id == webhook_id]

    async def register(self, url: str, secrets: Sequence[str] = ()) -> str:
        self.hooks += 1
        await self.add_endpoint(f"wh_{self.hooks}", url, list(secrets) or [new_secret()])
        return f"wh_{self.hooks}"

    async def put(self, webhook_id: str, now: datetime, count: int = 1) -> list[str]:
        """Queue that many events; their ids."""
        made = [make_test_event(webhook_id, now, str(self.events + i)) for i in range(count)]
        self.events += count
        await self.add_events(webhook_id, made, now)
        self.wake()
        return [event.event_id for event in made]

    async def take_due(self, now: datetime, per_endpoint: int, skip: frozenset[str]) -> list[Due]:
        self.takes += 1
        if self.away:
            raise StoreUnavailable("the disk is full")
        taken = await self.find_due(now, per_endpoint, skip)
        await asyncio.sleep(self.read_s)
        return taken

    async def record_attempts(self, attempts: Sequence[Attempt]) -> None:
        await asyncio.sleep(self.commit_s)
        if self.away:
            raise StoreUnavailable("the disk is full")
        await self.write_attempts(attempts)
        self.batches.append(len(attempts))
        self.disabled |= {attempt.webhook_id: attempt.disable for attempt in attempts if attempt.disable}
        self.attempts += attempts


class MemoryOutbox(Watched):
    """The Outbox in a list."""

    def __init__(self) -> None:
        super().__init__()
        self.endpoints: dict[str, tuple[str, list[str]]] = {}
        self.rows: list[Row] = []

    async def add_endpoint(self, webhook_id: str, url: str, secrets: list[str]) -> None:
        self.endpoints[webhook_id] = (url, secrets)

    async def add_events(self, webhook_id: str, made: Sequence[Event], now: datetime) -> None:
        first = len(self.rows)
        self.rows += [Row(first + i, webhook_id, event, now) for i, event in enumerate(made)]

    async def states(self) -> list[str]:
        return [row.state for row in self.rows]

    def _pending(self) -> list[Row]:
        return [row for row in self.rows if row.state == "pending" and row.webhook_id not in self.disabled]

    async def find_due(self, now: datetime, per_endpoint: int, skip: frozenset[str]) -> list[Due]:
        taken: list[Due] = []
        counts: Counter[str] = Counter()
        for row in sorted(self._pending(), key=lambda row: (row.due_at, row.delivery_id)):
            if row.due_at <= now and row.webhook_id not in skip and counts[row.webhook_id] < per_endpoint:
                counts[row.webhook_id] += 1
                url, secrets = self.endpoints[row.webhook_id]
                event = row.event
                ids = (row.delivery_id, row.webhook_id)
                taken.append(Due(*ids, url, secrets, event.event_id, event.body, row.attempts + 1, event.created_at))
        return taken

    async def next_due(self, after: datetime) -> datetime | None:
        return min((row.due_at for row in self._pending() if row.due_at > after), default=None)

    async def write_attempts(self, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            row = self.rows[attempt.delivery_id]
            row.attempts += 1
            row.due_at = attempt.next_due
            row.state = "delivered" if attempt.delivered else "pending" if attempt.next_due else "failed"


class StoreOutbox(Watched):
    """The store's Outbox."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.commit_s = 0.0

    async def add_endpoint(self, webhook_id: str, url: str, secrets: list[str]) -> None:
        webhook = Webhook(webhook_id=webhook_id, url=url, created_at=datetime.now().astimezone())
        await self.store.write(webhooks.create, webhook, *secrets)

    async def add_events(self, webhook_id: str, made: Sequence[Event], now: datetime) -> None:
        def write(conn: Connection) -> None:
            conn.execute(insert(events), [asdict(event) for event in made])
            deliver(conn, [(webhook_id, event) for event in made], now)

        await self.store.write(write)

    async def states(self) -> list[str]:
        query = select(deliveries.c.state).order_by(deliveries.c.delivery_id)
        return await self.store.read(lambda conn: list(conn.execute(query).scalars()))

    async def find_due(self, now: datetime, per_endpoint: int, skip: frozenset[str]) -> list[Due]:
        return await self.store.take_due(now, per_endpoint, skip)

    async def next_due(self, after: datetime) -> datetime | None:
        return await self.store.next_due(after)

    async def write_attempts(self, attempts: Sequence[Attempt]) -> None:
        await self.store.record_attempts(attempts)


@asynccontextmanager
async def open_outbox(kind: str, folder: Path) -> AsyncIterator[Watched]:
    """One of the two, "memory" or "sqlite", so that each test of the sender runs over both."""
    if kind == "memory":
        yield MemoryOutbox()
        return
    store = await asyncio.to_thread(Store.open, f"sqlite:///{folder}/platematch.db")
    yield StoreOutbox(store)
    await store.close()
