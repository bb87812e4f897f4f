"""Signatures, with the package standardwebhooks as oracle in both directions."""

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Oracle

from platematch.errors import InvalidInput
from platematch.webhooks.signature import new_secret, sign, verify

KEYS = st.binary(min_size=24, max_size=64).map(lambda key: "whsec_" + base64.b64encode(key).decode())
IDS = st.from_regex(r"msg_[A-Za-z0-9]{1,40}", fullmatch=True)


@given(KEYS, IDS, st.text())
def test_the_oracle_accepts_what_is_signed(secret, event_id, text):
    body = text.encode(errors="replace")
    headers = sign([secret], event_id, datetime.now(UTC), body)
    Oracle(secret).verify(body, headers, json_parse=False)


@given(KEYS, IDS, st.text())
def test_what_the_oracle_signs_is_verified(secret, event_id, text):
    body = text.encode(errors="replace")
    now = datetime.now(UTC)
    headers = {
        "Webhook-Id": event_id,
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": Oracle(secret).sign(event_id, now, body.decode()),
    }
    assert verify([secret], headers, body, now) == event_id


@given(KEYS, IDS, st.binary())
def test_signatures_agree_for_any_zone(secret, event_id, body):
    now = datetime.now(UTC)
    shifted = now.astimezone(timezone(timedelta(hours=5)))
    assert sign([secret], event_id, now, body) == sign([secret], event_id, shifted, body)
    assert verify([secret], sign([secret], event_id, shifted, body), body, now) == event_id


def test_new_secrets_differ_and_hold_32_bytes():
    first, second = new_secret(), new_secret()
    assert first != second
    assert first.startswith("whsec_")
    assert len(base64.b64decode(first.removeprefix("whsec_"), validate=True)) == 32


def test_rotation_signs_with_every_secret_and_any_of_them_verifies():
    now, secrets = datetime.now(UTC), [new_secret(), new_secret()]
    headers = sign(secrets, "msg_1", now, b"{}")
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in secrets:
        assert verify([secret], headers, b"{}", now) == "msg_1"
        Oracle(secret).verify(b"{}", headers)
    with pytest.raises(InvalidInput, match="no signature matches"):
        verify([new_secret()], headers, b"{}", now)


@pytest.mark.parametrize("shift", [timedelta(seconds=-301), timedelta(seconds=302)])
def test_a_stale_or_future_timestamp_is_refused(shift):
    now, secret = datetime.now(UTC), new_secret()
    headers = sign([secret], "msg_1", now + shift, b"{}")
    with pytest.raises(InvalidInput, match="clocks") as caught:
        verify([secret], headers, b"{}", now)
    assert caught.value.field == "webhook-timestamp"
    assert verify([secret], headers, b"{}", now, tolerance_s=400) == "msg_1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-id", ""),
        ("webhook-id", "msg_2"),
        ("webhook-timestamp", ""),
        ("webhook-timestamp", "now"),
        ("webhook-timestamp", "-1"),
        ("webhook-timestamp", "１２"),
        ("webhook-timestamp", "9" * 5000),
        ("webhook-signature", ""),
        ("webhook-signature", "v1"),
        ("webhook-signature", "v1,"),
        ("webhook-signature", "v1,***"),
        ("webhook-signature", "v1,é"),
        ("webhook-signature", "v2,{signature}"),
        ("webhook-signature", "v1a,{signature}"),
        ("webhook-signature", " ,,, v1,AAAA v1"),
    ],
)
def test_a_changed_or_malformed_header_is_refused(name, value):
    now, secret = datetime.now(UTC), new_secret()
    headers = sign([secret], "msg_1", now, b"{}")
    signature = headers["webhook-signature"].removeprefix("v1,")
    with pytest.raises(InvalidInput):
        verify([secret], {**headers, name: value.format(signature=signature)}, b"{}", now)
    with pytest.raises(InvalidInput, match="missing"):
        verify([secret], {key: text for key, text in headers.items() if key != name}, b"{}", now)


def test_a_malformed_signature_beside_a_good_one_does_no_harm():
    now, secret = datetime.now(UTC), new_secret()
    headers = sign([secret], "msg_1", now, b"{}")
    headers["webhook-signature"] = "v1 v1,* v2,x " + headers["webhook-signature"]
    assert verify([secret], headers, b"{}", now) == "msg_1"


def test_a_changed_body_is_refused():
    now, secret = datetime.now(UTC), new_secret()
    with pytest.raises(InvalidInput, match="body"):
        verify([secret], sign([secret], "msg_1", now, b"{}"), b"{ }", now)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_***", "whsec_é"])
def test_what_is_no_secret_signs_nothing(secret):
    with pytest.raises(InvalidInput, match="whsec_"):
        sign([secret], "msg_1", datetime.now(UTC), b"{}")
