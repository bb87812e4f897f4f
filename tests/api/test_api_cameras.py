"""Vendor messages: read, answered as devices expect, and never in the way of a known device."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

CAPTURED = Path(__file__).parents[2].parent / "shared" / "cameras"


def group(plate: str, at: datetime | None = None) -> bytes:
    """An OpenALPR group with this best plate."""
    at = at or datetime.now(UTC)
    epoch = int(at.timestamp() * 1000)
    message = {
        "data_type": "alpr_group", "epoch_start": epoch, "epoch_end": epoch, "camera_id": 99, "best_uuid": f"u-{plate}",
        "best_plate_number": plate, "best_confidence": 92.5, "best_plate": {"plate": plate, "confidence": 92.5},
        "candidates": [{"plate": plate, "confidence": 92.5}],
    }  # fmt: skip
    return json.dumps(message).encode()


def test_a_group_is_a_read_of_the_paths_camera(service: Any, camera_id: str) -> None:
    service.list_with("c-group", "KO1234AX")
    answer = service.call("POST", f"/v1/cameras/{camera_id}/openalpr", group("KO1234AX"), role="camera")
    assert answer.status == 200
    (hit,) = service.call("GET", "/v1/hits?watchlist_id=c-group", role="police").json["items"]
    assert hit["read"]["camera_id"] == camera_id


def test_a_device_in_the_future_gets_the_time_of_receipt(service: Any, camera_id: str) -> None:
    service.list_with("c-future", "KO2234AX")
    body = group("KO2234AX", datetime.now(UTC) + timedelta(days=2800))
    assert service.call("POST", f"/v1/cameras/{camera_id}/openalpr", body, role="camera").status == 200
    (hit,) = service.call("GET", "/v1/hits?watchlist_id=c-future", role="police").json["items"]
    assert abs(datetime.fromisoformat(hit["read"]["captured_at"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert hit["read"]["device_time"]


def test_a_smaller_skew_of_the_settings_holds_for_devices_too(start: Callable[..., Any]) -> None:
    with start(clock_skew_s=5.0) as service:
        service.list_with("c-skew", "KO3234AX")
        body = group("KO3234AX", datetime.now(UTC) + timedelta(minutes=5))
        assert service.call("POST", "/v1/cameras/c/openalpr", body, role="camera").status == 200
        (hit,) = service.call("GET", "/v1/hits", role="police").json["items"]
        assert hit["read"]["device_time"]


@pytest.mark.parametrize("vendor", ["hikvision", "openalpr", "platerecognizer"])
@pytest.mark.parametrize("body", [b"", b"{", b"\x00\xff" * 1000, b"<EventNotificationAlert>", b"--boundary\r\n"])
def test_half_a_message_is_an_error_unless_the_device_is_known(service: Any, vendor: str, body: bytes) -> None:
    path = f"/v1/cameras/c-half/{vendor}"
    known = service.key("camera", "c-half")
    before = unreadable(service, vendor)
    unknown_answer = service.call("POST", path, body, role="camera")
    known_answer = service.call("POST", path, body, token=known)
    assert (unknown_answer.status, unknown_answer.json["type"]) == (400, "/problems/unreadable-message")
    assert known_answer.status == 200
    assert unreadable(service, vendor) == before + 2


def unreadable(service: Any, vendor: str) -> float:
    """The counter of unreadable messages of this vendor."""
    name = f'platematch_vendor_messages_unreadable_total{{vendor="{vendor}"}} '
    lines = service.call("GET", "/metrics").body.decode().splitlines()
    return next((float(line.removeprefix(name)) for line in lines if line.startswith(name)), 0.0)


def test_an_unknown_vendor_is_told_which_are_known(service: Any) -> None:
    answer = service.call("POST", "/v1/cameras/c/unheard", b"{}", role="camera")
    assert (answer.status, answer.json["field"]) == (404, "vendor")
    assert "hikvision" in answer.json["detail"]


def test_another_camera_than_the_keys_own_is_forbidden(service: Any) -> None:
    token = service.key("camera", "c-own")
    answer = service.call("POST", "/v1/cameras/c-other/openalpr", group("KO4234AX"), token=token)
    assert (answer.status, answer.json["field"]) == (403, "camera_id")


def test_a_message_over_the_limit_is_refused(start: Callable[..., Any]) -> None:
    with start(max_body_bytes=2048) as service:
        answer = service.call("POST", "/v1/cameras/c/openalpr", b"x" * 2049, role="camera")
        assert answer.status == 413


@pytest.mark.skipif(not CAPTURED.exists(), reason="the captured messages are not on this machine")
@pytest.mark.parametrize("vendor", ["hikvision", "openalpr", "platerecognizer"])
def test_captured_messages_never_break_the_service(service: Any, vendor: str) -> None:
    token = service.key("camera", "c-captured")
    for message in sorted((CAPTURED / vendor).iterdir()):
        if message.is_file():
            answer = service.call("POST", f"/v1/cameras/c-captured/{vendor}", message.read_bytes(), token=token)
            assert answer.status == 200, message.name


def test_a_device_may_send_its_read_in_the_query(service: Any, camera_id: str) -> None:
    service.list_with("c-query", "KO5234AX")
    at = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    query = (
        f"eventType=vehicleDetection&licensePlate=KO5234AX&dateTime={at}-000&channelID=1&channelID=2&confidenceLevel=97"
    )
    assert service.call("POST", f"/v1/cameras/{camera_id}/hikvision?{query}", role="camera").status == 200
    (hit,) = service.call("GET", "/v1/hits?watchlist_id=c-query", role="police").json["items"]
    assert hit["read"]["plate"] == "KO5234AX"


@pytest.mark.parametrize("camera_id", ["a%0Ab", "a%00b", "x" * 201])
def test_a_camera_id_that_no_read_can_hold_is_refused(service: Any, camera_id: str) -> None:
    """Such a read could be written, but not be read again: it would break every list that it is on."""
    service.list_with("c-names", "KO4234AX")
    answer = service.call("POST", f"/v1/cameras/{camera_id}/openalpr", group("KO4234AX"), role="patrol")
    assert (answer.status, answer.json["field"]) == (400, "camera_id")
    assert service.call("GET", "/v1/hits?watchlist_id=c-names", role="police").json["items"] == []


def test_a_camera_id_may_hold_any_script_and_a_slash(service: Any) -> None:
    service.list_with("c-scripts", "KO5234AX")
    assert service.call("POST", "/v1/cameras/%D0%B7%2F%201/openalpr", group("KO5234AX"), role="camera").status == 200
    (hit,) = service.call("GET", "/v1/hits?watchlist_id=c-scripts&camera_id=%D0%B7/%201", role="police").json["items"]
    assert hit["read"]["camera_id"] == "з/ 1"


@pytest.mark.parametrize("unset", ["1970-01-01T00:05:00+08:00", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_a_device_whose_clock_was_never_set_loses_no_read(service: Any, camera_id: str, unset: str) -> None:
    service.list_with("c-unset", "KO6234AX")
    result = {"plate": "ko6234ax", "score": 0.9, "dscore": 0.9}
    body = json.dumps({"hook": {}, "data": {"timestamp": unset, "results": [result]}}).encode()
    for _ in range(2):
        assert service.call("POST", f"/v1/cameras/{camera_id}/platerecognizer", body, role="camera").status == 200
    listed = service.call("GET", f"/v1/hits?watchlist_id=c-unset&camera_id={camera_id}", role="police").json
    (hit,) = listed["items"]
    assert abs(datetime.fromisoformat(hit["read"]["captured_at"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert (hit["reads"], bool(hit["read"]["device_time"])) == (1, True)
