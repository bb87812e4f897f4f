"""Tokens: the text that a camera or a person shows, and the digest that is all the store keeps of it."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime

from platematch.access.key import Key, Role, StoredKey
from platematch.errors import Unauthenticated

SECRET_BYTES = 32
KEY_ID_BYTES = 6
_SHAPE = re.compile(r"pm_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")
_ANYWHERE = re.compile(r"pm_([0-9a-f]{12})_[A-Za-z0-9_%-]+")


def issue(
    role: Role,
    owner: str,
    now: datetime,
    *,
    scope: frozenset[str] = frozenset(),
    expires_at: datetime | None = None,
) -> tuple[str, StoredKey]:
    """A new token `pm_<key_id>_<secret>` and what to store of it; the token itself is shown once and kept nowhere."""
    key_id = secrets.token_hex(KEY_ID_BYTES)
    token = f"pm_{key_id}_{secrets.token_urlsafe(SECRET_BYTES)}"
    key = Key(key_id=key_id, role=role, owner=owner, created_at=now, scope=scope, expires_at=expires_at)
    return token, StoredKey(key=key, digest=digest(token))


def digest(token: str) -> bytes:
    """SHA-256 of the token: 32 bytes."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def key_id_of(token: str) -> str | None:
    """The key_id that a token names, None where the text has not a token's shape."""
    shape = _SHAPE.fullmatch(token)
    return shape.group(1) if shape else None


def verify(stored: StoredKey | None, shown: bytes) -> Key:
    """The key whose token has the digest `shown`, alive or not. Raises Unauthenticated where it is unknown or wrong.

    Unknown and wrong are one message, so that nobody learns which key_ids exist.
    """
    if stored is None or not hmac.compare_digest(stored.digest, shown):
        raise Unauthenticated("this key is not known here")
    return stored.key


def check_alive(key: Key, now: datetime) -> None:
    """Raises Unauthenticated where the key is revoked or has expired by `now`."""
    if key.revoked_at is not None and key.revoked_at <= now:
        raise Unauthenticated(f"key {key.key_id} was revoked")
    if key.expires_at is not None and key.expires_at <= now:
        raise Unauthenticated(f"key {key.key_id} expired at {key.expires_at.isoformat()}")


def redact(text: str) -> str:
    """The text with the secret part of every token in it left out: for logs."""
    return _ANYWHERE.sub(r"pm_\1_…", text)
