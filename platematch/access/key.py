"""Keys: one role, a scope, an expiry and an owner each; only a hash of the secret part is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from platematch.reads import Instant

Role = Literal["camera", "patrol", "police", "operator", "auditor", "admin"]


class Key(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A key as it may be shown. scope: camera ids (camera, patrol) or watchlist ids (others); empty means all.

    Covert lists and their hits are open only to keys whose scope names them, whatever the role.
    """

    key_id: str
    role: Role
    owner: Annotated[str, Meta(min_length=1, max_length=200)]
    created_at: datetime
    scope: frozenset[str] = frozenset()
    expires_at: Instant | None = None
    revoked_at: datetime | None = None


class StoredKey(Struct, frozen=True):
    """A key with the SHA-256 of its token: tokens carry 256 random bits, so a slow hash would add nothing."""

    key: Key
    digest: bytes
