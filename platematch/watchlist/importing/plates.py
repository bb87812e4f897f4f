"""Tells plates from the dirt that fills the plate column of hot-list files."""

from __future__ import annotations

from platematch.errors import InvalidPlate
from platematch.plates import ANY, MAX_SYMBOLS, OTHER, RUN, pack

_MAX_TEXT = 64
_ZEROS = frozenset(pack("0"))
_WILDCARDS = frozenset((ANY, RUN))
_FIXED = 2


def check(text: str, *, wildcards: bool) -> None:
    """Raises InvalidPlate, with the reason, for a text that cannot be an entry's plate.

    wildcards: whether `?` and `*` stand for unknown characters; elsewhere they are dirt.
    """
    if len(text) > _MAX_TEXT:
        raise InvalidPlate(f"the plate has {len(text)} characters; at most {_MAX_TEXT} are allowed", field="plate")
    symbols = pack(text, run=True)
    holds = frozenset(symbols)
    problem = None
    if not symbols:
        problem = "is empty" if not text.strip() else "holds no letter or digit"
    elif holds <= _WILDCARDS and not wildcards:
        problem = "holds no letter or digit"
    elif holds & _WILDCARDS and not wildcards:
        problem = "holds ? or *, which are no wildcards in this format"
    elif holds & _WILDCARDS and sum(symbol not in _WILDCARDS for symbol in symbols) < _FIXED:
        problem = f"is a pattern with fewer than {_FIXED} fixed characters"
    elif OTHER in holds:
        problem = "holds a letter of a script that plates are not written in"
    elif len(symbols) > MAX_SYMBOLS:
        problem = f"has {len(symbols)} characters; at most {MAX_SYMBOLS} can be matched"
    elif holds <= _ZEROS:
        problem = "is only zeros, which stand for an unknown plate"
    if problem is not None:
        raise InvalidPlate(f"the plate {text!r} {problem}", field="plate")
