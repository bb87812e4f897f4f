"""Hits: matches at or above their list's policy, folded into one per entry and sighting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from platematch.matcher.match import Explanation, Match
from platematch.reads import Location, Read
from platematch.watchlist import Entry, Watchlist

Verdict = Literal["confirmed", "misread", "wrong_country", "wrong_vehicle", "stale_entry", "dismissed"]


class Disposition(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An operator's verdict on a hit, and the action taken on it."""

    verdict: Verdict
    action: Annotated[str, Meta(max_length=1000)] | None = None
    note: Annotated[str, Meta(max_length=4000)] | None = None


class Listing(Struct, frozen=True):
    """An entry as it stood when the read was matched. listed_at: when the list last changed (its age on a hit)."""

    watchlist: Watchlist
    entry: Entry
    listed_at: datetime
    version: int


class Matched(Struct, frozen=True):
    """One read with its matches at or above min_probability, and the listing behind each (same order).

    late: the read arrived long after it was captured. version: of the lists that it was matched against.
    """

    read: Read
    plate: str
    matches: Sequence[Match]
    listings: Sequence[Listing]
    late: bool = False
    version: int = 0


class Sighting(Struct, kw_only=True):
    """What is remembered of one hit's passage while it is open: enough to fold the next read into it.

    All odds are natural logarithms. best: of the best read; gain: how far it lies above its prior; support: the
    sum of all reads' gains; combined: what the reads say together; announced: combined when the last event was
    made, None while none was. cameras: where each camera of the passage stood, None where that is unknown.
    """

    watchlist_id: str
    entry_id: str
    hit_id: str
    sighting_id: str
    first_at: datetime
    last_at: datetime
    cameras: dict[str, Location | None]
    reads: int
    best: float
    gain: float
    support: float
    combined: float
    announced: float | None = None


class Hit(Struct, kw_only=True, omit_defaults=True):
    """A stored hit, as the interface shows it. read: the best read so far, without its picture."""

    hit_id: str
    sighting_id: str
    watchlist_id: str
    entry_id: str
    probability: float
    explanation: Explanation
    read: Read
    reads: int
    entry: Entry
    watchlist: Watchlist
    version: int
    list_age_s: float
    created_at: datetime
    updated_at: datetime
    alerted_at: datetime | None = None
    withdrawn_at: datetime | None = None
    late: bool = False
    picture_url: str | None = None
    disposition: Disposition | None = None
    disposed_by: str | None = None
    disposed_at: datetime | None = None
