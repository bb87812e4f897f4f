"""Says an explanation in words, in one language or another."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from platematch.matcher.evidence import make_of
from platematch.matcher.languages import Language
from platematch.matcher.looks import COLOURS, TYPES
from platematch.matcher.match import Evidence, Explanation, Step

MOST_READS = 1e12
"""Said at most of how rarely a vehicle gives a read: further digits tell nobody anything."""
TOLD = 1.1
"""Evidence that changes the odds by less is not worth words."""
_IN_ORDER = ("color", "make", "type")


def sentence(why: Explanation, language: Language, *, read: str, listed: str, probability: float) -> str:
    """What was read and listed, what differs, what speaks for and against, and how probable it makes the vehicle."""
    differences = _differences(why.alignment, language)
    parts = [language.compared.format(read=read, listed=listed, differences=differences)]
    parts += _evidence(why.evidence, language)
    parts.append(_odds(why, language, probability))
    if why.runner_up is not None:
        runner_up = why.runner_up_probability
        percent = "" if runner_up is None else f" ({language.percent(runner_up)})"
        parts.append(language.runner_up.format(plate=why.runner_up, percent=percent))
    if why.ambiguous:
        parts.append(language.ambiguous)
    return " ".join(parts)


def _differences(alignment: Sequence[Step], language: Language) -> str:
    phrases = {
        "confused": language.confused,
        "lost": language.lost,
        "added": language.added,
        "unread": language.unread,
    }
    found = [
        phrases[step.kind].format(
            read=step.read,
            listed=step.listed,
            chance=language.chance(step.rate),
            where=_where(alignment, place, language),
        )
        for place, step in enumerate(alignment)
        if step.kind in phrases
    ]
    if any(step.kind == "wildcard" for step in alignment):
        found.insert(0, language.nearly_fits if found else language.fits)
    return "; ".join(dict.fromkeys(found)) or language.agrees


def _where(alignment: Sequence[Step], place: int, language: Language) -> str:
    """At the start: no character of the plate was read before it. At the end: none after it."""

    def unread(steps: Sequence[Step]) -> bool:
        return all(step.kind in ("lost", "added") for step in steps)

    if unread(alignment[:place]):
        return language.start
    return language.end if unread(alignment[place + 1 :]) else language.inside


def _evidence(evidence: Sequence[Evidence], language: Language) -> Iterator[str]:
    sides = (
        (language.speaks_for, [fact for fact in evidence if fact.ratio >= TOLD]),
        (language.speaks_against, [fact for fact in evidence if fact.ratio <= 1.0 / TOLD]),
    )
    for phrase, facts in sides:
        if facts:
            ratio = max(math.prod(fact.ratio for fact in facts), 1e-9)
            yield phrase.format(facts=_facts(facts, language), ratio=language.ratio(max(ratio, 1.0 / ratio)))


def _facts(facts: Sequence[Evidence], language: Language) -> str:
    """Of facts on one side: the vehicle as seen and as listed, then those without a word of their own."""
    said = []
    seen, listed = (_vehicle(facts, side, language) for side in ("seen", "listed"))
    if listed:
        phrase = language.as_listed if seen == listed else language.not_as_listed
        said.append(phrase.format(seen=seen, listed=listed))
    what = {fact.what for fact in facts}
    said += [language.confidence] * ("confidence" in what) + [language.passage] * ("passage" in what)
    return "; ".join(said)


def _vehicle(facts: Sequence[Evidence], side: str, language: Language) -> str:
    """`silver Toyota, country PL`."""
    named: dict[str, str] = {fact.what: getattr(fact, side) for fact in facts}
    vehicle = " ".join(_word(what, named[what], language) for what in _IN_ORDER if named.get(what))
    country = named.get("country")
    return ", ".join(filter(None, (vehicle, language.country.format(country=country) if country else "")))


def _word(what: str, word: str, language: Language) -> str:
    """A colour, make or type by the name of its kind; one of no known kind as it was given."""
    if what == "make":
        make = make_of(word) or word
        return make.upper() if len(make) <= 3 else make.title()
    kind = (COLOURS if what == "color" else TYPES).kind(word) or word
    return language.kinds.get(kind, kind)


def _odds(why: Explanation, language: Language, probability: float) -> str:
    who, against = language.ordinary, why.background
    if any(step.kind == "wildcard" for step in why.alignment):
        who = language.unfitting
    if why.rivals > why.background:
        who, against = language.rival, why.rivals
    who = who.format(count=language.count(min(1.0 / max(against, 1e-300), MOST_READS)))
    odds = probability / max(1.0 - probability, 1e-15)
    ratio = language.ratio(max(odds, 1.0 / max(odds, 1e-15)))
    phrase = language.likelier if odds > 1.0 else language.less_likely
    if 0.95 < odds < 1.05:
        phrase = language.equal
    return f"{who}; {phrase.format(ratio=ratio, percent=language.percent(probability))}"
