"""What is told to the operators: hit and test events with the exact bytes that are signed and sent."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from platematch.hits.hit import Disposition, Hit
from platematch.matcher.match import Explanation
from platematch.reads import Read
from platematch.watchlist import Entry, Watchlist
from platematch.webhooks.endpoint import Event, EventType

_S = TypeVar("_S", bound=Struct)


class HitData(Struct, frozen=True, kw_only=True):
    """The data of a hit event. read is the best read of the sighting so far, without its picture."""

    hit_id: str
    sighting_id: str
    probability: float
    explanation: Explanation
    read: Read
    entry: Entry
    watchlist: Watchlist
    version: int
    list_age_s: float
    picture_url: str | None
    withdrawn_at: datetime | UnsetType | None = UNSET
    disposition: Disposition | UnsetType | None = UNSET


class HitEvent(Struct, frozen=True):
    """The body of a hit event."""

    type: EventType
    timestamp: datetime
    data: HitData


class TestData(Struct, frozen=True):
    """The data of a test event: which registration it proves."""

    webhook_id: str


class TestEvent(Struct, frozen=True):
    """The body of a test event."""

    type: EventType
    timestamp: datetime
    data: TestData


def hit_event(type: EventType, hit: Hit, now: datetime, ordinal: int) -> Event:
    """The event of this type about the hit, dated now.

    ordinal: which event of this type it is for the hit, from 0; the same (hit, type, ordinal) always has the
    same event_id, so that a transaction that is tried again announces nothing twice.
    """
    data = HitData(
        hit_id=hit.hit_id,
        sighting_id=hit.sighting_id,
        probability=hit.probability,
        explanation=hit.explanation,
        read=_in_utc(msgspec.structs.replace(hit.read, picture=None)),
        entry=_in_utc(hit.entry),
        watchlist=_in_utc(hit.watchlist),
        version=hit.version,
        list_age_s=hit.list_age_s,
        picture_url=hit.picture_url,
        withdrawn_at=hit.withdrawn_at and _utc(hit.withdrawn_at) if type == "hit.withdrawn" else UNSET,
        disposition=hit.disposition if type == "hit.disposed" else UNSET,
    )
    return Event(
        event_id=_event_id(hit.hit_id, type, str(ordinal)),
        type=type,
        created_at=now,
        body=msgspec.json.encode(HitEvent(type, now.astimezone(UTC), data)),
        hit_id=hit.hit_id,
        watchlist_id=hit.watchlist_id,
    )


def test_event(webhook_id: str, now: datetime, nonce: str) -> Event:
    """An event that only shows that the endpoint works; each nonce makes another one."""
    body = msgspec.json.encode(TestEvent("test", now.astimezone(UTC), TestData(webhook_id)))
    return Event(event_id=_event_id(webhook_id, "test", nonce), type="test", created_at=now, body=body)


def _event_id(*parts: str) -> str:
    return "msg_" + hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _utc(instant: datetime) -> datetime:
    """The instant in UTC; as it is where it would leave the calendar there, as the last second of 9999 at -05:00."""
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        return instant


def _in_utc(record: _S) -> _S:
    """The record with each of its own times in UTC, as a receiver compares them most easily."""
    times = {
        name: _utc(value) for name in record.__struct_fields__ if isinstance(value := getattr(record, name), datetime)
    }
    return msgspec.structs.replace(record, **times) if times else record
