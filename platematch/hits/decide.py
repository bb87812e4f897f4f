"""Turns matches into hits: one per entry and sighting, with the event that is due, if any."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from platematch.hits.hit import Hit, Matched, Sighting
from platematch.hits.sightings import belonging, identify, join, probability_of, start
from platematch.matcher.match import Evidence, Explanation
from platematch.matcher.wording import worded

EntryKey = tuple[str, str]
DOUBLED = math.log(2.0)


class Decision(Struct, frozen=True):
    """What one match of one read does. read, match: its place in the reads and in that read's matches.

    sighting: as it stands after the read; leads: the read is now its best; event: what is to be told, if anything.
    """

    read: int
    match: int
    opened: bool
    leads: bool
    sighting: Sighting
    event: Literal["hit.created", "hit.updated"] | None = None


def decide(
    matched: Sequence[Matched],
    sightings: Mapping[EntryKey, Sequence[Sighting]],
    *,
    window_s: float,
    neighbour_m: float,
) -> list[Decision]:
    """Fold each match into the open sighting that it belongs to, or open one; in the order of captured_at.

    sightings: by (watchlist_id, entry_id) those that a read of the batch could belong to; they are not changed.
    No read may be in the batch or in the sightings twice.
    """
    known: dict[EntryKey, list[Sighting]] = {}
    decisions = []
    for index in sorted(range(len(matched)), key=lambda i: (matched[i].read.captured_at, identify(matched[i]))):
        item = matched[index]
        for position, match in enumerate(item.matches):
            key = (match.watchlist_id, match.entry_id)
            if key not in known:
                known[key] = list(sightings.get(key, ()))
            former = belonging(known[key], item.read, window_s=window_s, neighbour_m=neighbour_m)
            after = start(item, match) if former is None else join(former, item.read, match)
            event = _due(after, item.listings[position].watchlist.alert_probability)
            if event is not None:
                after = replace(after, announced=after.combined)
            if former is not None:
                known[key].remove(former)
            known[key].append(after)
            leads = former is None or match.log_odds > former.best
            decisions.append(Decision(index, position, former is None, leads, after, event))
    return decisions


def _due(sighting: Sighting, alert_probability: float) -> Literal["hit.created", "hit.updated"] | None:
    if sighting.announced is not None:
        return "hit.updated" if sighting.combined >= sighting.announced + DOUBLED else None
    return "hit.created" if probability_of(sighting.combined) >= alert_probability else None


def fold(former: Hit | None, matched: Matched, decision: Decision, now: datetime) -> Hit:
    """The hit after a decision: a new one, or `former` with the read joined. It shows the best read so far."""
    sighting, match, listing = decision.sighting, matched.matches[decision.match], matched.listings[decision.match]
    hit = former
    if hit is None or decision.leads:
        hit = Hit(
            hit_id=sighting.hit_id,
            sighting_id=sighting.sighting_id,
            watchlist_id=sighting.watchlist_id,
            entry_id=sighting.entry_id,
            probability=0.0,
            explanation=match.explanation,
            read=replace(matched.read, picture=None, read_id=identify(matched)[1]),
            reads=0,
            entry=listing.entry,
            watchlist=listing.watchlist,
            version=listing.version,
            list_age_s=max(0.0, (now - listing.listed_at).total_seconds()),
            created_at=now if former is None else former.created_at,
            updated_at=now,
            late=matched.late,
        )
        if former is not None:
            kept = ("alerted_at", "picture_url", "disposition", "disposed_by", "disposed_at")
            hit = replace(hit, **{name: getattr(former, name) for name in kept})
    alerted_at = now if decision.event == "hit.created" else hit.alerted_at
    return replace(
        hit,
        probability=probability_of(sighting.combined),
        explanation=_of_passage(hit, sighting),
        reads=sighting.reads,
        updated_at=now,
        alerted_at=alerted_at,
    )


def _of_passage(hit: Hit, sighting: Sighting) -> Explanation:
    """The explanation of the hit's best read, with what the further reads of the passage add to it."""
    why, gained = hit.explanation, sighting.combined - sighting.best
    if sighting.reads == 1 or gained <= 0.0:
        return why
    further = Evidence("passage", str(sighting.reads - 1), "", math.exp(gained))
    why = replace(why, evidence=[*(fact for fact in why.evidence if fact.what != "passage"), further])
    return worded(why, read=hit.read.plate, listed=hit.entry.plate, probability=probability_of(sighting.combined))


def withdrawable(hit: Hit) -> bool:
    """Whether the entry's end must be told: nobody has decided on the hit yet, or somebody acts on it."""
    if hit.withdrawn_at is not None:
        return False
    verdict = hit.disposition
    return verdict is None or verdict.verdict == "confirmed" or verdict.action is not None
