"""Devices' clocks: reads the times they send in all their notations, and decides whether to believe them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

AHEAD = timedelta(minutes=10)
"""How far a device may be ahead of us before its clock counts as wrong. The past is always believed: devices buffer."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_END = 1e11  # as seconds this is the year 5138, as milliseconds 1973: nothing real lies on the wrong side

# Hikvision's query form has `20260315T112740-300`, and a "+" that was not escaped arrives as a space.
_TIME = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)[T ](\d\d):?(\d\d):?(\d\d)(?:[.,](\d{1,9}))?"
    r"(?:(Z)|(?:\s*([+-])|\s)(\d{1,2}):?(\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)


def believed(told: str | None, instant: datetime | None, received_at: datetime) -> tuple[datetime, str | None]:
    """captured_at and device_time of a read, from what the device told and the instant this means.

    instant is aware UTC, or None where told is missing or unreadable; then, and when it lies more than AHEAD
    after received_at, the time of receipt counts and told is kept beside it.
    """
    if instant is not None and instant - received_at <= AHEAD:
        return instant, None
    return received_at, told


def from_text(text: str | None, *, naive: tzinfo | None = None) -> datetime | None:
    """The instant, in UTC, of an ISO 8601 time in its common dialects; None if unreadable.

    naive: the zone of a time without offset; without it such a time is unreadable.
    """
    match = _TIME.fullmatch(text.strip()) if text is not None and len(text) <= 64 else None
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zulu, sign, hours, minutes = match.groups()
    zone = UTC if zulu else naive
    try:
        if hours is not None:
            offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
            zone = timezone(-offset if sign == "-" else offset)
        if zone is None:
            return None
        micros = int((fraction or "").ljust(6, "0")[:6])
        when = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), micros, tzinfo=zone)
        return when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def from_epoch(value: object) -> datetime | None:
    """The instant of a Unix time in seconds or milliseconds, told apart by their size; None if unreadable or unset."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        return None
    try:
        return _EPOCH + (timedelta(milliseconds=value) if value >= _SECONDS_END else timedelta(seconds=value))
    except (OverflowError, ValueError):
        return None
