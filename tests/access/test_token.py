"""Tokens: their shape, what is stored of them, and when a key is dead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from platematch.access import check_alive, digest, issue, key_id_of, redact, verify
from platematch.errors import Unauthenticated

NOW = datetime.now(UTC)
SOON = NOW + timedelta(hours=1)


def test_a_token_names_its_key_and_verifies_against_what_is_stored() -> None:
    token, stored = issue("police", "Ana", NOW, scope=frozenset({"stolen"}), expires_at=SOON)
    assert key_id_of(token) == stored.key.key_id
    assert verify(stored, digest(token)) is stored.key
    assert (stored.key.role, stored.key.owner, stored.key.scope) == ("police", "Ana", {"stolen"})
    assert token[-43:].encode() not in stored.digest


def test_tokens_hold_256_random_bits_and_never_repeat() -> None:
    tokens = {issue("camera", "gate", NOW)[0] for _ in range(50)}
    assert len(tokens) == 50
    assert all(len(token.split("_", 2)[2]) == 43 for token in tokens)


@pytest.mark.parametrize(
    "shown", ["", "pm_", "x", "pm_0123456789ab_short", "PM_0123456789ab_" + "a" * 43, "\ud800", "é"]
)
def test_a_text_of_another_shape_names_no_key(shown: str) -> None:
    assert key_id_of(shown) is None


def test_unknown_and_wrong_tokens_are_refused_alike() -> None:
    _, stored = issue("camera", "gate", NOW)
    other, _ = issue("camera", "gate", NOW)
    with pytest.raises(Unauthenticated) as wrong:
        verify(stored, digest(other))
    with pytest.raises(Unauthenticated) as unknown:
        verify(None, digest(other))
    assert wrong.value.message == unknown.value.message


def test_a_surrogate_in_a_token_is_digested_not_an_error() -> None:
    assert len(digest("pm_\ud800")) == 32


def test_a_key_dies_at_its_expiry_and_at_its_revocation() -> None:
    key = issue("camera", "gate", NOW, expires_at=SOON)[1].key
    check_alive(key, NOW)
    check_alive(key, SOON - timedelta(microseconds=1))
    with pytest.raises(Unauthenticated, match="expired"):
        check_alive(key, SOON)
    with pytest.raises(Unauthenticated, match="revoked"):
        check_alive(replace(key, revoked_at=NOW), NOW)


def test_redaction_leaves_the_key_id_and_nothing_of_the_secret() -> None:
    token, stored = issue("camera", "gate", NOW)
    line = redact(f"POST /v1/k/{token}/cameras/gate-1/hikvision failed; again {token}")
    assert token.split("_", 2)[2] not in line
    assert line.count(stored.key.key_id) == 2
    assert "/cameras/gate-1/hikvision" in line
