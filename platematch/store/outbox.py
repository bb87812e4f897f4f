"""The sender's side of deliveries: which are due, and what the tries did; Outbox says what each call means."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, insert, select, update

from platematch.store.chunks import chunks
from platematch.store.columns import Moment
from platematch.store.schema import attempts as attempt_table
from platematch.store.schema import deliveries, events, webhooks
from platematch.webhooks.endpoint import Attempt, Due
from platematch.webhooks.schedule import LONGEST_WAIT

_WAITING = (deliveries.c.state == "pending", webhooks.c.enabled)


def take_due(conn: Connection, now: datetime, per_endpoint: int, skip: frozenset[str]) -> list[Due]:
    """See Outbox.take_due; the oldest first over all."""
    place = func.row_number().over(
        partition_by=deliveries.c.webhook_id, order_by=(deliveries.c.due_at, deliveries.c.delivery_id)
    )
    timely, misplanned = deliveries.c.due_at <= now, deliveries.c.due_at > now + LONGEST_WAIT
    ranked = (
        select(deliveries.c.delivery_id, place.label("place"))
        .join_from(deliveries, webhooks)
        .where(*_WAITING, timely | misplanned, deliveries.c.webhook_id.not_in(skip))
        .subquery()
    )
    query = (
        select(deliveries, webhooks.c.url, webhooks.c.secrets, events.c.body)
        .join_from(ranked, deliveries, ranked.c.delivery_id == deliveries.c.delivery_id)
        .join(webhooks)
        .join(events)
        .where(ranked.c.place <= per_endpoint)
        .order_by(deliveries.c.due_at, deliveries.c.delivery_id)
    )
    return [
        Due(
            delivery_id=row.delivery_id,
            webhook_id=row.webhook_id,
            url=row.url,
            secrets=row.secrets,
            event_id=row.event_id,
            body=row.body,
            attempt=row.attempts + 1,
            created_at=row.created_at,
        )
        for row in conn.execute(query)
    ]


def next_due(conn: Connection, after: datetime) -> datetime | None:
    """See Outbox.next_due."""
    query = select(func.min(deliveries.c.due_at)).join_from(deliveries, webhooks)
    return conn.execute(query.where(*_WAITING, deliveries.c.due_at > after)).scalar_one_or_none()


def record_attempts(conn: Connection, attempts: Sequence[Attempt]) -> None:
    """See Outbox.record_attempts."""
    present: set[int] = set()
    for chunk in chunks({attempt.delivery_id for attempt in attempts}):
        query = select(deliveries.c.delivery_id).where(deliveries.c.delivery_id.in_(chunk))
        present.update(conn.execute(query).scalars())
    made = [attempt for attempt in attempts if attempt.delivery_id in present]
    if not made:
        return
    columns = ("delivery_id", "at", "delivered", "status", "latency_ms", "error", "answer")
    conn.execute(insert(attempt_table), [{name: getattr(attempt, name) for name in columns} for attempt in made])
    counted = update(deliveries).where(deliveries.c.delivery_id == bindparam("of"))
    conn.execute(counted.values(attempts=deliveries.c.attempts + 1), [_outcome(attempt) for attempt in made])
    _record_health(conn, made)


def _outcome(attempt: Attempt) -> dict[str, Any]:
    state = "delivered" if attempt.delivered else "failed" if attempt.next_due is None else "pending"
    return {
        "of": attempt.delivery_id,
        "state": state,
        "due_at": None if attempt.delivered else attempt.next_due,
        "last_status": attempt.status,
        "last_error": attempt.error,
        "last_latency_ms": attempt.latency_ms,
        "last_answer": attempt.answer,
        "delivered_at": attempt.at if attempt.delivered else None,
    }


def _record_health(conn: Connection, attempts: Sequence[Attempt]) -> None:
    """Since when each endpoint has been failing, as of its last try; and whether it is to be disabled."""
    last = {attempt.webhook_id: attempt for attempt in attempts}
    since = case((webhooks.c.failing_since.is_(None), bindparam("at", type_=Moment())), else_=webhooks.c.failing_since)
    of = webhooks.c.webhook_id == bindparam("of")
    well = [{"of": webhook_id} for webhook_id, attempt in last.items() if attempt.delivered]
    ill = [{"of": webhook_id, "at": attempt.at} for webhook_id, attempt in last.items() if not attempt.delivered]
    ended = [{"of": attempt.webhook_id, "reason": attempt.disable} for attempt in attempts if attempt.disable]
    if well:
        conn.execute(update(webhooks).where(of, webhooks.c.failing_since.is_not(None)).values(failing_since=None), well)
    if ill:
        conn.execute(update(webhooks).where(of).values(failing_since=since), ill)
    if ended:
        disabled = update(webhooks).where(of).values(enabled=False, disabled_reason=bindparam("reason"))
        conn.execute(disabled, ended)
