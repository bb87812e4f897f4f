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


class Evidence(Struct, frozen=True):
    """What beside the text speaks for or against the listed vehicle.

    ratio: P(seen | the listed vehicle) / P(seen | an ordinary vehicle): above 1 it speaks for, below 1 against. seen
    and listed: as the camera and the list name it, "" where that is no word (a confidence). Of a passage, which only
    hits have, seen is the number of its further reads.
    """

    what: Literal["country", "make", "color", "type", "confidence", "passage"]
    seen: str
    listed: str
    ratio: float


class Explanation(Struct, frozen=True):
    """Why the probability is what it is: a sentence in English, one in Ukrainian, and the figures.

    The odds are prior x likelihood x every ratio of evidence, to background + rivals. likelihood: P(read text | the
    listed plate); background: P(read text and an ordinary vehicle); rivals: P(read text and another listed one).
    runner_up: the likeliest other plate of the same list, with its own probability. ambiguous: neither of the two is
    much likelier than the other.
    """

    sentence: str
    alignment: list[Step]
    prior: float
    likelihood: float
    background: float
    rivals: float
    runner_up: str | None = None
    sentence_uk: str = ""
    evidence: list[Evidence] = []
    runner_up_probability: float | None = None
    ambiguous: bool = False


class Match(Struct, frozen=True):
    """One (read, entry) pair. plate: as listed. log_odds: natural log of probability / (1 - probability), finite."""

    watchlist_id: str
    entry_id: str
    plate: str
    probability: float
    log_odds: float
    explanation: Explanation
