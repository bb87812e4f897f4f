"""What beside the text speaks for or against a listed vehicle: country, make, colour and type, as likelihood ratios.

Each is P(seen | the listed vehicle) / P(seen | an ordinary one), as Fellegi & Sunter (1969) weigh agreements, from the
tables of looks.py; what is not seen, not listed or not understood says nothing. The ratios are taken as independent and
so are bounded, each and all together: a recogniser that is wrong in one thing is often wrong in another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from platematch.matcher.looks import COLOURS, COMMON_MAKE, MAKES, MAKES_RIGHT, TYPES, Confusion
from platematch.matcher.match import Evidence
from platematch.reads import PlateRead, Vehicle
from platematch.watchlist import Entry

LEAST, MOST = 0.05, 4.0
"""Of one ratio."""
LEAST_OF_ALL = 1e-3
SAME_COUNTRY, SAME_STATE = 1.2, 2.0
"""An ordinary vehicle with such a plate is mostly of that country, too; of states many issue the same texts."""
OTHER_COUNTRY, OTHER_STATE = 0.05, 0.1
"""Recognisers name a wrong country in about one of twenty, a wrong state in one of ten: estimates."""
BY_STATE = ("US",)
"""Countries whose states issue plates of their own, so that several vehicles carry one text."""
_NOTHING = Vehicle()


def evidence(read: PlateRead, entry: Entry) -> list[Evidence]:
    """What the read says of the entry's vehicle beside its plate; empty where it says nothing."""
    seen, listed = read.vehicle or _NOTHING, entry.vehicle or _NOTHING
    found = [
        _country(read.region, entry.region),
        _make(seen.make, listed.make),
        _look("color", COLOURS, seen.color, listed.color),
        _look("type", TYPES, seen.type, listed.type),
    ]
    return [part for part in found if part is not None]


def ratio_of(found: Sequence[Evidence]) -> float:
    """The ratio of all evidence together; 1 for none."""
    return max(LEAST_OF_ALL, math.prod(part.ratio for part in found))


def favour(read: PlateRead) -> float:
    """The highest ratio_of() that any entry can have by this read; 1 where it says nothing of the vehicle."""
    seen = read.vehicle or _NOTHING
    said = sum(word is not None for word in (seen.make, seen.color, seen.type))
    return (1.0 if read.region is None else SAME_STATE) * MOST**said


def elsewhere(read: PlateRead, entry: Entry) -> bool:
    """Whether an ordinary vehicle may carry the entry's own plate: of another country or state than the entry's.

    So it is where the camera names another one, and where states issue the same texts and it names none.
    """
    if read.region is None or entry.region is None:
        return entry.region is not None and entry.region[:2] in BY_STATE
    country = _country(read.region, entry.region)
    return country is not None and (country.ratio < 1.0 or (entry.region[:2] in BY_STATE and "-" not in read.region))


def different(one: Entry, other: Entry) -> bool:
    """Whether two entries of one plate are surely of different vehicles: country, make or type contradict."""
    as_seen = PlateRead(plate=one.plate, region=one.region, vehicle=one.vehicle)
    return any(part.ratio < 1.0 and part.what != "color" for part in evidence(as_seen, other))


def _country(seen: str | None, listed: str | None) -> Evidence | None:
    if seen is None or listed is None:
        return None
    if seen[:2] != listed[:2]:
        return Evidence("country", seen, listed, OTHER_COUNTRY)
    if "-" not in seen or "-" not in listed:
        return Evidence("country", seen, listed, SAME_COUNTRY)
    return Evidence("country", seen, listed, SAME_STATE if seen == listed else OTHER_STATE)


def _make(seen: str | None, listed: str | None) -> Evidence | None:
    said, true = make_of(seen), make_of(listed)
    if seen is None or listed is None or said is None or true is None:
        return None
    wrong = (1.0 - MAKES_RIGHT) * COMMON_MAKE
    ordinary = COMMON_MAKE * MAKES_RIGHT + wrong
    return Evidence("make", seen, listed, _bounded((MAKES_RIGHT if said == true else wrong) / ordinary))


def make_of(text: str | None) -> str | None:
    """The make that a text names, with its model or without, in any case, in Latin or Cyrillic; None: not known."""
    if text is None:
        return None
    words = text.casefold().replace("_", " ").split(" - ")[0].split()
    tries = [" ".join(words[:2]), *words[:1], *(words[0].split("-")[:1] if words else [])]
    return next((MAKES[word] for word in tries if word in MAKES), None)


def _look(what: str, table: Confusion, seen: str | None, listed: str | None) -> Evidence | None:
    said, true = (None if word is None else table.kind(word) for word in (seen, listed))
    if seen is None or listed is None or said is None or true is None:
        return None
    return Evidence("color" if what == "color" else "type", seen, listed, _bounded(table.ratio(said, true)))


def _bounded(ratio: float) -> float:
    return min(max(ratio, LEAST), MOST)
