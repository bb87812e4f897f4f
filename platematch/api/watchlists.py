"""/v1/watchlists: the police's lists and their policies."""

from __future__ import annotations

from platematch.access import list_scope, sees_list
from platematch.api.body import read_body
from platematch.api.endpoint import JSON, Call, Endpoints, Nothing, Page, Paging
from platematch.api.named import Named, decode_merged, decode_named
from platematch.errors import Forbidden, NotFound
from platematch.store import watchlists
from platematch.watchlist import PutWatchlist, RemoveWatchlist, Watchlist

endpoints = Endpoints("watchlists")

_PATH = "/v1/watchlists/{watchlist_id}"


@endpoints.declare("GET", "/v1/watchlists", "watchlists.read", "List watchlists")
async def list_watchlists(call: Call[Paging, None]) -> Page[Watchlist]:
    """Those that exist for the key."""
    page = await call.paged(watchlists.page, lists=list_scope(call.key))
    return Page([listed.watchlist for listed in page.items], page.next)


@endpoints.declare("GET", _PATH, "watchlists.read", "One watchlist and its policy", problems=(404,))
async def get_watchlist(call: Call[Nothing, None]) -> Watchlist:
    """As it counts for matching now."""
    return call.service.watchlist(call.key, call.path("watchlist_id"))


@endpoints.declare(
    "PUT",
    _PATH,
    "watchlists.write",
    "Create a watchlist or replace its policy; its entries stay",
    consumes={JSON: Named(Watchlist, "watchlist_id")},
    problems=(404, 413, 422, 503),
)
async def put_watchlist(call: Call[Nothing, None]) -> Watchlist:
    """Live for matching before the answer returns."""
    watchlist_id = call.path("watchlist_id")
    body = await read_body(call.request, call.service.settings.max_body_bytes)
    return await _put(call, decode_named(Watchlist, "watchlist_id", watchlist_id, body))


@endpoints.declare(
    "PATCH",
    _PATH,
    "watchlists.write",
    "Change parts of a watchlist's policy",
    consumes={JSON: Named(Watchlist, "watchlist_id", merged=True)},
    problems=(404, 413, 422, 503),
)
async def patch_watchlist(call: Call[Nothing, None]) -> Watchlist:
    """JSON merge patch: what the body leaves out stays, a null puts the default back."""
    body = await read_body(call.request, call.service.settings.max_body_bytes)
    present = call.service.watchlist(call.key, call.path("watchlist_id"))
    return await _put(call, decode_merged(present, "watchlist_id", body))


@endpoints.declare(
    "DELETE", _PATH, "watchlists.write", "Remove a watchlist with its entries", status=204, problems=(404, 503)
)
async def delete_watchlist(call: Call[Nothing, None]) -> None:
    """Its undecided hits are withdrawn."""
    watchlist_id = call.path("watchlist_id")
    call.service.watchlist(call.key, watchlist_id)
    await call.service.pipeline.apply(RemoveWatchlist(watchlist_id), call.actor)


async def _put(call: Call[Nothing, None], watchlist: Watchlist) -> Watchlist:
    """Refused where the key could not see the list before or after; to a limited key alike whether it exists or not."""
    watchlist_id = watchlist.watchlist_id
    if not sees_list(call.key, watchlist_id, covert=watchlist.covert):
        raise Forbidden(f"only a key whose scope names {watchlist_id!r} may make it so", field="$.covert")
    if await call.service.hidden(call.key, [watchlist_id]):
        raise NotFound(f"there is no watchlist {watchlist_id!r} that this key may change")
    await call.service.pipeline.apply(PutWatchlist(watchlist), call.actor)
    return watchlist
