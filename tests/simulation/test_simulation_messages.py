"""The messages: what a vendor's parser takes out of them is what the simulated camera put in."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from urllib.parse import parse_qs, unquote

import msgspec
import pytest

from platematch.cameras import VENDORS, Message
from platematch.plates import canonical
from platematch.reads import Candidate, Read, Vehicle
from platematch.simulation import City, Posting, render
from platematch.simulation.camera import VendorName
from platematch.simulation.picture import JPEG

AT = datetime(2026, 3, 1, 10, 20, 30, 456000, tzinfo=UTC)
FULL = Read(
    camera_id="cam-0042",
    captured_at=AT,
    read_id="r-1",
    plate="KA7538BO",
    confidence=0.87,
    char_confidences=[0.99, 0.98, 0.61, 0.99, 0.97, 0.99, 0.95, 0.93],
    candidates=[Candidate("KA7538BO", 0.87), Candidate("KA7538BD", 0.71)],
    region="UA",
    vehicle=Vehicle("Toyota", "Camry", "red", "car"),
    direction="forward",
    lane=2,
)


def parsed(posting: Posting, camera_id: str = "cam-0042") -> Read:
    start, camera, vendor = (
        unquote(posting.path).removeprefix("/v1/cameras").rpartition("/")[0],
        camera_id,
        posting.path.rpartition("/")[2],
    )
    assert start == f"/{camera}"
    message = Message(
        camera_id=camera, content_type=posting.content_type, body=posting.body, received_at=AT + timedelta(seconds=1)
    )
    (read,) = VENDORS[vendor].parse(message)
    return read


def test_json_is_the_read_itself() -> None:
    posting = render(FULL, "json")
    assert (posting.path, posting.content_type) == ("/v1/reads", "application/json")
    assert msgspec.json.decode(posting.body, type=Read) == FULL


@pytest.mark.parametrize("vendor", sorted(VENDORS))
def test_every_vendor_carries_plate_confidence_time_and_country(vendor: VendorName) -> None:
    read = parsed(render(FULL, vendor))
    assert canonical(read.plate) == "KA7538BO"
    assert read.confidence == pytest.approx(0.87)
    assert abs(read.captured_at - AT) < timedelta(seconds=1)
    assert read.region == "UA"
    assert read.device_time is None
    assert read.read_id is None or read.read_id != ""


def test_hikvision_carries_character_confidences_and_the_picture() -> None:
    read = parsed(render(FULL, "hikvision"))
    assert read.char_confidences == FULL.char_confidences
    assert read.picture == JPEG
    assert read.lane == 2
    assert read.direction == "forward"
    assert read.vehicle is not None
    assert read.vehicle.color == "red"


@pytest.mark.parametrize("vendor", ["openalpr", "platerecognizer"])
def test_candidates_keep_order_and_weight(vendor: VendorName) -> None:
    read = parsed(render(FULL, vendor))
    assert [canonical(item.plate) for item in read.candidates] == ["KA7538BO", "KA7538BD"]
    assert [item.confidence for item in read.candidates] == [pytest.approx(0.87), pytest.approx(0.71)]


@pytest.mark.parametrize("vendor", ["openalpr", "platerecognizer"])
def test_what_was_seen_of_the_vehicle(vendor: VendorName) -> None:
    vehicle = parsed(render(FULL, vendor)).vehicle
    assert vehicle is not None
    assert (vehicle.make or "").lower() == "toyota"
    assert vehicle.color == "red"
    assert "sedan" in (vehicle.type or "").lower()


@pytest.mark.parametrize("vendor", sorted(VENDORS))
def test_a_read_of_bare_text_has_no_invented_evidence(vendor: VendorName) -> None:
    bare = Read(camera_id="cam-0042", captured_at=AT, plate="KA7538BO", confidence=0.5)
    read = parsed(render(bare, vendor))
    assert canonical(read.plate) == "KA7538BO"
    assert (read.char_confidences, read.candidates, read.region, read.vehicle) == (None, [], None, None)


@pytest.mark.parametrize("vendor", sorted(VENDORS))
def test_two_reads_are_two_messages_and_one_read_is_one(vendor: VendorName) -> None:
    other = msgspec.structs.replace(FULL, read_id="r-2", captured_at=AT + timedelta(milliseconds=1))
    ids = [parsed(render(read, vendor)).read_id for read in (FULL, other, FULL)]
    assert ids[0] == ids[2] != ids[1]


def test_the_citys_traffic_survives_its_vendors_formats() -> None:
    for passage in islice(City(5).passages(AT, 100.0), 600):
        vendor = passage.camera.vendor
        if vendor != "json":
            read = parsed(render(passage.read, vendor), passage.camera.camera_id)
            assert canonical(read.plate) == canonical(passage.read.plate)
            assert len(read.candidates) == len(passage.read.candidates)


def test_the_picture_is_a_jpeg_of_one_block() -> None:
    assert JPEG.startswith(b"\xff\xd8\xff\xe0")
    assert JPEG.endswith(b"\xff\xd9")
    assert len(JPEG) < 200


def test_a_picture_camera_posts_the_picture_and_tells_what_it_does_not_show() -> None:
    posting = render(FULL, "picture", b"\xff\xd8\xff the picture")
    path, _, query = posting.path.partition("?")
    assert (path, posting.content_type) == ("/v1/cameras/cam-0042/picture", "image/jpeg")
    assert posting.body == b"\xff\xd8\xff the picture"
    told = {name: values[0] for name, values in parse_qs(query).items()}
    assert datetime.fromisoformat(told.pop("captured_at")) == AT
    assert told == {"read_id": "r-1", "direction": "forward", "lane": "2"}, "and nothing of what an engine would know"


@pytest.mark.parametrize("vendor", ["hikvision", "platerecognizer"])
def test_a_true_picture_goes_with_the_messages_that_have_room_for_one(vendor: VendorName) -> None:
    assert parsed(render(FULL, vendor, b"\xff\xd8\xff the picture")).picture == b"\xff\xd8\xff the picture"
