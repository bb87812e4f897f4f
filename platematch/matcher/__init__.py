"""The matcher: a live index of listed plates, the channel model, the posterior and its explanation.

Matcher and what goes with it are imported when they are first asked for, since the types beside them are wanted
without the compiler behind them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from platematch.matcher.match import Explanation, Match, Step

if TYPE_CHECKING:
    from platematch.matcher.block import memory_size
    from platematch.matcher.live import Matcher
    from platematch.matcher.patterns import check_plate
    from platematch.matcher.sieve import Sieve

__all__ = ["Explanation", "Match", "Matcher", "Sieve", "Step", "check_plate", "memory_size"]


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
