"""/v1/keys: admins make, see and revoke keys; a token is shown once, in the answer that makes it."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from platematch.access import CAMERA_SCOPED, Key, Role, StoredKey, issue, list_scope
from platematch.api.endpoint import Call, Endpoints, Nothing, Page, Paging
from platematch.errors import Forbidden, InvalidInput, NotFound
from platematch.reads import Identifier, Instant
from platematch.store import audit, keys

endpoints = Endpoints("keys")

# Stands in a shown scope for lists that do not exist for the caller.
HIDDEN = "(hidden)"


class NewKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """scope: camera ids (camera, patrol) or watchlist ids (the other roles); empty means all that are not covert."""

    role: Role
    owner: Annotated[str, Meta(min_length=1, max_length=200)]
    scope: Annotated[frozenset[Identifier], Meta(max_length=10_000)] = frozenset()
    expires_at: Instant | None = None


class IssuedKey(Struct, frozen=True, omit_defaults=True):
    """A new key. token: shown here and never again."""

    token: str
    key: Key


@endpoints.declare("POST", "/v1/keys", "keys.write", "Make a key", status=201)
async def create_key(call: Call[Nothing, NewKey]) -> IssuedKey:
    """An admin cannot give away covert lists that its own scope does not name."""
    asked = call.body
    if asked.expires_at is not None and asked.expires_at <= call.now:
        raise InvalidInput("expires_at has passed already", field="$.expires_at")
    await _check_grant(call, asked)
    token, stored = issue(asked.role, asked.owner, call.now, scope=asked.scope, expires_at=asked.expires_at)
    await call.service.pipeline.store.write(_create, stored, call.now, call.actor)
    return IssuedKey(token, stored.key)


@endpoints.declare("GET", "/v1/keys", "keys.read", "List keys")
async def list_keys(call: Call[Paging, None]) -> Page[Key]:
    """Revoked and expired ones too."""
    page = await call.paged(keys.page)
    return Page(await _shown(call, page.items), page.next)


@endpoints.declare("GET", "/v1/keys/{key_id}", "keys.read", "One key", problems=(404,))
async def get_key(call: Call[Nothing, None]) -> Key:
    """What may be shown of it."""
    stored = await call.service.pipeline.store.read(keys.find, call.path("key_id"))
    if stored is None:
        raise _unknown(call.path("key_id"))
    return (await _shown(call, [stored.key]))[0]


@endpoints.declare("DELETE", "/v1/keys/{key_id}", "keys.write", "Revoke a key", status=204, problems=(404, 503))
async def revoke_key(call: Call[Nothing, None]) -> None:
    """It is refused from now on; other processes notice within seconds."""
    key_id = call.path("key_id")
    if not await call.service.pipeline.store.write(_revoke, key_id, call.now, call.actor):
        raise _unknown(key_id)
    call.service.authenticator.forget()


async def _shown(call: Call[Any, None], keys: Sequence[Key]) -> list[Key]:
    """The keys without the names in their scopes of lists that do not exist for the caller."""
    named = {name for key in keys if key.role not in CAMERA_SCOPED for name in key.scope}
    secret = await _ungrantable(call, named)

    def shown(key: Key) -> Key:
        if key.role in CAMERA_SCOPED or not key.scope & secret:
            return key
        return replace(key, scope=key.scope - secret | {HIDDEN})

    return [shown(key) for key in keys]


async def _ungrantable(call: Call[Any, Any], names: Set[str]) -> frozenset[str]:
    """The names of lists that the caller may neither know of nor give away; one still to be made counts as open."""
    scope = list_scope(call.key)
    return await call.service.hidden(call.key, names) if scope is None else frozenset(names - scope)


async def _check_grant(call: Call[Nothing, NewKey], asked: NewKey) -> None:
    if asked.role in CAMERA_SCOPED:
        return
    if list_scope(call.key) is not None and not asked.scope:
        raise Forbidden("your key is limited to lists; a key that it makes must name lists among them", field="$.scope")
    if await _ungrantable(call, asked.scope):
        raise Forbidden("scope names a list that your key may not grant", field="$.scope")


def _create(conn: Connection, stored: StoredKey, now: datetime, actor: str) -> None:
    keys.create(conn, stored)
    detail = {"role": stored.key.role, "owner": stored.key.owner, "scope": sorted(stored.key.scope)}
    audit.append(conn, now, actor, "key.create", f"key/{stored.key.key_id}", detail)


def _revoke(conn: Connection, key_id: str, now: datetime, actor: str) -> bool:
    revoked = keys.revoke(conn, key_id, now)
    if revoked:
        audit.append(conn, now, actor, "key.revoke", f"key/{key_id}")
    return revoked


def _unknown(key_id: str) -> NotFound:
    return NotFound(f"there is no key {key_id!r}")
