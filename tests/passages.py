"""Builders of matched reads, with everything a test does not care about filled in."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from platematch.hits.hit import Listing, Matched
from platematch.matcher.match import Explanation, Match
from platematch.reads import Location, Read
from platematch.watchlist import Entry, Watchlist

START = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
PRIOR = 1e-4
NEWEST = 1_000_000  # no list has changed since the read was matched


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def watchlist(watchlist_id: str = "stolen", **fields: Any) -> Watchlist:
    return Watchlist(**{"watchlist_id": watchlist_id, "name": "L", "purpose": "P", "owner": "O", **fields})


def entry(entry_id: str = "e1", plate: str = "АА1234ВВ", **fields: Any) -> Entry:
    return Entry(**{"entry_id": entry_id, "plate": plate, "reason": "stolen", **fields})


def match(entry: Entry, watchlist: Watchlist, log_odds: float, prior: float = PRIOR) -> Match:
    explanation = Explanation("because", [], prior, 0.5, 1e-6, 0.0)
    probability = 1 / (1 + math.exp(-log_odds))
    return Match(watchlist.watchlist_id, entry.entry_id, entry.plate, probability, log_odds, explanation)


def matched(
    seconds: float = 0.0,
    log_odds: float = 2.0,
    *,
    read_id: str | None = None,
    camera_id: str = "cam-1",
    location: Location | None = None,
    of: list[tuple[Watchlist, Entry]] | None = None,
    picture: bytes | None = None,
    late: bool = False,
) -> Matched:
    """A read at START + seconds that matches the given entries (by default one) with these odds."""
    of = [(watchlist(), entry())] if of is None else of
    read = Read(
        plate="AA1234BB",
        camera_id=camera_id,
        captured_at=at(seconds),
        read_id=read_id or f"r{seconds}",
        location=location,
        picture=picture,
    )
    matches = [match(listed, on, log_odds) for on, listed in of]
    listings = [Listing(on, listed, START, 7) for on, listed in of]
    return Matched(read, "AA1234BB", matches, listings, late, NEWEST)
