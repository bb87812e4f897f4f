"""Plate Recognizer's webhooks, as JSON and as forms."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from platematch.cameras import VENDORS
from platematch.errors import InvalidMessage
from platematch.reads import Candidate, Vehicle

platerecognizer = VENDORS["platerecognizer"]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)


def form(payload: bytes, upload: bytes | None = PNG) -> bytes:
    made = b'--b0\r\nContent-Disposition: form-data; name="json"\r\n\r\n' + payload + b"\r\n"
    if upload is not None:
        made += b'--b0\r\nContent-Disposition: form-data; name="upload"; filename="json"\r\n'
        made += b"Content-Type: image/png\r\n\r\n" + upload + b"\r\n"
    return made + b"--b0--\r\n"


def test_stream(message: Any, sample: Any) -> None:
    (read,) = platerecognizer.parse(message(sample("platerecognizer_stream.json"), "application/json"))
    assert (read.camera_id, read.plate, read.confidence) == ("gate", "9jub11", 0.839)
    assert read.captured_at == datetime(2026, 4, 2, 6, 15, 30, 606935, tzinfo=UTC)
    assert read.candidates == [Candidate(plate="9jub11"), Candidate(plate="9jubi1")]
    assert (read.region, read.vehicle, read.direction) == ("GB", None, None)
    assert read.read_id == "gate_screenshots/26-04-02/06-15-30.606935.jpg 2026-04-02T06:15:30.606935Z 0"


def test_snapshot_with_several_vehicles(message: Any, sample: Any) -> None:
    reads = platerecognizer.parse(message(sample("platerecognizer_snapshot.json"), "application/json"))
    assert [read.plate for read in reads] == ["aa1234bb", "7abc123", "zz9999zz"]
    assert [read.region for read in reads] == ["UA", "US-CA", None]
    assert len({read.read_id for read in reads}) == 3
    assert reads[0].captured_at == datetime(2026, 4, 2, 6, 15, 30, 514896, tzinfo=UTC)
    assert reads[0].candidates[1] == Candidate(plate="aa1284bb", confidence=0.412)
    assert reads[0].vehicle == Vehicle(make="Skoda", model="Octavia", color="red", type="Sedan")
    assert reads[0].direction == "270"


def test_a_form_with_the_picture(message: Any, sample: Any) -> None:
    payload = sample("platerecognizer_stream.json")
    (read,) = platerecognizer.parse(message(form(payload), "multipart/form-data; boundary=b0"))
    assert (read.plate, read.picture) == ("9jub11", PNG)
    (read,) = platerecognizer.parse(message(form(payload, b"no picture"), "multipart/form-data; boundary=b0"))
    assert (read.plate, read.picture) == ("9jub11", None)


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded; charset=utf-8", ""])
def test_an_urlencoded_form(content_type: str, message: Any, sample: Any) -> None:
    body = urlencode({"json": sample("platerecognizer_stream.json").decode()}).encode()
    assert [read.plate for read in platerecognizer.parse(message(body, content_type))] == ["9jub11"]


def test_the_ids_survive_a_repeat(message: Any, sample: Any) -> None:
    body = sample("platerecognizer_snapshot.json").replace(b'"timestamp"', b'"other"')
    first, second = (platerecognizer.parse(message(body)) for _ in range(2))
    assert [read.read_id for read in first] == [read.read_id for read in second]
    assert all(read.read_id for read in first)
    assert len({read.read_id for read in first}) == 3


@pytest.mark.parametrize(
    "body",
    [
        {"results": [], "filename": "car.jpg", "timestamp": "2026-04-02 06:15:30"},
        {"hook": {"event": "recognition"}, "data": {"results": []}},
        {"hook": {"event": "heartbeat"}, "data": {"camera_id": "gate"}},
        {"event": "camera_status", "status": "running"},
        {"results": [{"plate": None, "vehicle": {"type": "Sedan"}}, {"plate": ""}]},
    ],
)
def test_messages_without_a_read(body: object, message: Any) -> None:
    assert platerecognizer.parse(message(msgspec.json.encode(body))) == []


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"", "application/json", "no JSON"),
        (b"{}", "application/json", "results"),
        (b'{"results":[{}]}', "application/json", r"results\[0\]"),
        (b'{"results":[{"plate":{"value":"x"}}]}', "application/json", "dict"),
        (b"a=b", "application/x-www-form-urlencoded", "field json"),
        (b"&".join([b"a=b"] * 50), "application/x-www-form-urlencoded", "more than"),
        (form(b"{}").replace(b'"json"', b'"data"'), "multipart/form-data; boundary=b0", "field json"),
    ],
)
def test_what_is_no_message(body: bytes, content_type: str, reason: str, message: Any) -> None:
    with pytest.raises(InvalidMessage, match=reason):
        platerecognizer.parse(message(body, content_type))


def test_half_a_message_is_an_error(message: Any, sample: Any) -> None:
    whole = form(sample("platerecognizer_stream.json").rstrip())
    for length in range(0, whole.rindex(b"}"), 53):
        with pytest.raises(InvalidMessage):
            platerecognizer.parse(message(whole[:length], "multipart/form-data; boundary=b0"))


def test_a_bad_result_does_not_lose_the_good_ones(message: Any, sample: Any) -> None:
    body = msgspec.json.decode(sample("platerecognizer_snapshot.json"))
    body["results"][0] = ["bad"]
    reads = platerecognizer.parse(message(msgspec.json.encode(body)))
    assert [read.plate for read in reads] == ["7abc123", "zz9999zz"]


def test_the_answer_is_200(message: Any) -> None:
    assert platerecognizer.acknowledge(message()).status == 200


@pytest.mark.parametrize(
    ("name", "plate", "region"),
    [
        ("snapshot_result_2021-10-11_nhk552.json", "nhk552", "GB"),
        ("stream_webhook_2021-09-29_9jub11.json", "9jub11", None),
    ],
)
def test_real_messages(name: str, plate: str, region: str | None, message: Any, real: Any) -> None:
    body = real(f"platerecognizer/{name}")
    (read,) = platerecognizer.parse(message(body, "application/json"))
    assert (read.plate, read.region) == (plate, region)
    assert platerecognizer.parse(message(form(body), "multipart/form-data; boundary=b0"))[0].plate == plate
