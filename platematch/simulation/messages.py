"""Reads as the HTTP requests that devices post: plain JSON, Hikvision, OpenALPR, Plate Recognizer, or a picture.

The layouts follow what the devices of these vendors send; names, serials and pictures are invented.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC
from typing import Any, NamedTuple
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import msgspec

from platematch.reads import Read, Vehicle
from platematch.simulation.camera import VendorName
from platematch.simulation.picture import JPEG


class Posting(NamedTuple):
    """One HTTP POST. path: below the service's address, with a leading slash."""

    path: str
    content_type: str
    body: bytes


def render(read: Read, vendor: VendorName, picture: bytes = JPEG) -> Posting:
    """The read as a device of this vendor posts it; what its protocol has no field for is left out."""
    if vendor == "json":
        return Posting("/v1/reads", "application/json", msgspec.json.encode(read))
    if vendor == "picture":
        return Posting(f"/v1/cameras/{read.camera_id}/picture?{_told_beside(read)}", "image/jpeg", picture)
    if vendor == "openalpr":
        content_type, body = _openalpr(read)
    else:
        content_type, body = {"hikvision": _hikvision, "platerecognizer": _platerecognizer}[vendor](read, picture)
    return Posting(f"/v1/cameras/{read.camera_id}/{vendor}", content_type, body)


def _told_beside(read: Read) -> str:
    told = {
        "captured_at": read.captured_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "read_id": read.read_id, "direction": read.direction, "lane": read.lane,
    }  # fmt: skip
    return urlencode({name: value for name, value in told.items() if value is not None})


def _identity(read: Read) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{read.camera_id}/{read.read_id or read.captured_at.isoformat()}")


# Hikvision: multipart/form-data with an XML part and pictures

_BOUNDARY = "---------------------------1e5c0ffee5eed"
_HIKVISION_COUNTRIES = {"UA": 12, "PL": 7, "GB": 17}
_HIKVISION_TYPES = {"car": "vehicle", "van": "van", "truck": "truck", "motorcycle": "twoWheelVehicle"}
_HIKVISION_XML = """<?xml version="1.0" encoding="UTF-8"?>
<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">
<ipAddress>192.0.2.{host}</ipAddress>
<portNo>80</portNo>
<protocol>HTTP</protocol>
<macAddress>02:00:5e:10:00:{host:02x}</macAddress>
<channelID>1</channelID>
<dateTime>{time}</dateTime>
<activePostCount>1</activePostCount>
<eventType>ANPR</eventType>
<eventState>active</eventState>
<eventDescription>ANPR</eventDescription>
<channelName>{name}</channelName>
<ANPR>
<country>{country}</country>
<licensePlate>{plate}</licensePlate>
<line>{line}</line>
<direction>{direction}</direction>
<confidenceLevel>{confidence}</confidenceLevel>
<plateType>unknown</plateType>
<twoWheelVehicle>{two_wheels}</twoWheelVehicle>
{believe}<vehicleType>{vehicle_type}</vehicleType>
<alarmDataType>0</alarmDataType>
<vehicleInfo>
<color>{color}</color>
</vehicleInfo>
<pictureInfoList>
<pictureInfo>
<fileName>licensePlatePicture.jpg</fileName>
<type>licensePlatePicture</type>
<absTime>{abs_time}</absTime>
</pictureInfo>
</pictureInfoList>
<originalLicensePlate>{plate}</originalLicensePlate>
<CRIndex>{country}</CRIndex>
</ANPR>
<UUID>{identity}</UUID>
<picNum>1</picNum>
<isDataRetransmission>false</isDataRetransmission>
</EventNotificationAlert>
"""


def _hikvision(read: Read, picture: bytes) -> tuple[str, bytes]:
    xml = _hikvision_xml(read).encode()
    parts = (("anpr.xml", 'application/xml; charset="UTF-8"', xml), ("licensePlatePicture.jpg", "image/jpeg", picture))
    return f"multipart/form-data; boundary={_BOUNDARY}", _form([(name, name, kind, data) for name, kind, data in parts])


def _hikvision_xml(read: Read) -> str:
    looks = read.vehicle
    kind = looks.type if looks and looks.type else None
    believe = ",".join(str(round(value * 100)) for value in read.char_confidences or ())
    return _HIKVISION_XML.format(
        host=_identity(read).int % 254 + 1,
        time=read.captured_at.isoformat(timespec="milliseconds"),
        abs_time=read.captured_at.strftime("%Y%m%d%H%M%S") + f"{read.captured_at.microsecond // 1000:03d}",
        name=escape(read.camera_id),
        country=_HIKVISION_COUNTRIES.get(read.region or "", 0),
        plate=escape(read.plate),
        line=read.lane or 1,
        direction=escape(read.direction or "unknown"),
        confidence=round((read.confidence or 0) * 100),
        two_wheels="yes" if kind == "motorcycle" else "no",
        believe=f"<plateCharBelieve>{believe}</plateCharBelieve>\n" if believe else "",
        vehicle_type=_HIKVISION_TYPES.get(kind or "", "unknown"),
        color=escape((looks and looks.color) or "unknown"),
        identity=_identity(read),
    )


# OpenALPR: one JSON document per vehicle

_OPENALPR_TYPES = {"car": "sedan-standard", "van": "van-full", "truck": "truck-standard", "motorcycle": "motorcycle"}
_OPENALPR_COLORS = {"grey": "silver-gray", "silver": "silver-gray"}


def _openalpr(read: Read) -> tuple[str, bytes]:
    epoch = round(read.captured_at.timestamp() * 1000)
    identity = f"{str(_identity(read)).upper()}-{epoch}"
    confidence = _percent(read.confidence)
    region = (read.region or "").lower()
    candidates = [
        {"plate": item.plate, "confidence": _percent(item.confidence), "matches_template": 0}
        for item in read.candidates
    ]
    best = {
        "plate": read.plate, "confidence": confidence, "region": region, "region_confidence": 90 if region else 0,
        "matches_template": 0, "coordinates": _corners(), "candidates": candidates,
    }  # fmt: skip
    message: dict[str, Any] = {
        "data_type": "alpr_group", "version": 2, "epoch_start": epoch, "epoch_end": epoch + 400,
        "company_id": "platematch-simulation", "agent_uid": "SIMULATION", "agent_type": "alprd",
        "camera_id": int("".join(filter(str.isdigit, read.camera_id)) or 0), "country": "eu",
        "uuids": [identity], "best_uuid": identity, "best_plate_number": read.plate, "best_confidence": confidence,
        "best_region": region, "best_region_confidence": 90 if region else 0, "best_plate": best,
        "candidates": candidates, "travel_direction": 90.0, "is_parked": False, "is_preview": False,
    }  # fmt: skip
    if read.location:
        message |= {"gps_latitude": read.location.lat, "gps_longitude": read.location.lon}
    if read.vehicle:
        message["vehicle"] = _openalpr_vehicle(read.vehicle)
    return "application/json", json.dumps(message).encode()


def _openalpr_vehicle(looks: Vehicle) -> dict[str, list[dict[str, str | float]]]:
    color = looks.color and _OPENALPR_COLORS.get(looks.color, looks.color)
    kind = looks.type and _OPENALPR_TYPES.get(looks.type, looks.type)
    model = f"{looks.make}_{looks.model}".lower() if looks.make and looks.model else None
    named = {"color": color, "make": looks.make and looks.make.lower(), "make_model": model, "body_type": kind}
    return {field: [{"name": name, "confidence": 71.5}] for field, name in named.items() if name}


def _corners() -> list[dict[str, int]]:
    return [{"x": 204, "y": 134}, {"x": 404, "y": 140}, {"x": 404, "y": 184}, {"x": 204, "y": 178}]


def _percent(fraction: float | None) -> float:
    return round((fraction or 0.0) * 100, 4)


# Plate Recognizer Stream: multipart with the field "json" and a picture

_PLATERECOGNIZER_TYPES = {"car": "Sedan", "van": "Van", "truck": "Big Truck", "motorcycle": "Motorcycle"}


def _platerecognizer(read: Read, picture: bytes) -> tuple[str, bytes]:
    filename = f"{read.camera_id}_screenshots/{_identity(read)}.jpg"
    box = {"xmin": 460, "ymin": 57, "xmax": 557, "ymax": 82}
    result: dict[str, Any] = {
        "plate": read.plate.lower(), "score": read.confidence or 0.0, "dscore": 0.8, "box": box, "direction": "",
        "candidates": [_candidate(item.plate, item.confidence) for item in read.candidates],
    }  # fmt: skip
    if read.region:
        result["region"] = {"code": read.region.lower(), "score": 0.9}
    if read.vehicle and read.vehicle.type:
        kind = _PLATERECOGNIZER_TYPES.get(read.vehicle.type, read.vehicle.type)
        result["vehicle"] = {"type": kind, "score": 0.7, "box": box}
    if read.vehicle and read.vehicle.make:
        result["model_make"] = [{"make": read.vehicle.make, "model": read.vehicle.model or "generic", "score": 0.6}]
    if read.vehicle and read.vehicle.color:
        result["color"] = [{"color": read.vehicle.color, "score": 0.7}]
    message = {
        "hook": {"target": "webhook", "id": read.camera_id, "event": "recognition", "filename": filename},
        "data": {
            "camera_id": read.camera_id,
            "filename": filename,
            "timestamp": read.captured_at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "timestamp_local": read.captured_at.isoformat(" ", timespec="microseconds"),
            "results": [result],
        },
    }
    form = _form([("json", None, None, json.dumps(message).encode()), ("upload", filename, "image/jpeg", picture)])
    return f"multipart/form-data; boundary={_BOUNDARY}", form


def _candidate(plate: str, confidence: float | None) -> dict[str, str | float]:
    return {"plate": plate.lower()} if confidence is None else {"plate": plate.lower(), "score": confidence}


def _form(parts: list[tuple[str, str | None, str | None, bytes]]) -> bytes:
    """multipart/form-data (RFC 7578) from (name, file name, content type, data)."""
    chunks: list[bytes] = []
    for name, filename, kind, data in parts:
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
        if filename:
            head += f'; filename="{filename}"'
        if kind:
            head += f"\r\nContent-Type: {kind}"
        chunks += [head.encode(), f"\r\nContent-Length: {len(data)}\r\n\r\n".encode(), data, b"\r\n"]
    return b"".join([*chunks, f"--{_BOUNDARY}--\r\n".encode()])
