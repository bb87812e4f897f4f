"""Whatever arrives, a parser gives valid reads or says InvalidMessage."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platematch.cameras import VENDORS, Message
from platematch.errors import InvalidMessage
from platematch.reads import Read

SAMPLES = {path.name: path.read_bytes() for path in (Path(__file__).parent / "samples").iterdir()}
RECEIVED = datetime(2026, 4, 2, 6, 15, 31, tzinfo=UTC)
TYPES = [
    "",
    "application/json",
    "application/xml",
    "multipart/form-data; boundary=b",
    "application/x-www-form-urlencoded",
]

odd_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["A" * 500, "us-mo", "x\u0000y", "\ufffd", "2034-01-01T00:00:00Z", "/9j/AAAA"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["plate", "name", "code"]), inner),
    max_leaves=4,
)


def parsed(vendor: str, body: bytes, content_type: str, query: dict[str, str] | None = None) -> list[Read]:
    """The reads, after checking that each keeps the limits that its type states."""
    message = Message(camera_id="gate", content_type=content_type, body=body, query=query or {}, received_at=RECEIVED)
    try:
        reads = VENDORS[vendor].parse(message)
    except InvalidMessage:
        return []
    assert msgspec.json.decode(msgspec.json.encode(reads), type=list[Read]) == reads
    return reads


def multipart(payload: bytes) -> bytes:
    names = (b"anpr.xml", b"json")
    return b"".join(
        b'--b\r\nContent-Disposition: form-data; name="' + name + b'"\r\n\r\n' + payload + b"\r\n" for name in names
    )


@pytest.mark.parametrize("vendor", VENDORS)
@given(body=st.binary(max_size=300), content_type=st.sampled_from(TYPES))
def test_any_bytes(vendor: str, body: bytes, content_type: str) -> None:
    parsed(vendor, body, content_type)


@pytest.mark.parametrize("vendor", VENDORS)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_samples_cut_and_changed(vendor: str, data: Any) -> None:
    names = sorted(name for name in SAMPLES if name.startswith(vendor))
    body = SAMPLES[data.draw(st.sampled_from(names))]
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(body)))
        end = min(len(body), at + data.draw(st.integers(0, 40)))
        body = body[:at] + data.draw(st.binary(max_size=8) | st.sampled_from([b"<", b">", b'"', b"{"])) + body[end:]
    body = body[: data.draw(st.integers(0, len(body)))] if data.draw(st.booleans()) else body
    body = multipart(body) if data.draw(st.booleans()) else body
    parsed(vendor, body, data.draw(st.sampled_from(TYPES)))


@pytest.mark.parametrize("name", sorted(name for name in SAMPLES if name.endswith(".json")))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_any_value_in_any_place_of_the_json(name: str, data: Any) -> None:
    message = msgspec.json.decode(SAMPLES[name])
    node = message
    while True:
        keys = sorted(node) if isinstance(node, dict) else range(len(node))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
            break
        node = node[key]
    node[key] = data.draw(odd_values)
    parsed(name.split("_")[0], msgspec.json.encode(message), "application/json")


@given(
    st.dictionaries(st.sampled_from(["licensePlate", "dateTime", "eventType", "confidenceLevel"]), st.text(max_size=80))
)
def test_any_query(query: dict[str, str]) -> None:
    parsed("hikvision", b"", "", query)


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("byte", [b"\x00", b"<", b"[", b"{", b"-", b" ", b"&", b'"', b"\xff"])
def test_ten_megabytes_of_one_byte(vendor: str, byte: bytes) -> None:
    for content_type in TYPES:
        assert parsed(vendor, byte * 10_000_000, content_type) == []


def test_samples_hold_a_read_each() -> None:
    """Otherwise the tests above would test nothing."""
    for name, body in SAMPLES.items():
        assert bool(parsed(name.split("_")[0], body, "")) is ("heartbeat" not in name)
