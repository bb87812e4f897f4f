"""Signatures of events and their check, by the Standard Webhooks specification 1.0.0."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets as entropy
from collections.abc import Mapping, Sequence
from datetime import datetime

from platematch.errors import InvalidInput

PREFIX = "whsec_"
TOLERANCE_S = 300.0


def new_secret() -> str:
    """A fresh signing secret of 32 random bytes, the longest and strongest that the specification knows."""
    return PREFIX + base64.b64encode(entropy.token_bytes(32)).decode()


def sign(secrets: Sequence[str], event_id: str, timestamp: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a delivery: one signature per secret, so that a receiver may change secrets at leisure.

    timestamp: aware, the time of the attempt. InvalidInput where a secret is not one.
    """
    seconds = str(int(timestamp.timestamp()))
    return {
        "webhook-id": event_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(
            "v1," + base64.b64encode(_digest(secret, event_id, seconds, body)).decode() for secret in secrets
        ),
    }


def verify(
    secrets: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    *,
    tolerance_s: float = TOLERANCE_S,
) -> str:
    """The event id of a genuine delivery, signed with any of the secrets within tolerance_s of now, either way.

    InvalidInput where a header is missing or malformed, the time is off, or no signature matches.
    """
    given = {name.lower(): value for name, value in headers.items()}
    event_id, seconds, signatures = (_header(given, name) for name in ("id", "timestamp", "signature"))
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 12):
        raise InvalidInput("webhook-timestamp is no time in whole seconds", field="webhook-timestamp")
    if abs(now.timestamp() - int(seconds)) > tolerance_s:
        raise InvalidInput(
            "webhook-timestamp is too far from the present; check both clocks", field="webhook-timestamp"
        )
    expected = [_digest(secret, event_id, seconds, body) for secret in secrets]
    matches = [hmac.compare_digest(digest, claimed) for claimed in _claimed_digests(signatures) for digest in expected]
    if not any(matches):
        raise InvalidInput(
            "no signature matches; was the body changed, or is it another secret?", field="webhook-signature"
        )
    return event_id


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(f"webhook-{name}")
    if not value:
        raise InvalidInput(f"the header webhook-{name} is missing", field=f"webhook-{name}")
    return value


def _claimed_digests(signatures: str) -> list[bytes]:
    """The v1 signatures of the header; what is malformed or of another version counts for nothing."""
    found = []
    for item in signatures.split(" "):
        version, _, text = item.partition(",")
        if version == "v1":
            try:
                found.append(base64.b64decode(text.encode(), validate=True))
            except (binascii.Error, UnicodeEncodeError):
                continue
    return found


def _digest(secret: str, event_id: str, seconds: str, body: bytes) -> bytes:
    message = b".".join((event_id.encode(errors="surrogateescape"), seconds.encode(), body))
    return hmac.digest(_key(secret), message, "sha256")


def _key(secret: str) -> bytes:
    text = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        key = b""
    if not key:
        raise InvalidInput(f"a webhook secret is {PREFIX} followed by base64", field="secret")
    return key
