"""Plate Recognizer: webhooks of Stream and Snapshot, as JSON or as a form with `json` and the picture `upload`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any
from urllib.parse import parse_qs

from platematch.cameras import clock, fields, multipart
from platematch.cameras.message import Answer, Message, Vendor, fallback_id, good_reads
from platematch.cameras.payload import decode_json
from platematch.errors import InvalidMessage
from platematch.reads import Read
from platematch.reads import Vehicle as SeenVehicle

_MAX_FORM_FIELDS = 20
_MAX_FORM = 1024 * 1024  # bytes; pictures come in multipart forms


def parse(message: Message) -> list[Read]:
    """The reads of one webhook call, one per result with a plate. Raises InvalidMessage."""
    payload, picture = _contents(message)
    body = fields.mapping(decode_json(payload))
    hook = fields.mapping(body.get("hook"))
    data = fields.mapping(body.get("data")) or body
    results = data.get("results")
    if not isinstance(results, list):
        event = fields.text(hook.get("event")) or fields.text(body.get("event"))
        if event not in (None, "recognition"):
            return []  # heartbeats and reports of a camera's state
        raise InvalidMessage("the message has no list of results")
    items = list(enumerate(results))
    return good_reads(items, lambda item: _result(item[0], item[1], data, message, picture))


def acknowledge(_message: Message) -> Answer:
    """200 with an empty body: a hook that keeps failing is removed by the sender."""
    return Answer(200, None, b"")


def _contents(message: Message) -> tuple[bytes, bytes | None]:
    """The JSON and the picture."""
    body = message.body
    if multipart.is_multipart(message.content_type, body):
        parts = {part.name: part for part in reversed(multipart.parts(message.content_type, body))}
        if "json" not in parts:
            raise InvalidMessage("the form has no field json")
        upload = parts.get("upload")
        return parts["json"].body, fields.picture(upload.body) if upload is not None and upload.whole else None
    if message.content_type.lower().startswith("application/x-www-form-urlencoded") or body.startswith(b"json="):
        if len(body) > _MAX_FORM:
            raise InvalidMessage(f"a form of more than {_MAX_FORM} bytes")
        try:
            form = parse_qs(body.decode("utf-8", "replace"), max_num_fields=_MAX_FORM_FIELDS)
        except ValueError as error:
            raise InvalidMessage(f"a form of more than {_MAX_FORM_FIELDS} fields") from error
        if "json" in form:
            return form["json"][0].encode("utf-8", "replace"), None
        if not body.lstrip().startswith(b"{"):
            raise InvalidMessage("the form has no field json")
    return body, None


def _result(index: int, item: object, data: Mapping[str, Any], message: Message, picture: bytes | None) -> Read | None:
    result = fields.mapping(item)
    if "plate" not in result:
        raise InvalidMessage(f"results[{index}] has no plate")
    plate = fields.plate(result["plate"])
    if plate is None:
        return None
    told = fields.text(data.get("timestamp")) or fields.text(data.get("timestamp_local"))
    # Stream says Z; Snapshot's time has no zone and comes from servers that run in UTC.
    captured_at, device_time = clock.believed(told, clock.from_text(told, naive=UTC), message.received_at)
    return Read(
        camera_id=message.camera_id,
        captured_at=captured_at,
        device_time=device_time,
        read_id=_read_id(index, told, device_time, plate, data, message),
        plate=plate,
        confidence=fields.fraction(result.get("score")),
        candidates=fields.candidates(result.get("candidates"), "score"),
        region=_region(fields.mapping(result.get("region"))),
        vehicle=_vehicle(result),
        direction=fields.text(result.get("direction")),
        picture=picture,
    )


def _read_id(
    index: int, told: str | None, device_time: str | None, plate: str, data: Mapping[str, Any], message: Message
) -> str | None:
    """File and time name the picture, as Snapshot's files may all be called `car.jpg`; the index names the vehicle."""
    filename = fields.text(data.get("filename"))
    if told is None or (filename is None and device_time is not None):
        return fallback_id(told, plate, message.digest)
    return None if filename is None else fields.identifier(f"{filename} {told} {index}")


def _region(found: Mapping[str, Any]) -> str | None:
    return fields.region(found.get("code")) if fields.sure(found.get("score")) else None


def _vehicle(result: Mapping[str, Any]) -> SeenVehicle | None:
    vehicle = fields.mapping(result.get("vehicle"))
    model = _first(result.get("model_make"))
    vehicle_seen = SeenVehicle(
        make=fields.known(model.get("make")),
        model=fields.known(model.get("model")),
        color=fields.known(_first(result.get("color")).get("color")),
        type=fields.known(vehicle.get("type")) if fields.sure(vehicle.get("score")) else None,
    )
    return None if vehicle_seen == SeenVehicle() else vehicle_seen


def _first(guesses: object) -> Mapping[str, Any]:
    """The first guess, which is the surest, where it is sure enough."""
    first = fields.mapping((fields.sequence(guesses) or [None])[0])
    return first if fields.sure(first.get("score")) else {}


VENDOR = Vendor(
    name="platerecognizer",
    parse=parse,
    acknowledge=acknowledge,
    docs="Plate Recognizer Stream and Snapshot webhooks: JSON, or a form with the field json and the file upload",
)
