"""POST /v1/match: which listed vehicles a plate could be; stores nothing but a line in the audit log."""

from __future__ import annotations

from msgspec import Struct

from platematch.api.endpoint import Call, Endpoints, Nothing
from platematch.matcher.match import Explanation
from platematch.reads import Identifier, PlateRead
from platematch.store import audit

endpoints = Endpoints("match")


class Asked(PlateRead, kw_only=True, omit_defaults=True):
    """What is asked about: a read without its time. camera_id: for what was learnt of that camera."""

    camera_id: Identifier | None = None


class ListedMatch(Struct, frozen=True):
    """One listed vehicle that the plate could be. plate: as listed.

    log_odds: natural log of probability / (1 - probability); the explanation has what it is made of.
    """

    entry_id: str
    watchlist_id: str
    plate: str
    probability: float
    log_odds: float
    explanation: Explanation


class MatchAnswer(Struct, frozen=True):
    """matches: most probable first. background: how probable the read is from any vehicle that is on no list."""

    matches: list[ListedMatch]
    background: float
    version: int


@endpoints.declare("POST", "/v1/match", "match", "Ask which listed vehicles a plate could be")
async def post_match(call: Call[Nothing, Asked]) -> MatchAnswer:
    """Only lists that exist for the key take part in the answer."""
    service = call.service
    preview = service.pipeline.preview(call.body)
    visible = [
        ListedMatch(
            match.entry_id, match.watchlist_id, match.plate, match.probability, match.log_odds, match.explanation
        )
        for match in preview.matches
        if service.sees(call.key, match.watchlist_id)
    ]
    await service.pipeline.store.write(audit.append, call.now, call.actor, "match", f"plate/{call.body.plate}")
    return MatchAnswer(visible, preview.background, preview.version)
