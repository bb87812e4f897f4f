"""The matcher: a live index of listed plates, the channel model, the posterior and its explanation.

It is a library of its own, which does no I/O and knows no clock; docs/matching.md teaches its model.

>>> from datetime import UTC, datetime
>>> from platematch.matcher import Matcher
>>> from platematch.reads import PlateRead
>>> from platematch.watchlist import Entry, Watchlist
>>> now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
>>> matcher = Matcher(home_country="UA")
>>> matcher.put_watchlist(Watchlist(watchlist_id="stolen", name="Stolen", purpose="recovery", owner="desk"), now, 1)
>>> matcher.put("stolen", Entry(entry_id="1", plate="AA1234BB", reason="stolen"))
>>> [match] = matcher.match([PlateRead(plate="AA1Z34BB")], [now])[0]
>>> match.plate, 0.05 <= match.probability < 1.0
('AA1234BB', True)
>>> [step for step in match.explanation.alignment if step.kind != "same"][0].read
'Z'

Matcher and what goes with it are imported when they are first asked for, since the types beside them are wanted
without the compiler behind them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from platematch.matcher.match import Evidence, Explanation, Match, Step

if TYPE_CHECKING:
    from platematch.matcher.block import memory_size
    from platematch.matcher.live import Matcher
    from platematch.matcher.patterns import check_plate
    from platematch.matcher.sieve import Sieve

__all__ = ["Evidence", "Explanation", "Match", "Matcher", "Sieve", "Step", "check_plate", "memory_size"]


def __getattr__(name: str) -> object:
    if name == "Matcher":
        from platematch.matcher.live import Matcher

        return Matcher
    if name == "Sieve":
        from platematch.matcher.sieve import Sieve

        return Sieve
    if name == "check_plate":
        from platematch.matcher.patterns import check_plate

        return check_plate
    if name == "memory_size":
        from platematch.matcher.block import memory_size

        return memory_size
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
