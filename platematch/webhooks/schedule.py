"""When a delivery is tried again, and what an answer means: the retry policy as data."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum

# The wait after the first failed attempt, after the second, …; the first attempt is made at once. Three days in all.
DELAYS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=12),
    timedelta(hours=12),
    timedelta(hours=12),
    timedelta(hours=12),
)
JITTER = 0.1
LONGEST_RETRY_AFTER = timedelta(hours=12)
# What is due later than this was planned by a clock that has been set back since.
LONGEST_WAIT = timedelta(hours=14)


class Outcome(Enum):
    """What an attempt came to."""

    DELIVERED = "delivered"
    RETRY = "retry"
    GONE = "gone"


def outcome(status: int | None) -> Outcome:
    """Only 2xx is success; 410 says that the receiver is gone for good; None is no answer at all."""
    if status is not None and 200 <= status < 300:
        return Outcome.DELIVERED
    return Outcome.GONE if status == 410 else Outcome.RETRY


def next_due(attempt: int, at: datetime, retry_after: timedelta | None, jitter: float) -> datetime | None:
    """When to try again after the attempt (1 for the first) that failed at `at`; None where it was the last.

    jitter: a random number, 0..1, that adds up to a tenth to the wait, so that a receiver which comes back is
    not met by everything at once. retry_after: the receiver's own wish; it lengthens a wait, by 12 hours at most.
    """
    if attempt > len(DELAYS):
        return None
    wait = DELAYS[attempt - 1]
    if retry_after is not None:
        wait = max(wait, min(retry_after, LONGEST_RETRY_AFTER))
    return at + wait * (1 + JITTER * jitter)


def retry_after(status: int | None, header: str | None, now: datetime) -> timedelta | None:
    """The wait that a 429 or 503 asks for (RFC 9110, 10.2.3: seconds or an HTTP date); None where there is none."""
    if status not in (429, 503) or header is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", text := header.strip()):
        return timedelta(seconds=int(text))
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
