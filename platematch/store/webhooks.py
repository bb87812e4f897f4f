"""Webhook endpoints, and their deliveries as people look at them."""

from __future__ import annotations

import secrets as chance
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec.structs import asdict
from sqlalchemy import Connection, RowMapping, insert, select

from platematch.errors import Conflict, NotFound
from platematch.store.announcing import deliver
from platematch.store.paging import cursor_of, key_of
from platematch.store.schema import attempts, deliveries, events, webhooks
from platematch.webhooks.endpoint import Delivery, Webhook
from platematch.webhooks.events import test_event


def create(conn: Connection, webhook: Webhook, *secrets: str) -> None:
    """Add the endpoint with the secrets that sign its deliveries, the newest first."""
    if get(conn, webhook.webhook_id) is not None:
        raise Conflict(f"there is a webhook {webhook.webhook_id} already", field="webhook_id")
    conn.execute(insert(webhooks), {**asdict(webhook), "secrets": list(secrets)})


def get(conn: Connection, webhook_id: str) -> Webhook | None:
    """The endpoint, without its secrets."""
    row = conn.execute(select(webhooks).where(webhooks.c.webhook_id == webhook_id)).mappings().one_or_none()
    return None if row is None else _webhook(row)


def page(conn: Connection, cursor: str | None, limit: int) -> tuple[list[Webhook], str | None]:
    """Endpoints by age, the oldest first."""
    query = select(webhooks).order_by(webhooks.c.created_at, webhooks.c.webhook_id).limit(limit + 1)
    if cursor is not None:
        at, webhook_id = key_of(cursor, datetime, str)
        query = query.where(
            webhooks.c.created_at >= at, (webhooks.c.created_at > at) | (webhooks.c.webhook_id > webhook_id)
        )
    found = [_webhook(row) for row in conn.execute(query).mappings()]
    last = found[limit - 1] if len(found) > limit else None
    return found[:limit], None if last is None else cursor_of(last.created_at, last.webhook_id)


def update(conn: Connection, webhook: Webhook) -> None:
    """Replace what its owner may set; one that is enabled again starts without a history of failures. NotFound."""
    present = get(conn, webhook.webhook_id)
    if present is None:
        raise NotFound(f"there is no webhook {webhook.webhook_id}", field="webhook_id")
    settable = ("url", "description", "lists", "covert_lists", "enabled", "disabled_reason")
    values = {name: getattr(webhook, name) for name in settable}
    if webhook.enabled and not present.enabled:
        values["failing_since"] = None
    conn.execute(sa.update(webhooks).where(webhooks.c.webhook_id == webhook.webhook_id).values(values))


def delete(conn: Connection, webhook_id: str) -> bool:
    """Whether there was such an endpoint; now it is gone with its deliveries."""
    own = select(deliveries.c.delivery_id).where(deliveries.c.webhook_id == webhook_id)
    conn.execute(sa.delete(attempts).where(attempts.c.delivery_id.in_(own)))
    conn.execute(sa.delete(deliveries).where(deliveries.c.webhook_id == webhook_id))
    return conn.execute(sa.delete(webhooks).where(webhooks.c.webhook_id == webhook_id)).rowcount == 1


def deliveries_page(
    conn: Connection, webhook_id: str, cursor: str | None, limit: int
) -> tuple[list[Delivery], str | None]:
    """An endpoint's deliveries, the newest first."""
    query = select(deliveries, events.c.type).join_from(deliveries, events)
    query = query.where(deliveries.c.webhook_id == webhook_id)
    if cursor is not None:
        query = query.where(deliveries.c.delivery_id < key_of(cursor, int)[0])
    rows = conn.execute(query.order_by(deliveries.c.delivery_id.desc()).limit(limit + 1)).mappings()
    found = [Delivery(**_fields(Delivery, row)) for row in rows]
    return found[:limit], cursor_of(found[limit - 1].delivery_id) if len(found) > limit else None


def enqueue_test(conn: Connection, webhook_id: str, now: datetime) -> str:
    """Send the endpoint a test event; its event_id. NotFound, or Conflict where the endpoint is disabled."""
    webhook = get(conn, webhook_id)
    if webhook is None:
        raise NotFound(f"there is no webhook {webhook_id}", field="webhook_id")
    if not webhook.enabled:
        raise Conflict(f"webhook {webhook_id} is disabled ({webhook.disabled_reason}); enable it first")
    event = test_event(webhook_id, now, chance.token_hex(8))
    conn.execute(insert(events), asdict(event))
    deliver(conn, [(webhook_id, event)], now)
    return event.event_id


def _webhook(row: RowMapping) -> Webhook:
    return Webhook(**_fields(Webhook, row))


def _fields(kind: type[Webhook] | type[Delivery], row: RowMapping) -> dict[str, Any]:
    return {name: row[name] for name in kind.__struct_fields__}
