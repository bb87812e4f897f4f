"""Webhook endpoints, the events sent to them, and the outbox that hands due deliveries to the sender."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Protocol

from msgspec import Meta, Struct

EventType = Literal["hit.created", "hit.updated", "hit.withdrawn", "hit.disposed", "test"]


class Webhook(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One receiver. lists: watchlists whose events it gets, empty for all that its creator may see."""

    webhook_id: str
    url: Annotated[str, Meta(max_length=2000)]
    created_at: datetime
    description: Annotated[str, Meta(max_length=200)] | None = None
    lists: frozenset[str] = frozenset()
    covert_lists: frozenset[str] = frozenset()
    enabled: bool = True
    disabled_reason: str | None = None
    failing_since: datetime | None = None


class Event(Struct, frozen=True):
    """What happened, as it is sent: event_id is the webhook-id of every endpoint, retry and replay."""

    event_id: str
    type: EventType
    created_at: datetime
    body: bytes
    hit_id: str | None = None
    watchlist_id: str | None = None


class Delivery(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event on its way to one endpoint, as the interface shows it."""

    delivery_id: int
    webhook_id: str
    event_id: str
    type: EventType
    state: Literal["pending", "delivered", "failed", "cancelled"]
    created_at: datetime
    attempts: int
    due_at: datetime | None = None
    last_status: int | None = None
    last_error: str | None = None
    last_latency_ms: float | None = None
    last_answer: str | None = None
    delivered_at: datetime | None = None


class Due(Struct, frozen=True):
    """A delivery that the sender should try now. attempt: 1 for the first."""

    delivery_id: int
    webhook_id: str
    url: str
    secrets: Sequence[str]
    event_id: str
    body: bytes
    attempt: int
    created_at: datetime


class Attempt(Struct, frozen=True):
    """One try and its outcome. status None: no answer came. next_due None: no further try (delivered or given up)."""

    delivery_id: int
    webhook_id: str
    at: datetime
    delivered: bool
    status: int | None
    latency_ms: float
    error: str | None
    answer: str | None
    next_due: datetime | None
    disable: str | None = None


class Outbox(Protocol):
    """Where the sender takes deliveries from and reports to; the store fulfils it.

    The sender remembers what it has in hand, so the store claims nothing and both calls only read.
    """

    async def take_due(self, now: datetime, per_endpoint: int, skip: frozenset[str]) -> list[Due]:
        """The pending deliveries with due_at <= now of enabled endpoints, save those whose webhook_id is in skip.

        Of each endpoint the oldest per_endpoint only (by due_at, then delivery_id), so that a dead endpoint's
        backlog hides nobody else's. Those due later than LONGEST_WAIT from now are among the due: they were planned by
        a clock that has been set back since. Those that the sender has in hand are among them and it drops them.
        """
        ...

    async def next_due(self, after: datetime) -> datetime | None:
        """The earliest due_at > after among pending deliveries of enabled endpoints, None where there is none."""
        ...

    async def record_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Write what the tries did, all in one transaction; durable when it returns, else StoreUnavailable.

        delivered: the delivery is done; else it is due again at next_due, or failed for good where that is None.
        disable: the reason why the endpoint is to be disabled. Attempts of deliveries that are gone are skipped.
        """
        ...
