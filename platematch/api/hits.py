"""/v1/hits: what was found, its pictures, and the operators' verdicts."""

from __future__ import annotations

from aiohttp import web

from platematch.access import list_scope
from platematch.api.endpoint import Call, Endpoints, Nothing, Page, Paging
from platematch.errors import NotFound
from platematch.hits.hit import Disposition, Hit
from platematch.reads import Identifier, Instant
from platematch.store import hits

endpoints = Endpoints("hits")

_PATH = "/v1/hits/{hit_id}"
_SIGNATURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


class HitsQuery(Paging, frozen=True, forbid_unknown_fields=True):
    """Which hits: of one list, of one camera, made at or after an instant."""

    watchlist_id: Identifier | None = None
    camera_id: Identifier | None = None
    since: Instant | None = None


class NewDisposition(Disposition, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A verdict as it is given: a name that is no field of it would be an action that nobody hears of."""


@endpoints.declare("GET", "/v1/hits", "hits.read", "List hits, newest first")
async def list_hits(call: Call[HitsQuery, None]) -> Page[Hit]:
    """Those of the lists that exist for the key."""
    query = call.query
    return await call.paged(
        hits.page,
        watchlist_id=query.watchlist_id,
        camera_id=query.camera_id,
        since=query.since,
        lists=list_scope(call.key),
    )


@endpoints.declare("GET", _PATH, "hits.read", "One hit", problems=(404,))
async def get_hit(call: Call[Nothing, None]) -> Hit:
    """With its explanation, its best read and the entry as listed then."""
    hit_id = call.path("hit_id")
    hit = await call.service.pipeline.store.read(hits.get, hit_id, lists=list_scope(call.key))
    if hit is None:
        raise NotFound(f"there is no hit {hit_id!r} for this key")
    return hit


@endpoints.declare(
    "GET",
    _PATH + "/picture",
    "hits.read",
    "The picture of a hit's best read",
    produces={"image/jpeg": None, "image/png": None, "application/octet-stream": None},
    problems=(404,),
)
async def get_picture(call: Call[Nothing, None]) -> web.Response:
    """As the camera sent it; its type is told from its first bytes, and no browser shall guess another."""
    hit_id = call.path("hit_id")
    picture = await call.service.pipeline.store.read(hits.picture, hit_id, lists=list_scope(call.key))
    if picture is None:
        raise NotFound(f"there is no picture of a hit {hit_id!r} for this key")
    kind = next((kind for start, kind in _SIGNATURES.items() if picture.startswith(start)), "application/octet-stream")
    headers = {"Content-Type": kind, "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}
    return web.Response(body=picture, headers=headers)


@endpoints.declare("POST", _PATH + "/disposition", "hits.dispose", "Give a verdict on a hit", problems=(404,))
async def dispose(call: Call[Nothing, NewDisposition]) -> Hit:
    """The verdict, who gave it and when are kept with the hit and told to the webhooks."""
    return await call.service.pipeline.store.write(
        hits.dispose, call.path("hit_id"), call.body, call.actor, call.now, lists=list_scope(call.key)
    )
