"""The matcher: a live index of listed plates, the channel model, the posterior and its explanation.

Matcher is imported when it is first asked for, since the types beside it are wanted without the compiler behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from platematch.matcher.match import Explanation, Match, Step

if TYPE_CHECKING:
    from platematch.matcher.live import Matcher
    from platematch.matcher.patterns import check_plate

__all__ = ["Explanation", "Match", "Matcher", "Step", "check_plate"]


def __getattr__(name: str) -> object:
    if name == "Matcher":
        from platematch.matcher.live import Matcher

        return Matcher
    if name == "check_plate":
        from platematch.matcher.patterns import check_plate

        return check_plate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
