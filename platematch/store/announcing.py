"""Writes events and one delivery of each for every endpoint that is to know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import asdict
from sqlalchemy import Connection, insert, select

from platematch.hits.hit import Hit
from platematch.store.marks import DELIVERIES, mark
from platematch.store.schema import deliveries, events, webhooks
from platematch.store.watchlists import covert_lists
from platematch.webhooks.endpoint import Event, EventType
from platematch.webhooks.events import hit_event


def announce(conn: Connection, news: Sequence[tuple[EventType, Hit, int]], now: datetime) -> None:
    """Tell of each (type, hit as it stood then, number of the event among the hit's)."""
    if not news:
        return
    made = [hit_event(type, hit, now, ordinal) for type, hit, ordinal in news]
    conn.execute(insert(events), [asdict(event) for event in made])
    covert = covert_lists(conn) | {hit.watchlist_id for _, hit, _ in news if hit.watchlist.covert}
    endpoints = conn.execute(
        select(webhooks.c.webhook_id, webhooks.c.lists, webhooks.c.covert_lists).where(webhooks.c.enabled)
    ).all()
    deliver(
        conn,
        [
            (endpoint.webhook_id, event)
            for event in made
            for endpoint in endpoints
            if _wants(event.watchlist_id or "", covert, endpoint.lists, endpoint.covert_lists)
        ],
        now,
    )


def deliver(conn: Connection, pairs: Sequence[tuple[str, Event]], now: datetime) -> None:
    """Write a delivery, due at once, for each (webhook_id, event); the events are stored already."""
    if not pairs:
        return
    rows = [
        {
            "webhook_id": webhook_id,
            "event_id": event.event_id,
            "state": "pending",
            "created_at": now,
            "attempts": 0,
            "due_at": now,
        }
        for webhook_id, event in pairs
    ]
    conn.execute(insert(deliveries), rows)
    mark(conn, DELIVERIES)


def _wants(watchlist_id: str, covert: frozenset[str], lists: frozenset[str], covert_lists: frozenset[str]) -> bool:
    """Covert lists are told only to endpoints that name them as such; naming no list means all the others."""
    if watchlist_id in covert:
        return watchlist_id in covert_lists
    return not lists or watchlist_id in lists
