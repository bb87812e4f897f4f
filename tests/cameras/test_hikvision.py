"""Hikvision's ANPR events in all the shapes that they come in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from platematch.cameras import VENDORS
from platematch.errors import InvalidMessage
from platematch.reads import Candidate, Vehicle

hikvision = VENDORS["hikvision"]
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
FORM = "multipart/form-data; boundary=boundary"


def form(*contents: tuple[str, str, bytes], final: bool = True) -> bytes:
    made = b""
    for name, kind, content in contents:
        made += f'--boundary\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n'.encode()
        made += f"Content-Length: {len(content)}\r\n\r\n".encode() + content + b"\r\n"
    return made + (b"--boundary--\r\n" if final else b"")


def test_every_field_of_a_read(message: Any, sample: Any) -> None:
    (read,) = hikvision.parse(message(sample("hikvision_anpr.xml"), "application/xml"))
    assert read.camera_id == "gate"
    assert read.plate == "АА1234ВВ"
    assert read.candidates == []
    assert read.captured_at == datetime(2026, 4, 2, 6, 15, 30, tzinfo=UTC)
    assert read.device_time is None
    assert read.confidence == 0.97
    assert read.char_confidences == [0.99, 0.99, 0.99, 0.61, 0.99, 0.99, 0.99, 0.98]
    assert read.region == "UA"
    assert read.vehicle == Vehicle(color="white", type="van")
    assert (read.direction, read.lane) == ("forward", 2)
    assert read.read_id == read.track_id == "00000000-invented-0000-0000-000000000017"
    assert (read.picture, read.location) == (None, None)


def test_a_prefixed_namespace_a_colour_before_the_province_and_values_that_say_nothing(
    message: Any, sample: Any
) -> None:
    (read,) = hikvision.parse(message(sample("hikvision_prefixed.xml"), "text/xml"))
    assert read.plate == "皖A12345"
    assert read.char_confidences == [0.98, 0.99, 0.97, 0.96, 0.95, 0.94, 0.93]
    assert (read.confidence, read.vehicle, read.direction, read.region) == (None, None, None, None)


def test_confidences_counted_with_the_colour_are_aligned_from_the_right(message: Any, sample: Any) -> None:
    body = sample("hikvision_prefixed.xml").replace(b">98,99,", b">11,98,99,")
    (read,) = hikvision.parse(message(body))
    assert read.char_confidences == [0.98, 0.99, 0.97, 0.96, 0.95, 0.94, 0.93]


def test_heilongjiang_is_a_province_though_its_sign_is_black(message: Any, sample: Any) -> None:
    body = sample("hikvision_prefixed.xml").replace("蓝皖A12345".encode(), "黑A12345".encode())
    (read,) = hikvision.parse(message(body))
    assert read.plate == "黑A12345"


def test_the_original_script_leads_and_the_other_spelling_is_a_candidate(message: Any, sample: Any) -> None:
    body = sample("hikvision_anpr.xml")
    body = body.replace("АА1234ВВ".encode(), "1234 ЖД".encode()).replace(b"AA1234BB", b"1234ZD")
    (read,) = hikvision.parse(message(body))
    assert read.plate == "1234 ЖД"
    assert read.candidates == [Candidate(plate="1234ZD")]


@pytest.mark.parametrize("original", ["", "unknown", "noPlate"])
def test_an_original_that_is_not_there_leaves_the_plate(original: str, message: Any, sample: Any) -> None:
    body = sample("hikvision_anpr.xml").replace("АА1234ВВ".encode(), original.encode())
    assert [read.plate for read in hikvision.parse(message(body))] == ["AA1234BB"]


@pytest.mark.parametrize("kind", ["application/xml", "text/xml", "image/pjpeg", "application/octet-stream"])
@pytest.mark.parametrize("name", ["anpr.xml", "ANPR.xml"])
def test_multipart_gives_the_scene_as_picture(name: str, kind: str, message: Any, sample: Any) -> None:
    scene = JPEG + b"scene"
    body = form(
        ("licensePlatePicture.jpg", "image/jpeg", JPEG),
        (name, kind, sample("hikvision_anpr.xml")),
        ("detectionPicture.jpg", "image/pjpeg", scene),
    )
    (read,) = hikvision.parse(message(body, FORM))
    assert (read.plate, read.picture) == ("АА1234ВВ", scene)


def test_a_picture_that_is_none_gives_way_to_one_that_is(message: Any, sample: Any) -> None:
    body = form(
        ("anpr.xml", "text/xml", sample("hikvision_anpr.xml")),
        ("detectionPicture.jpg", "image/jpeg", b""),
        ("vehiclePicture.jpg", "image/jpeg", b"GIF89a"),
        ("licensePlatePicture.jpg", "image/jpeg", JPEG),
    )
    (read,) = hikvision.parse(message(body, FORM))
    assert read.picture == JPEG


def test_a_picture_cut_off_does_not_lose_the_read(message: Any, sample: Any) -> None:
    whole = form(("anpr.xml", "text/xml", sample("hikvision_anpr.xml")), ("detectionPicture.jpg", "image/jpeg", JPEG))
    (read,) = hikvision.parse(message(whole[:-200], FORM))
    assert (read.plate, read.picture) == ("АА1234ВВ", None)


def test_half_a_message_is_an_error(message: Any, sample: Any) -> None:
    whole = form(("anpr.xml", "text/xml", sample("hikvision_anpr.xml")))
    end = whole.index(b"</EventNotificationAlert>")
    for length in range(1, end, 37):
        with pytest.raises(InvalidMessage):
            hikvision.parse(message(whole[:length], FORM))
    assert hikvision.parse(message(form(("anpr.xml", "", sample("hikvision_anpr.xml")), final=False), FORM))


def test_a_bad_part_does_not_lose_the_good_one(message: Any, sample: Any) -> None:
    good = ("anpr.xml", "text/xml", sample("hikvision_anpr.xml"))
    for bad in (b"<EventNotificationAlert>", b"{", sample("hikvision_anpr.xml").replace(b">AA1234BB<", b">##X##<")):
        for contents in ((good, ("event.xml", "text/xml", bad)), (("event.xml", "text/xml", bad), good)):
            assert [read.plate for read in hikvision.parse(message(form(*contents), FORM))] == ["АА1234ВВ"]


def test_two_vehicles_under_one_uuid_are_two_reads_and_one_told_twice_is_one(message: Any, sample: Any) -> None:
    first = sample("hikvision_anpr.xml")
    second = first.replace("АА1234ВВ".encode(), b"KA7777KA").replace(b"AA1234BB", b"KA7777KA")
    parts = [("anpr.xml", "text/xml", content) for content in (first, second, first)]
    reads = hikvision.parse(message(form(*parts), FORM))
    assert [read.plate for read in reads] == ["АА1234ВВ", "KA7777KA"]
    assert len({read.read_id for read in reads}) == 2
    assert reads == hikvision.parse(message(form(*parts), FORM))


@pytest.mark.parametrize("wrapped", [True, False])
def test_json(wrapped: bool, message: Any) -> None:
    event = {
        "ipAddress": "192.0.2.17",
        "dateTime": "2026-04-02T09:15:30+03:00",
        "eventType": "ANPR",
        "UUID": "invented-json",
        "ANPR": {
            "country": 7,
            "licensePlate": "WX 12345",
            "line": 1,
            "confidenceLevel": 88,
            "plateCharBelieve": "99,98,97,96,95,94,93",
            "vehicleInfo": {"color": "red"},
        },
    }
    body = msgspec.json.encode({"EventNotificationAlert": event} if wrapped else event)
    for made in (message(body, "application/json"), message(form(("anpr.json", "application/json", body)), FORM)):
        (read,) = hikvision.parse(made)
        assert (read.plate, read.region, read.lane, read.confidence) == ("WX 12345", "PL", 1, 0.88)
        assert read.vehicle == Vehicle(color="red")
        assert read.read_id == "invented-json"


def test_a_query_string_alone(message: Any) -> None:
    query = {
        "channelID": "1",
        "dateTime": "20260315T112740-300",
        "eventType": "vehicleDetection",
        "licensePlate": "ABC1D23",
        "direction": "reverse",
        "confidenceLevel": "97",
    }
    (read,) = hikvision.parse(message(query=query))
    assert read.plate == "ABC1D23"
    assert read.captured_at == datetime(2026, 3, 15, 14, 27, 40, tzinfo=UTC)
    assert (read.confidence, read.direction, read.read_id) == (0.97, "reverse", None)


@pytest.mark.parametrize("event", ["videoloss", "heartBeat", "VMD"])
def test_heartbeats_and_other_events_hold_no_read(event: str, message: Any, sample: Any) -> None:
    body = sample("hikvision_heartbeat.xml").replace(b"videoloss<", event.encode() + b"<")
    assert hikvision.parse(message(body, "application/xml")) == []
    assert hikvision.parse(message(form(("event.xml", "text/xml", body)), FORM)) == []


@pytest.mark.parametrize("plate", ["unknown", "noPlate", "NOPLATE", "", " ", "---"])
def test_a_vehicle_without_a_plate_is_no_read(plate: str, message: Any, sample: Any) -> None:
    body = sample("hikvision_anpr.xml").replace("АА1234ВВ".encode(), plate.encode())
    assert hikvision.parse(message(body.replace(b"AA1234BB", plate.encode()))) == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "neither a body nor a query"),
        (b"garbage", "no JSON"),
        (b"<a/>", "EventNotificationAlert"),
        (b"<EventNotificationAlert/>", "no eventType"),
        (b"<EventNotificationAlert><eventType>ANPR</eventType></EventNotificationAlert>", "no licensePlate"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><EventNotificationAlert>&b;</EventNotificationAlert>', "document type"),
        (b"<EventNotificationAlert>" + b"<a>" * 50_000, "no XML"),
        (b"<a>" + b" " * 2_000_000 + b"</a>", "bytes"),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', "no XML"),
        (b"{" + b'"a":[' * 5_000, "no JSON"),
        (b"[" + b"[]," * 300_000, "values"),
        (b'{"eventType":"ANPR","licensePlate":' + b'"' + b"A" * 65 + b'"}', "65 characters"),
        (b'{"eventType":"ANPR","licensePlate":["A"]}', "list"),
        (b'{"eventType":"ANPR","licensePlate":"##NUMBERPLATE##"}', "placeholder"),
    ],
)
def test_what_is_no_message(body: bytes, reason: str, message: Any) -> None:
    with pytest.raises(InvalidMessage, match=reason):
        hikvision.parse(message(body))


def test_pictures_without_an_event_are_no_message(message: Any) -> None:
    with pytest.raises(InvalidMessage, match="none of them"):
        hikvision.parse(message(form(("detectionPicture.jpg", "image/jpeg", JPEG)), FORM))


def test_a_clock_in_the_future_is_not_believed(message: Any, sample: Any) -> None:
    body = sample("hikvision_anpr.xml").replace(b"2026-04-02T09:15:30", b"2034-01-04T15:57:03")
    made = message(body)
    (read,) = hikvision.parse(made)
    assert (read.captured_at, read.device_time) == (made.received_at, "2034-01-04T15:57:03+03:00")


@pytest.mark.parametrize("told", [b"2034-01-04T15:57:03+03:00", b"2026-04-02T09:15:30", b""])
def test_without_uuid_and_time_a_repeat_keeps_its_id(told: bytes, message: Any, sample: Any) -> None:
    body = sample("hikvision_anpr.xml").replace(b"2026-04-02T09:15:30+03:00", told)
    body = body.replace(b"00000000-invented-0000-0000-000000000017", b"0000-00")
    (first,) = hikvision.parse(message(body))
    later = message(body, received_at=message().received_at + timedelta(minutes=5))
    (second,) = hikvision.parse(later)
    (other,) = hikvision.parse(message(body.replace(b"AA1234BB", b"").replace("АА1234ВВ".encode(), b"KA1234KA")))
    assert first.read_id is not None
    assert first.read_id == second.read_id != other.read_id
    assert first.track_id is None


def test_the_answer_is_an_empty_200(message: Any) -> None:
    answer = hikvision.acknowledge(message())
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize(
    ("name", "plate"),
    [
        ("anpr_PECT600.xml", "PECT600"),
        ("anpr_china_wanA7XG66_2023.xml", "皖A7XG66"),
        ("anpr_turkey_38AAP084_2026.xml", "38AAP084"),
    ],
)
def test_real_messages(name: str, plate: str, message: Any, real: Any) -> None:
    (read,) = hikvision.parse(message(real(f"hikvision/{name}"), "application/xml"))
    assert read.plate == plate
    assert read.char_confidences is not None
    assert len(read.char_confidences) == len(plate)
    assert read.read_id


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary=---------------------------7e13971310878",
        "multipart/form-data; boundary=-------------------------7e13971310878",
        "multipart/form-data",
    ],
)
def test_the_real_multipart_message(content_type: str, message: Any, real: Any) -> None:
    made = message(real("hikvision/multipart_suA8HK52_headers_and_xml.txt"), content_type)
    (read,) = hikvision.parse(made)
    assert (read.plate, read.captured_at) == ("苏A8HK52", made.received_at)
    assert read.device_time == "2034-01-04T15:57:03+08:00"
    assert read.char_confidences == [0.99] * 7
    with pytest.raises(InvalidMessage):
        hikvision.parse(message(made.body[: len(made.body) // 2], content_type))


def test_the_real_query_string(message: Any, real: Any) -> None:
    line = real("hikvision/anpr_querystring_post.txt").decode().split("?", 1)[1].split()[0]
    query = dict(pair.split("=", 1) for pair in line.split("&"))
    assert [read.plate for read in hikvision.parse(message(query=query))] == ["THJ2G50"]


def test_the_real_heartbeat_and_the_template(message: Any, real: Any) -> None:
    assert hikvision.parse(message(real("hikvision/heartbeat_videoloss_captured_2025.xml"))) == []
    with pytest.raises(InvalidMessage, match="placeholder"):
        hikvision.parse(message(real("hikvision/anpr_old_template.xml")))
