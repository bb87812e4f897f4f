"""The matcher's answer: which entry a read could be, how probable that is, and why."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Step(Struct, frozen=True):
    """One column of the alignment between the listed plate and the read.

    listed or read is "" where the character was inserted or lost. rate: how often cameras show this read
    character (or lose or add one) where that listed one stands, 0..1.
    """

    kind: Literal["same", "confused", "lost", "added", "unread", "wildcard"]
    listed: str
    read: str
    rate: float


class Explanation(Struct, frozen=True):
    """Why the probability is what it is, in one sentence and in data."""

    sentence: str
    alignment: list[Step]
    prior: float
    likelihood: float
    background: float
    rivals: float
    runner_up: str | None = None


class Match(Struct, frozen=True):
    """One (read, entry) pair. plate: as listed. log_odds: natural log of probability / (1 - probability), finite."""

    watchlist_id: str
    entry_id: str
    plate: str
    probability: float
    log_odds: float
    explanation: Explanation
