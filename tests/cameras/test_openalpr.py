"""OpenALPR's and Rekor Scout's JSON."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from platematch.cameras import VENDORS
from platematch.errors import InvalidMessage
from platematch.reads import Candidate, Location, Vehicle

openalpr = VENDORS["openalpr"]


@pytest.fixture
def group(sample: Any) -> dict[str, Any]:
    return dict(msgspec.json.decode(sample("openalpr_group.json")))


def encoded(value: object) -> bytes:
    return msgspec.json.encode(value)


def test_every_field_of_a_group(message: Any, sample: Any) -> None:
    (read,) = openalpr.parse(message(sample("openalpr_group.json")))
    assert read.camera_id == "gate"
    assert (read.plate, read.confidence, read.region) == ("7ABC123", 0.935, "US-CA")
    assert read.captured_at == datetime.fromtimestamp(1775110530.25, UTC)
    assert (read.read_id, read.track_id) == ("INVENTED-7-2", "INVENTED-7-1")
    assert read.candidates == [
        Candidate(plate="7ABC123", confidence=0.935),
        Candidate(plate="7A8C123", confidence=0.7425),
        Candidate(plate="7ABC12"),
    ]
    assert read.location == Location(lat=50.4501, lon=30.5234)
    assert read.direction == "85.5"
    # The vehicle's crop is the documentation's placeholder, so the plate's crop is the picture.
    assert read.picture == base64.b64decode("/9j/4AAQSkZJRg==")


def test_only_sure_guesses_of_the_vehicle_count(message: Any, sample: Any) -> None:
    (read,) = openalpr.parse(message(sample("openalpr_group.json")))
    assert read.vehicle == Vehicle(make="ford", model="focus", color="black")


def test_the_best_plate_serves_where_the_group_has_nothing(message: Any, group: dict[str, Any]) -> None:
    for name in ("best_plate_number", "best_confidence", "best_region", "candidates", "vehicle"):
        del group[name]
    (read,) = openalpr.parse(message(encoded(group)))
    assert (read.plate, read.confidence, read.region, read.vehicle) == ("7ABC123", 0.92, "US-NV", None)
    assert read.candidates == [Candidate(plate="7ABC1Z3", confidence=0.6)]


def test_an_alert_wraps_a_group(message: Any, group: dict[str, Any]) -> None:
    for kind in ("alpr_alert", None):
        body = encoded({"data_type": kind, "alert_list": "stolen", "group": group})
        assert [read.plate for read in openalpr.parse(message(body))] == ["7ABC123"]


def test_a_frame_gives_each_plate_with_seconds_as_time(message: Any, sample: Any) -> None:
    first, second = openalpr.parse(message(sample("openalpr_frame_v1.json")))
    assert (first.plate, first.captured_at) == ("S11FRE", datetime.fromtimestamp(1775110530, UTC))
    assert (second.plate, second.captured_at) == ("EJ1234", datetime.fromtimestamp(1775110529, UTC))
    assert [read.read_id for read in (first, second)] == ["invented-frame-0", "invented-frame-1"]
    assert first.candidates[1] == Candidate(plate="S11ERE", confidence=0.755)
    # Missouri or Macao: without the agent's country the code says nothing.
    assert (first.region, second.region) == (None, None)


def test_a_frame_in_milliseconds_with_its_type(message: Any, sample: Any) -> None:
    frame = msgspec.json.decode(sample("openalpr_frame_v1.json"))
    frame |= {"data_type": "alpr_results", "epoch_time": 1775110530123, "country": "us"}
    first, _ = openalpr.parse(message(encoded(frame)))
    assert first.captured_at == datetime.fromtimestamp(1775110530.123, UTC)
    assert first.region == "US-MO"


@pytest.mark.parametrize(
    ("region", "country", "expected"),
    [
        ("us-mo", "us", "US-MO"),
        ("mo", "us", "US-MO"),
        ("de", "eu", "DE"),
        ("eu-de", "eu", "DE"),
        ("gb", "gb", "GB"),
        ("pl", None, "PL"),
        ("mo", None, None),
        ("", "us", None),
        ("somewhere", "us", None),
        (7, "us", None),
    ],
)
def test_regions(region: object, country: str | None, expected: str | None, message: Any, group: Any) -> None:
    body = encoded(group | {"best_region": region, "country": country})
    assert [read.region for read in openalpr.parse(message(body))] == [expected]


def test_an_unsure_region_is_left_out(message: Any, group: dict[str, Any]) -> None:
    (read,) = openalpr.parse(message(encoded(group | {"best_region_confidence": 0})))
    assert read.region is None


@pytest.mark.parametrize(
    "body",
    [
        {"data_type": "heartbeat", "video_streams": []},
        {"data_type": "vehicle", "vehicle": {}},
        {"data_type": None, "openalpr_webhook": "test"},
        {"data_type": "alpr_results", "results": []},
        {"data_type": "alpr_group", "best_plate_number": "", "best_plate": {"plate": "-"}},
    ],
)
def test_messages_without_a_read(body: object, message: Any) -> None:
    assert openalpr.parse(message(encoded(body))) == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no JSON"),
        (b"[]", "object"),
        (b"{}", "data_type"),
        (b'{"data_type":"other"}', "other"),
        (b'{"data_type":"alpr_group"}', "best_plate"),
        (b'{"data_type":"alpr_results","results":[7]}', "no plate"),
        (b'{"data_type":"alpr_group","best_plate_number":' + b'"' + b"A" * 65 + b'"}', "65"),
        (b'{"data_type":"alpr_group","best_plate_number":NaN}', "no JSON"),
    ],
)
def test_what_is_no_message(body: bytes, reason: str, message: Any) -> None:
    with pytest.raises(InvalidMessage, match=reason):
        openalpr.parse(message(body))


def test_half_a_message_is_an_error(message: Any, sample: Any) -> None:
    body = sample("openalpr_group.json").rstrip()
    for length in range(0, len(body), 61):
        with pytest.raises(InvalidMessage):
            openalpr.parse(message(body[:length]))


def test_a_bad_result_does_not_lose_the_good_one(message: Any, sample: Any) -> None:
    frame = msgspec.json.decode(sample("openalpr_frame_v1.json"))
    frame["results"][0] = {"plate": {"deep": 1}}
    (read,) = openalpr.parse(message(encoded(frame)))
    assert (read.plate, read.read_id) == ("EJ1234", "invented-frame-1")


@pytest.mark.parametrize(("lat", "lon"), [(0, 0), (-1, -1), (91, 0), ("50", "30"), (None, 30), (True, 30)])
def test_positions_that_are_none(lat: object, lon: object, message: Any, group: dict[str, Any]) -> None:
    (read,) = openalpr.parse(message(encoded(group | {"gps_latitude": lat, "gps_longitude": lon})))
    assert read.location is None


@pytest.mark.parametrize("epoch", [4102444800000, 0, "soon", None])
def test_a_time_that_is_not_believed(epoch: object, message: Any, group: dict[str, Any]) -> None:
    made = message(encoded(group | {"epoch_start": epoch, "best_uuid": None}))
    (read,) = openalpr.parse(made)
    assert read.captured_at == made.received_at
    assert read.device_time == (None if epoch is None else str(epoch))
    assert read.read_id


def test_the_answer_is_200(message: Any) -> None:
    assert openalpr.acknowledge(message()).status == 200


@pytest.mark.parametrize(
    ("name", "plates"),
    [
        ("doc_v1_0.json", ["S11FRE", "EJLESSIE"]),
        ("doc_v1_1.json", ["A13709"]),
        ("doc_v2_1.json", ["D2651BF"]),
        ("doc_v2_2.json", []),
        ("rekor_scout_test_alpr_group.json", ["19462SH"]),
    ],
)
def test_real_messages(name: str, plates: list[str], message: Any, real: Any) -> None:
    assert [read.plate for read in openalpr.parse(message(real(f"openalpr/{name}")))] == plates


def test_the_real_test_message_of_scout(message: Any, real: Any) -> None:
    (read,) = openalpr.parse(message(real("openalpr/rekor_scout_test_alpr_group.json")))
    assert read.picture is not None
    assert read.picture.startswith(b"\xff\xd8\xff")
    assert read.vehicle == Vehicle(make="bmw", model="x3", color="white", type="suv-crossover")
    assert read.region == "US-MA"
