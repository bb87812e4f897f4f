"""What one camera saw once: the Read and its parts, as cameras post it and as everything behind them handles it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta, Struct

Fraction = Annotated[float, Meta(ge=0, le=1)]
ShortText = Annotated[str, Meta(max_length=200)]
PlateText = Annotated[str, Meta(max_length=64, description="The plate as the camera sent it, in any script and case")]
Identifier = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+(?!\n)$")]
Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339 with offset")]


class Candidate(Struct, frozen=True, omit_defaults=True):
    """One of an engine's alternative texts."""

    plate: PlateText
    confidence: Fraction | None = None


class Vehicle(Struct, frozen=True, omit_defaults=True):
    """What was seen or listed of the vehicle itself, in the source's own words."""

    make: ShortText | None = None
    model: ShortText | None = None
    color: ShortText | None = None
    type: ShortText | None = None


class Location(Struct, frozen=True):
    """WGS 84 degrees."""

    lat: Annotated[float, Meta(ge=-90, le=90)]
    lon: Annotated[float, Meta(ge=-180, le=180)]


class PlateRead(Struct, kw_only=True, omit_defaults=True):
    """The part of a read that matching looks at; by itself the body of a match request."""

    plate: PlateText
    confidence: Fraction | None = None
    char_confidences: Annotated[list[Fraction], Meta(max_length=64)] | None = None
    candidates: Annotated[list[Candidate], Meta(max_length=100)] = []
    region: Annotated[str, Meta(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")] | None = None
    vehicle: Vehicle | None = None


class Read(PlateRead, kw_only=True, omit_defaults=True):
    """What one camera saw once."""

    camera_id: Identifier
    captured_at: Instant
    read_id: Identifier | None = None
    direction: ShortText | None = None
    lane: ShortText | int | None = None
    location: Location | None = None
    track_id: ShortText | None = None
    picture: Annotated[bytes, Meta(description="JPEG or PNG, base64")] | None = None
    device_time: Annotated[ShortText, Meta(description="The device's own clock, where it was not believed")] | None = (
        None
    )


def derived_read_id(camera_id: str, captured_at: datetime, plate: str) -> str:
    """The read_id of a read that came without one: SHA-256, in hex, of camera, UTC instant in ms and canonical plate.

    The three are joined by line feeds, which none of them can hold.
    """
    instant = captured_at.astimezone(UTC)
    milliseconds = int(instant.timestamp()) * 1000 + instant.microsecond // 1000
    return hashlib.sha256(f"{camera_id}\n{milliseconds}\n{plate}".encode()).hexdigest()
