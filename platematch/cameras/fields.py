"""Devices' loose values into values that a Read may hold: clamped, cleaned or left out, never a reason to lose it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from platematch.errors import InvalidMessage
from platematch.reads import Candidate, Location

LEAST_SURE = 0.5
"""Guesses of region and vehicle below this are left out: a Read holds no doubt, so a wrong one would weigh fully."""

MAX_PICTURE = 4 * 1024 * 1024
_MAX_PLATE = 64
_MAX_CANDIDATES = 100
_MAX_TEXT = 200
_REGION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")
_IMAGE = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


def mapping(value: object) -> Mapping[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    """The value where it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: object) -> str | None:
    """A string or number as one line of at most 200 characters; None where nothing is left."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    line = value if isinstance(value, str) else repr(value)
    return _CONTROL.sub(" ", line[: 4 * _MAX_TEXT]).strip()[:_MAX_TEXT].strip() or None


def known(value: object) -> str | None:
    """Like text; "unknown" is None."""
    word = text(value)
    return None if word is None or word.casefold() == "unknown" else word


def identifier(value: object) -> str | None:
    """An id of at most 200 characters; a longer one is hashed, for two of them may share their beginning."""
    if isinstance(value, str) and len(value) > _MAX_TEXT:
        return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()
    word = text(value)
    return None if word is None or not word.strip("0-{}") else word


def plate(value: object) -> str | None:
    """The plate as sent, at most 64 characters; None if it holds no letter or digit. Raises InvalidMessage."""
    if value is None:
        return None
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise InvalidMessage(f"the plate is no text but {type(value).__name__}")
    line = str(value) if isinstance(value, str) or abs(value) < 10**_MAX_PLATE else "#" * 99
    if len(line) > _MAX_PLATE:
        raise InvalidMessage(f"a plate of {len(line)} characters; at most {_MAX_PLATE} can be one")
    line = _CONTROL.sub(" ", line).strip()
    return line if any(character.isalnum() for character in line) else None


def fraction(value: object, full: float = 1.0) -> float | None:
    """A confidence on the scale 0..full, as a number or its text, on the scale 0..1; None outside the scale."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value) / full
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and 0 <= number <= 1 else None


def sure(value: object, full: float = 1.0) -> bool:
    """Whether a guess with this confidence may be taken as seen; one without a confidence may."""
    return value is None or (fraction(value, full) or 0) >= LEAST_SURE


def region(value: object) -> str | None:
    """A country or country-subdivision code in the form of a Read's region, from either case; else None."""
    code = value.strip().upper() if isinstance(value, str) and len(value) < 16 else ""
    return code if _REGION.fullmatch(code) else None


def candidates(items: object, score: str, full: float = 1.0) -> list[Candidate]:
    """The readable of an engine's alternatives, in its order; score: the name of their confidence, 0..full."""
    return list(_candidates(sequence(items)[:_MAX_CANDIDATES], score, full))


def _candidates(items: Iterable[object], score: str, full: float) -> Iterable[Candidate]:
    for item in items:
        fields = mapping(item)
        try:
            alternative = plate(fields.get("plate"))
        except InvalidMessage:
            continue
        if alternative is not None:
            yield Candidate(plate=alternative, confidence=fraction(fields.get(score), full))


def location(lat: object, lon: object) -> Location | None:
    """A position in degrees; None for impossible ones and for (0, 0) and (-1, -1), which mean that none was set."""
    if isinstance(lat, bool) or isinstance(lon, bool):
        return None
    if not isinstance(lat, int | float) or not isinstance(lon, int | float):
        return None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180) or (lat, lon) in ((0, 0), (-1, -1)):
        return None
    return Location(lat=float(lat), lon=float(lon))


def picture(data: bytes) -> bytes | None:
    """The bytes where they are a JPEG or PNG of at most 4 MiB."""
    return data if data.startswith(_IMAGE) and len(data) <= MAX_PICTURE else None


def picture_from_base64(value: object) -> bytes | None:
    """The picture behind base64 text; None for anything else, such as the "..." of a documentation's example."""
    if not isinstance(value, str) or len(value) > MAX_PICTURE * 3 // 2:
        return None
    try:
        return picture(base64.b64decode("".join(value.split()), validate=True))
    except (binascii.Error, ValueError):
        return None
