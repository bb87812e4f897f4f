"""OpenALPR and Rekor Scout: the JSON that the agent (alprd) posts for frames, vehicles and alerts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from platematch.cameras import clock, fields
from platematch.cameras.message import Answer, Message, Vendor, fallback_id, good_reads
from platematch.cameras.payload import decode_json
from platematch.errors import InvalidMessage
from platematch.reads import Read
from platematch.reads import Vehicle as SeenVehicle

_SILENT = {"heartbeat", "vehicle"}
# A bare `mo` of an old agent is Missouri or Macao: without the country it was set to, such a code says nothing.
_STATE = re.compile(
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
)


def parse(message: Message) -> list[Read]:
    """The reads of one post: one of an alpr_group, one per plate of a frame. Raises InvalidMessage."""
    body = decode_json(message.body)
    if not isinstance(body, dict):
        raise InvalidMessage("an OpenALPR message is a JSON object")
    if body.get("openalpr_webhook") == "test":
        return []
    group = body.get("group")
    if isinstance(group, dict):  # an alpr_alert, whose data_type is null in old agents
        return good_reads([group], lambda item: _group(item, message))
    kind = body.get("data_type")
    if kind == "alpr_group":
        return good_reads([body], lambda item: _group(item, message))
    if kind in (None, "alpr_results") and isinstance(body.get("results"), list):
        results = list(enumerate(body["results"]))
        return good_reads(results, lambda item: _result(item[0], item[1], body, message))
    if isinstance(kind, str) and kind in _SILENT:
        return []
    raise InvalidMessage(
        f"data_type is {str(kind)[:40]!r}; alpr_group, alpr_results, alpr_alert and heartbeat are known"
    )


def acknowledge(_message: Message) -> Answer:
    """200 with an empty body: the agent keeps and repeats a message only after an error."""
    return Answer(200, None, b"")


def _group(group: Mapping[str, Any], message: Message) -> Read | None:
    best = fields.mapping(group.get("best_plate"))
    if "best_plate_number" not in group and "plate" not in best:
        raise InvalidMessage("the alpr_group has neither best_plate_number nor best_plate.plate")
    plate = fields.plate(group.get("best_plate_number")) or fields.plate(best.get("plate"))
    if plate is None:
        return None
    uuids = fields.sequence(group.get("uuids"))
    read = _timed(group.get("epoch_start"), fields.identifier(group.get("best_uuid")), plate, message)
    read.track_id = fields.text(uuids[0]) if uuids else None
    read.confidence = fields.fraction(group.get("best_confidence", best.get("confidence")), 100)
    # The group's candidates are merged over its frames, the best plate's are those of one frame.
    read.candidates = fields.candidates(group.get("candidates") or best.get("candidates"), "confidence", 100)
    read.region = (
        _region(group, "best_region") if "best_region" in group else _region(best, "region", group.get("country"))
    )
    read.vehicle = _vehicle(fields.mapping(group.get("vehicle")))
    read.direction = _direction(group.get("travel_direction"))
    read.location = fields.location(group.get("gps_latitude"), group.get("gps_longitude"))
    read.picture = fields.picture_from_base64(group.get("vehicle_crop_jpeg")) or fields.picture_from_base64(
        best.get("plate_crop_jpeg")
    )
    return read


def _result(index: int, result: object, frame: Mapping[str, Any], message: Message) -> Read | None:
    """A plate of one frame. Its id is apart from that of the group that will follow under the frame's uuid."""
    found = fields.mapping(result)
    if "plate" not in found:
        raise InvalidMessage(f"results[{index}] has no plate")
    plate = fields.plate(found["plate"])
    if plate is None:
        return None
    uuid = fields.identifier(frame.get("uuid"))
    told = found.get("epoch_time") or frame.get("epoch_time")
    read = _timed(told, None if uuid is None else fields.identifier(f"{uuid}-{index}"), plate, message)
    read.confidence = fields.fraction(found.get("confidence"), 100)
    read.candidates = fields.candidates(found.get("candidates"), "confidence", 100)
    read.region = _region(found, "region", frame.get("country"))
    read.location = fields.location(frame.get("gps_latitude"), frame.get("gps_longitude"))
    read.picture = fields.picture_from_base64(found.get("plate_crop_jpeg"))
    return read


def _timed(epoch: object, read_id: str | None, plate: str, message: Message) -> Read:
    told = fields.text(epoch)
    captured_at, device_time = clock.believed(told, clock.from_epoch(epoch), message.received_at)
    if read_id is None and (told is None or device_time is not None):
        read_id = fallback_id(told, plate, message.digest)
    return Read(
        camera_id=message.camera_id, captured_at=captured_at, device_time=device_time, read_id=read_id, plate=plate
    )


def _region(found: Mapping[str, Any], name: str, country: object = None) -> str | None:
    """`us-mo` is US-MO, `eu-de` DE; a bare code means a part of the country that the agent was set to."""
    code = fields.region(found.get(name))
    if code is None or not fields.sure(found.get(f"{name}_confidence"), 100):
        return None
    if "-" not in code:
        engine = fields.region(found.get("country", country))
        if engine is None:
            return None if _STATE.fullmatch(code) else code
        code = code if code == engine else f"{engine}-{code}"
    return code.removeprefix("EU-")


def _vehicle(guesses: Mapping[str, Any]) -> SeenVehicle | None:
    make = _best(guesses.get("make"))
    make_model = _best(guesses.get("make_model")) or ""
    model_make, _, model = make_model.partition("_")
    vehicle = SeenVehicle(
        make=make or model_make or None,
        model=model if model and make in (None, model_make) else None,
        color=_best(guesses.get("color")),
        type=_best(guesses.get("body_type")),
    )
    return None if vehicle == SeenVehicle() else vehicle


def _best(guesses: object) -> str | None:
    """The name of the surest guess, where it is sure enough."""
    named = [fields.mapping(guess) for guess in fields.sequence(guesses)]
    best = max(named, key=lambda guess: fields.fraction(guess.get("confidence"), 100) or 0, default={})
    return fields.known(best.get("name")) if fields.sure(best.get("confidence", 0), 100) else None


def _direction(degrees: object) -> str | None:
    """Degrees of the picture, as text; negative stands for unknown."""
    if isinstance(degrees, bool) or not isinstance(degrees, int | float) or not 0 <= degrees <= 360:
        return None
    return f"{degrees:.1f}"


VENDOR = Vendor(
    name="openalpr",
    parse=parse,
    acknowledge=acknowledge,
    docs="OpenALPR and Rekor Scout agents (alprd upload_address): alpr_group, alpr_results, alpr_alert as JSON",
)
