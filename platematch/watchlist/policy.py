"""A watchlist: its owner and purpose, its period, and how readily it alerts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from platematch.reads import Fraction, Instant, ShortText


class MatchPolicy(Struct, frozen=True, omit_defaults=True):
    """How far a read may be from a listed plate, and how often a listed vehicle passes."""

    errors: Literal[1, 2] = 1
    missing_ends: Literal[0, 1, 2] = 0
    prior: Annotated[float, Meta(gt=0, lt=1, description="Passages of one listed vehicle per read")] | None = None


class Watchlist(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A named list. min_probability: hits are stored from here up; alert_probability: webhooks from here up."""

    watchlist_id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    purpose: Annotated[str, Meta(min_length=1, max_length=1000)]
    owner: Annotated[str, Meta(min_length=1, max_length=200)]
    area: ShortText | None = None
    valid_from: Instant | None = None
    expires_at: Instant | None = None
    priority: Annotated[int, Meta(ge=0, le=100, description="0 is the highest")] = 50
    min_probability: Fraction = 0.05
    alert_probability: Fraction = 0.5
    match: MatchPolicy = MatchPolicy()
    exact_only: bool = False
    covert: bool = False


def covers(valid_from: datetime | None, expires_at: datetime | None, instant: datetime) -> bool:
    """Whether a validity with open or closed ends holds the instant; expires_at itself is outside."""
    return (valid_from is None or valid_from <= instant) and (expires_at is None or instant < expires_at)
