"""/v1/webhooks: where hit events are sent, how the sending goes, and a test event."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace
from sqlalchemy import Connection

from platematch.access import list_scope
from platematch.api.endpoint import Call, Endpoints, Nothing, Page, Paging
from platematch.errors import Forbidden, InvalidInput, NotFound
from platematch.reads import Identifier
from platematch.store import audit, webhooks
from platematch.webhooks.endpoint import Delivery, Webhook
from platematch.webhooks.guard import check_url
from platematch.webhooks.signature import new_secret

endpoints = Endpoints("webhooks")

_PATH = "/v1/webhooks/{webhook_id}"
Url = Annotated[str, Meta(min_length=1, max_length=2000)]
Lists = Annotated[frozenset[Identifier], Meta(max_length=1000)]
Description = Annotated[str, Meta(max_length=200)]


class NewWebhook(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """lists: watchlists whose events it gets; empty for all that exist for the key that makes it."""

    url: Url
    description: Description | None = None
    lists: Lists = frozenset()


class WebhookChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    url: Url | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    lists: Lists | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class MadeWebhook(Struct, frozen=True):
    """A new webhook. secret: signs its deliveries (Standard Webhooks); shown here and never again."""

    webhook_id: str
    secret: str
    webhook: Webhook


class SentTest(Struct, frozen=True):
    """The test event is on its way; the webhook's deliveries tell how it went."""

    event_id: str


@endpoints.declare("POST", "/v1/webhooks", "webhooks.write", "Register a receiver of hit events", status=201)
async def create_webhook(call: Call[Nothing, NewWebhook]) -> MadeWebhook:
    """Its url must lead to a public address, unless a setting allows others."""
    asked = call.body
    _check_url(call, asked.url)
    lists, covert = _lists(call, asked.lists)
    webhook = Webhook(
        webhook_id=f"wh_{secrets.token_hex(8)}",
        url=asked.url,
        created_at=call.now,
        description=asked.description,
        lists=lists,
        covert_lists=covert,
    )
    secret = new_secret()
    await call.service.pipeline.store.write(_create, webhook, secret, call.now, call.actor)
    return MadeWebhook(webhook.webhook_id, secret, webhook)


@endpoints.declare("GET", "/v1/webhooks", "webhooks.read", "List webhooks")
async def list_webhooks(call: Call[Paging, None]) -> Page[Webhook]:
    """Without their secrets; a page may be short where the key may not see all."""
    page = await call.paged(webhooks.page)
    return Page([webhook for webhook in page.items if _exists_for(call, webhook)], page.next)


@endpoints.declare("GET", _PATH, "webhooks.read", "One webhook", problems=(404,))
async def get_webhook(call: Call[Nothing, None]) -> Webhook:
    """Without its secret."""
    return await _visible(call)


@endpoints.declare("PATCH", _PATH, "webhooks.write", "Change a webhook", problems=(404,))
async def patch_webhook(call: Call[Nothing, WebhookChange]) -> Webhook:
    """enabled: true takes up the deliveries that wait."""
    present, asked = await _visible(call), call.body
    changes: dict[str, Any] = {}
    if asked.url is not UNSET:
        _check_url(call, asked.url)
        changes["url"] = asked.url
        # Whoever says where events go must be one who may know them.
        changes["covert_lists"] = present.covert_lists & (list_scope(call.key) or frozenset())
    if asked.description is not UNSET:
        changes["description"] = asked.description
    if asked.lists is not UNSET:
        changes["lists"], changes["covert_lists"] = _lists(call, asked.lists)
    if asked.enabled is not UNSET:
        changes["enabled"] = asked.enabled
        changes["disabled_reason"] = None if asked.enabled else f"by {call.actor}"
    changed = replace(present, **changes)
    await call.service.pipeline.store.write(_update, changed, call.now, call.actor)
    call.service.pipeline.sender.wake()
    return changed


@endpoints.declare("DELETE", _PATH, "webhooks.write", "Remove a webhook", status=204, problems=(404, 503))
async def delete_webhook(call: Call[Nothing, None]) -> None:
    """What was not delivered yet is not sent any more."""
    webhook = await _visible(call)
    await call.service.pipeline.store.write(_delete, webhook.webhook_id, call.now, call.actor)


@endpoints.declare("GET", _PATH + "/deliveries", "webhooks.read", "List a webhook's deliveries", problems=(404,))
async def list_deliveries(call: Call[Paging, None]) -> Page[Delivery]:
    """Newest first, with the outcome of the last attempt."""
    webhook = await _visible(call)
    return await call.paged(webhooks.deliveries_page, webhook.webhook_id)


@endpoints.declare("POST", _PATH + "/test", "webhooks.write", "Send a test event", status=202, problems=(404, 409, 503))
async def send_test(call: Call[Nothing, None]) -> SentTest:
    """Signed and retried like any other."""
    webhook = await _visible(call)
    event_id = await call.service.pipeline.store.write(webhooks.enqueue_test, webhook.webhook_id, call.now)
    call.service.pipeline.sender.wake()
    return SentTest(event_id)


async def _visible(call: Call[Any, Any]) -> Webhook:
    """The webhook of the path. Raises NotFound where there is none, or none for this key."""
    webhook_id = call.path("webhook_id")
    webhook = await call.service.pipeline.store.read(webhooks.get, webhook_id)
    if webhook is None or not _exists_for(call, webhook):
        raise NotFound(f"there is no webhook {webhook_id!r} for this key")
    return webhook


def _exists_for(call: Call[Any, Any], webhook: Webhook) -> bool:
    """A limited key has to do with webhooks of its own lists only; the others with all that get no covert list."""
    named = webhook.lists | webhook.covert_lists
    scope = list_scope(call.key)
    if scope is not None:
        return bool(webhook.lists) and named <= scope
    live = {name: call.service.pipeline.matcher.watchlist(name) for name in named}
    return not any(name in webhook.covert_lists if at is None else at.covert for name, at in live.items())


def _check_url(call: Call[Any, Any], url: str) -> None:
    try:
        check_url(url, call.service.settings.webhook_allow_private)
    except InvalidInput as error:
        raise InvalidInput(error.message, field="$.url") from None


def _lists(call: Call[Any, Any], asked: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The lists whose events a webhook of this key gets, and those of them that it gets although they be covert."""
    scope = list_scope(call.key)
    if scope is None:
        for watchlist_id in sorted(asked):
            if not call.service.sees(call.key, watchlist_id):
                raise InvalidInput(f"there is no watchlist {watchlist_id!r} for this key", field="$.lists")
        return asked, frozenset()
    if not asked <= scope:
        raise Forbidden(f"your key is limited to the lists {', '.join(sorted(scope))}", field="$.lists")
    lists = asked or scope
    return lists, lists


def _create(conn: Connection, webhook: Webhook, secret: str, now: datetime, actor: str) -> None:
    webhooks.create(conn, webhook, secret)
    audit.append(conn, now, actor, "webhook.create", f"webhook/{webhook.webhook_id}", {"url": webhook.url})


def _update(conn: Connection, webhook: Webhook, now: datetime, actor: str) -> None:
    webhooks.update(conn, webhook)
    audit.append(conn, now, actor, "webhook.update", f"webhook/{webhook.webhook_id}", {"url": webhook.url})


def _delete(conn: Connection, webhook_id: str, now: datetime, actor: str) -> None:
    webhooks.delete(conn, webhook_id)
    audit.append(conn, now, actor, "webhook.delete", f"webhook/{webhook_id}")
