"""Says an explanation in words, in one language or another."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from platematch.matcher.evidence import LEAST_OF_ALL, make_of
from platematch.matcher.languages import ENGLISH, UKRAINIAN, Language
from platematch.matcher.looks import COLOURS, TYPES
from platematch.matcher.match import Evidence, Explanation, Step
from platematch.plates import canonical

TOLD = 1.1
"""Evidence that changes the odds by less is not worth words."""
BOTH = 0.1
"""Of what else gives the read: from this share on, ordinary vehicles and listed ones are told together."""


def worded(why: Explanation, *, read: str, listed: str, probability: float) -> Explanation:
    """The explanation with its sentences made from its data. read: as the camera gave it; listed: as on the list.

    probability: of the match, or of a hit whose further reads have raised it.
    """
    english, ukrainian = (
        sentence(why, language, read=read, listed=listed, probability=probability) for language in (ENGLISH, UKRAINIAN)
    )
    return replace(why, sentence=english, sentence_uk=ukrainian)


def sentence(why: Explanation, language: Language, *, read: str, listed: str, probability: float) -> str:
    """What was read and listed, what differs, what speaks for and against, and how probable it makes the vehicle."""
    parts = [_compared(why, language, read, listed), _weighed(why, language, probability)]
    parts += _evidence(why.evidence, language)
    parts.append(_total(language, probability))
    if why.runner_up is not None:
        runner_up = why.runner_up_probability
        percent = "" if runner_up is None else f" ({language.percent(runner_up)})"
        phrase = language.likelier_plate if (runner_up or 0.0) > TOLD * probability else language.runner_up
        parts.append(phrase.format(plate=why.runner_up, percent=percent))
    if why.ambiguous:
        parts.append(language.ambiguous)
    return " ".join(parts)


def _compared(why: Explanation, language: Language, read: str, listed: str) -> str:
    """The text that was compared is the read itself, the one line of its two, or an alternative of the camera's."""
    posted = canonical(read, rows=False)
    text = "".join(step.read for step in why.alignment) or posted
    phrase = language.compared
    if text != posted:
        phrase = language.in_one_line if text == canonical(read) else language.alternative
    return phrase.format(read=posted, text=text, listed=listed, differences=_differences(why.alignment, language))


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
    counted = Counter(found)
    told = (phrase if count == 1 else f"{phrase}, {language.times(count)}" for phrase, count in counted.items())
    return "; ".join(told) or language.agrees


def _where(alignment: Sequence[Step], place: int, language: Language) -> str:
    """At the start: no character of the plate was read before it. At the end: none after it."""

    def unread(steps: Sequence[Step]) -> bool:
        return all(step.kind in ("lost", "added") for step in steps)

    if unread(alignment[:place]):
        return language.start
    return language.end if unread(alignment[place + 1 :]) else language.inside


def _weighed(why: Explanation, language: Language, probability: float) -> str:
    """How often the read comes from other vehicles, and how often from the listed one, evidence left aside."""
    against = max(why.background + why.rivals, 1e-300)
    listed, who = why.prior * why.likelihood, language.ordinary
    if any(step.kind == "wildcard" for step in why.alignment):
        ratio = math.prod(fact.ratio for fact in why.evidence)
        listed, who = probability / max(1.0 - probability, 1e-15) * against / ratio, language.unfitting
    if why.rivals > (1.0 - BOTH) * against:
        who = language.rival
    elif why.rivals > BOTH * against:
        who = language.either
    other, one = who
    once = language.once(1.0 / against), language.once(1.0 / max(listed, 1e-300))
    return language.weighed.format(other=other, one=one, often=once[0], seldom=once[1])


def _evidence(evidence: Sequence[Evidence], language: Language) -> Iterator[str]:
    """What speaks for and what against, each side with its ratio; together they count for LEAST_OF_ALL at least."""
    speaking = [fact for fact in evidence if fact.ratio >= TOLD]
    opposed = [fact for fact in evidence if fact.ratio <= 1.0 / TOLD]
    ratio = math.prod(fact.ratio for fact in speaking)
    if speaking:
        yield language.speaks_for.format(facts=_facts(speaking, language), ratio=language.ratio(ratio))
    if opposed:
        least = LEAST_OF_ALL / math.prod(fact.ratio for fact in speaking if fact.what != "passage")
        against = max(math.prod(fact.ratio for fact in opposed), least)
        yield language.speaks_against.format(facts=_facts(opposed, language), ratio=language.ratio(1.0 / against))


def _facts(facts: Sequence[Evidence], language: Language) -> str:
    """Of facts on one side: the vehicle as seen and as listed, then those without a word of their own."""
    said = []
    seen, listed = (_vehicle(facts, side, language) for side in ("seen", "listed"))
    if listed:
        phrase = language.as_listed if seen == listed else language.not_as_listed
        said.append(phrase.format(seen=seen, listed=listed))
    phrases = {"confidence": language.confidence, "passage": language.passage}
    said += [phrases[fact.what].format(count=fact.seen) for fact in facts if fact.what in phrases]
    return "; ".join(said)


def _vehicle(facts: Sequence[Evidence], side: str, language: Language) -> str:
    """`silver Toyota, country PL`."""
    named: dict[str, str] = {fact.what: getattr(fact, side) for fact in facts}
    vehicle = " ".join(_word(what, named[what], language) for what in language.order if named.get(what))
    country = named.get("country")
    return ", ".join(filter(None, (vehicle, language.country.format(country=country) if country else "")))


def _word(what: str, word: str, language: Language) -> str:
    """A colour, make or type by the name of its kind; one of no known kind as it was given."""
    if what == "make":
        make = make_of(word) or word
        return make.upper() if len(make) <= 3 else make.title()
    kind = (COLOURS if what == "color" else TYPES).kind(word) or word
    return language.kinds.get(kind, kind)


def _total(language: Language, probability: float) -> str:
    odds = probability / max(1.0 - probability, 1e-15)
    ratio = language.ratio(max(odds, 1.0 / max(odds, 1e-15)))
    phrase = language.likelier if odds > 1.0 else language.less_likely
    if 0.95 < odds < 1.05:
        phrase = language.equal
    return phrase.format(ratio=ratio, percent=language.percent(probability))
