"""Hikvision ISAPI: ANPR events pushed as multipart, as bare XML or JSON, or as a query string alone.

The XML's typos and its changing namespaces are part of the protocol. A message's GPS is not taken: cameras send
factory values, and where a fixed camera stands is known better here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from platematch.cameras import clock, fields, multipart
from platematch.cameras.message import Answer, Message, Vendor, fallback_id, good_reads
from platematch.cameras.payload import decode_json, decode_xml
from platematch.errors import InvalidMessage
from platematch.plates import canonical
from platematch.reads import Candidate, Read, Vehicle

# ISAPI's own country numbers, those that captured messages confirm; a wrong country would weigh against a true hit.
_COUNTRIES = {"7": "PL", "12": "UA", "17": "GB", "46": "TR"}
_NO_PLATE = {"unknown", "noplate", "no plate", "无车牌"}
_PICTURES = ("detectionpicture", "vehiclepicture", "licenseplatepicture")  # the scene shows most
_COLOURS = frozenset("蓝黄白黑绿")
_MAX_CHARACTERS = 64
_MAX_EVENTS = 1024 * 1024  # bytes of all events of one message, pictures apart

Payload = bytes | Mapping[str, Any]


def parse(message: Message) -> list[Read]:
    """The reads of one request. Raises InvalidMessage.

    A message whose picture is cut off still gives its read, without the picture.
    """
    payloads, picture = _contents(message)
    return good_reads(payloads, lambda payload: _read(payload, message, picture))


def acknowledge(_message: Message) -> Answer:
    """200 with an empty body: the camera sends again on anything else and reads no further."""
    return Answer(200, None, b"")


def _contents(message: Message) -> tuple[Iterable[Payload], bytes | None]:
    if multipart.is_multipart(message.content_type, message.body):
        parts = multipart.parts(message.content_type, message.body)
        payloads = [part.body for part in parts if _is_event(part)]
        if not payloads:
            raise InvalidMessage(f"a multipart message of {len(parts)} parts, none of them anpr.xml or JSON")
        if sum(map(len, payloads)) > _MAX_EVENTS:
            raise InvalidMessage(f"the message's events have more than {_MAX_EVENTS} bytes")
        return payloads, _picture(parts)
    if message.body.strip():
        return [message.body], None
    if message.query:
        return [message.query], None
    raise InvalidMessage("the request has neither a body nor a query string")


def _is_event(part: multipart.Part) -> bool:
    """By the name first: the types that firmware gives its parts are not to be relied on."""
    if part.name.lower().endswith((".xml", ".json")):
        return True
    return not part.content_type.startswith("image/") and part.body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (
        b"<",
        b"{",
    )


def _picture(parts: list[multipart.Part]) -> bytes | None:
    named = {part.name.lower().removesuffix(".jpg"): part for part in reversed(parts) if part.whole}
    for name in _PICTURES:
        found = fields.picture(named[name].body) if name in named else None
        if found is not None:
            return found
    return None


def _event(payload: Payload) -> Mapping[str, Any]:
    if not isinstance(payload, bytes):
        return payload
    if payload[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        root, event = decode_xml(payload)
        if root != "EventNotificationAlert":
            raise InvalidMessage(f"the XML's root is <{root[:40]}>, not <EventNotificationAlert>")
        return event
    event = fields.mapping(decode_json(payload))
    return fields.mapping(event.get("EventNotificationAlert")) or event


def _read(payload: Payload, message: Message, picture: bytes | None) -> Read | None:
    event = _event(payload)
    anpr = fields.mapping(event.get("ANPR")) or event
    if "licensePlate" not in anpr and "originalLicensePlate" not in anpr:
        _check_other(event)
        return None
    plate, other = _plates(anpr)
    if plate is None:
        return None
    plate, believed = _aligned(plate, _char_confidences(anpr.get("plateCharBelieve")))
    told = fields.text(event.get("dateTime"))
    captured_at, device_time = clock.believed(told, clock.from_text(told), message.received_at)
    uuid = fields.identifier(event.get("UUID"))
    read_id = uuid
    if uuid is None and (told is None or device_time is not None):
        content = payload if isinstance(payload, bytes) else repr(dict(payload)).encode()
        read_id = fallback_id(told, plate, hashlib.sha256(content).hexdigest())
    return Read(
        camera_id=message.camera_id,
        captured_at=captured_at,
        device_time=device_time,
        read_id=read_id,
        track_id=uuid,
        plate=plate,
        confidence=fields.fraction(anpr.get("confidenceLevel"), 100) or None,  # 0 stands for "not known"
        char_confidences=believed,
        candidates=[] if other is None else [Candidate(plate=other)],
        region=_COUNTRIES.get(fields.text(anpr.get("country")) or fields.text(anpr.get("CRIndex")) or ""),
        vehicle=_vehicle(anpr),
        direction=fields.known(anpr.get("direction")),
        lane=_lane(anpr.get("line")),
        picture=picture,
    )


def _check_other(event: Mapping[str, Any]) -> None:
    """Passes heartbeats and other kinds of events; a passage without its plate, or no event at all, is an error."""
    kind = fields.text(event.get("eventType"))
    if kind is None:
        raise InvalidMessage("the message has no eventType: it is no ISAPI event")
    if kind.casefold() == "anpr":
        raise InvalidMessage("the ANPR event has no licensePlate")


def _plates(anpr: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The plate and, where it differs, its other spelling.

    originalLicensePlate is in the plate's own script, as lists have it (`1234 ЖД`); licensePlate is what the camera
    made of it for systems that know ASCII only (`1234ZD`). So the original leads and the other is a candidate.
    """
    original, plate = (_plate(anpr.get(name)) for name in ("originalLicensePlate", "licensePlate"))
    if original is None or plate is None:
        return original or plate, None
    return original, None if canonical(original) == canonical(plate) else plate


def _plate(value: object) -> str | None:
    plate = fields.plate(value)
    if plate is None or plate.casefold() in _NO_PLATE:
        return None
    if "##" in plate:
        raise InvalidMessage(f"the plate is the placeholder {plate!r}: the camera's template was never filled in")
    return plate


def _aligned(plate: str, confidences: list[float] | None) -> tuple[str, list[float] | None]:
    """Without the colour that Chinese firmware puts before the province (`蓝皖A7XG66` is `皖A7XG66`, blue).

    Confidences are aligned from the right, for they are counted with and without the colour.
    """
    if len(plate) > 2 and plate[0] in _COLOURS and "\u4e00" <= plate[1] <= "\u9fff":
        plate = plate[1:]
        symbols = sum(character.isalnum() for character in plate)
        if confidences is not None and len(confidences) == symbols + 1:
            confidences = confidences[1:]
    return plate, confidences


def _char_confidences(value: object) -> list[float] | None:
    items = value.split(",") if isinstance(value, str) and value.strip() else fields.sequence(value)
    if not 0 < len(items) <= _MAX_CHARACTERS:
        return None
    confidences = [fields.fraction(item, 100) for item in items]
    known = [confidence for confidence in confidences if confidence is not None]
    return known if len(known) == len(confidences) else None


def _vehicle(anpr: Mapping[str, Any]) -> Vehicle | None:
    """Colour and type; the make is only a number of a table that is not public."""
    color = fields.known(fields.mapping(anpr.get("vehicleInfo")).get("color"))
    kind = fields.known(anpr.get("vehicleType"))
    return None if color is None and kind is None else Vehicle(color=color, type=kind)


def _lane(value: object) -> str | int | None:
    lane = fields.text(value)
    return int(lane) if lane is not None and lane.isascii() and lane.isdecimal() and len(lane) < 7 else lane


VENDOR = Vendor(
    name="hikvision",
    parse=parse,
    acknowledge=acknowledge,
    docs="Hikvision ISAPI HTTP listening (alarm server): multipart with anpr.xml, bare XML or JSON, or a query string",
)
