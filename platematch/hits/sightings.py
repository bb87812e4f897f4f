"""One passage of one listed vehicle: which reads belong to it, and what they say together."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from platematch.hits.hit import Matched, Sighting
from platematch.matcher.match import Match
from platematch.matcher.passage import combine, gain_of
from platematch.reads import Location, Read, derived_read_id

EARTH_RADIUS_M = 6_371_000.0


def probability_of(log_odds: float) -> float:
    """The probability, 0..1, of natural log-odds of any size."""
    if log_odds >= 0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1.0 + odds)


def log_odds_of(probability: float) -> float:
    """Natural log-odds of a probability; infinite at 0 and 1."""
    if probability <= 0:
        return -math.inf
    if probability >= 1:
        return math.inf
    return math.log(probability) - math.log1p(-probability)


def metres(a: Location, b: Location) -> float:
    """Great-circle distance (haversine formula) on a sphere of the Earth's mean radius."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    rise = math.sin((lat_b - lat_a) / 2) ** 2
    turn = math.sin(math.radians(b.lon - a.lon) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, rise + math.cos(lat_a) * math.cos(lat_b) * turn)))


def identify(matched: Matched) -> tuple[str, str]:
    """(camera_id, read_id) of a read; the read_id is derived where it came without one."""
    read = matched.read
    return read.camera_id, read.read_id or derived_read_id(read.camera_id, read.captured_at, matched.plate)


def start(matched: Matched, match: Match) -> Sighting:
    """The sighting that this read opens; its ids follow from the read, so that repeated work gives them again."""
    read = matched.read
    camera_id, read_id = identify(matched)
    gain = gain_of(match.log_odds, match.explanation.prior)
    return Sighting(
        watchlist_id=match.watchlist_id,
        entry_id=match.entry_id,
        hit_id=_digest("hit", match.watchlist_id, match.entry_id, camera_id, read_id),
        sighting_id=_digest("sighting", camera_id, read_id),
        first_at=read.captured_at,
        last_at=read.captured_at,
        cameras={camera_id: read.location},
        reads=1,
        best=match.log_odds,
        gain=gain,
        support=gain,
        combined=match.log_odds,
    )


def join(sighting: Sighting, read: Read, match: Match) -> Sighting:
    """The sighting with one more read."""
    gain = gain_of(match.log_odds, match.explanation.prior)
    best, best_gain = max((sighting.best, sighting.gain), (match.log_odds, gain))
    support = sighting.support + gain
    location = read.location or sighting.cameras.get(read.camera_id)
    return replace(
        sighting,
        first_at=min(sighting.first_at, read.captured_at),
        last_at=max(sighting.last_at, read.captured_at),
        cameras={**sighting.cameras, read.camera_id: location},
        reads=sighting.reads + 1,
        best=best,
        gain=best_gain,
        support=support,
        combined=combine(best, best_gain, support),
    )


def belonging(sightings: Sequence[Sighting], read: Read, *, window_s: float, neighbour_m: float) -> Sighting | None:
    """The sighting that the read belongs to: of those open at its time and place the nearest in time."""
    window = timedelta(seconds=window_s)
    near = [
        sighting
        for sighting in sightings
        if apart(sighting, read.captured_at) <= window and is_near(sighting, read, neighbour_m)
    ]
    return min(near, key=lambda s: (apart(s, read.captured_at), s.first_at, s.hit_id), default=None)


def apart(sighting: Sighting, instant: datetime) -> timedelta:
    """How long before the sighting's first or after its last read the instant is; 0 within."""
    return max(sighting.first_at - instant, instant - sighting.last_at, timedelta(0))


def is_near(sighting: Sighting, read: Read, neighbour_m: float) -> bool:
    """Whether the read is of one of the sighting's cameras or of one within neighbour_m metres of them."""
    if read.camera_id in sighting.cameras:
        return True
    here = read.location
    return here is not None and any(
        there is not None and metres(here, there) <= neighbour_m for there in sighting.cameras.values()
    )


def _digest(*parts: str) -> str:
    """SHA-256 of the parts, which hold no line feeds, cut to 128 bits: 32 hex digits can still be read aloud."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
