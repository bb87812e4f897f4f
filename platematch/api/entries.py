"""/v1/watchlists/{id}/entries and …/import: wanted plates, one by one or as a file."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated, Literal

from msgspec import Meta, Struct

from platematch.api.body import read_body
from platematch.api.endpoint import JSON, Call, Endpoints, Nothing, Page, Paging
from platematch.api.named import Named, decode_named
from platematch.api.problems import Malformed
from platematch.errors import NotFound
from platematch.matcher import check_plate
from platematch.problem import Problem, invalid_item
from platematch.store import watchlists
from platematch.watchlist import Entry, PutEntry, RemoveEntry, ReplaceEntries
from platematch.watchlist.importing import FORMATS, read_file

endpoints = Endpoints("entries")

_LIST = "/v1/watchlists/{watchlist_id}/entries"
_PATH = _LIST + "/{entry_id}"


class ImportQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """force: a reason, which overrides the guards and is audited."""

    format: str
    mode: Literal["replace", "merge"] = "replace"
    dry_run: bool = False
    force: Annotated[str, Meta(min_length=3, max_length=500)] | None = None


class RejectedRow(Struct, frozen=True):
    """row: 1 is the first row of data."""

    row: int
    problem: Problem


class ImportAnswer(Struct, frozen=True):
    """What the file changed, or would change; a rejected row does not block the others."""

    added: int
    changed: int
    removed: int
    unchanged: int
    rejected: list[RejectedRow]
    version: int


@endpoints.declare("GET", _LIST, "watchlists.read", "List a watchlist's entries", problems=(404,))
async def list_entries(call: Call[Paging, None]) -> Page[Entry]:
    """In the order of their ids."""
    watchlist_id = call.path("watchlist_id")
    call.service.watchlist(call.key, watchlist_id)
    return await call.paged(watchlists.entries_page, watchlist_id)


@endpoints.declare("GET", _PATH, "watchlists.read", "One entry", problems=(404,))
async def get_entry(call: Call[Nothing, None]) -> Entry:
    """As it counts for matching now."""
    watchlist_id, entry_id = call.path("watchlist_id"), call.path("entry_id")
    call.service.watchlist(call.key, watchlist_id)
    entry = call.service.pipeline.matcher.entry(watchlist_id, entry_id)
    if entry is None:
        raise NotFound(f"watchlist {watchlist_id!r} has no entry {entry_id!r}")
    return entry


@endpoints.declare(
    "PUT",
    _PATH,
    "watchlists.write",
    "Add an entry or replace it",
    consumes={JSON: Named(Entry, "entry_id")},
    problems=(404, 413, 422, 503),
)
async def put_entry(call: Call[Nothing, None]) -> Entry:
    """Live for matching before the answer returns. `?` and `*` in its plate are wildcards."""
    watchlist_id, entry_id = call.path("watchlist_id"), call.path("entry_id")
    call.service.watchlist(call.key, watchlist_id)
    body = await read_body(call.request, call.service.settings.max_body_bytes)
    entry = decode_named(Entry, "entry_id", entry_id, body)
    await call.service.pipeline.apply(PutEntry(watchlist_id, entry), call.actor)
    return entry


@endpoints.declare("DELETE", _PATH, "watchlists.write", "Take an entry off its list", status=204, problems=(404, 503))
async def delete_entry(call: Call[Nothing, None]) -> None:
    """Its undecided hits are withdrawn."""
    watchlist_id, entry_id = call.path("watchlist_id"), call.path("entry_id")
    call.service.watchlist(call.key, watchlist_id)
    await call.service.pipeline.apply(RemoveEntry(watchlist_id, entry_id), call.actor)


@endpoints.declare(
    "POST",
    "/v1/watchlists/{watchlist_id}/import",
    "watchlists.write",
    "Import a hot-list file",
    consumes={"*/*": None},
    problems=(404, 409, 413, 422, 503),
)
async def import_file(call: Call[ImportQuery, None]) -> ImportAnswer:
    """Every valid row or none; with mode=replace, entries that the file lacks are removed."""
    query, service = call.query, call.service
    if query.format not in FORMATS:
        raise Malformed(f"format {query.format!r} is not one of {', '.join(sorted(FORMATS))}", field="format")
    watchlist_id = call.path("watchlist_id")
    service.watchlist(call.key, watchlist_id)
    body = await read_body(call.request, service.settings.max_import_bytes)
    # A plate that the pipeline would refuse must be a rejected row here, lest it block all the others.
    check = partial(check_plate, wildcards=True, max_length=service.settings.max_plate_length)
    imported = await asyncio.to_thread(read_file, query.format, body, check=check)
    change = ReplaceEntries(
        watchlist_id, imported.entries, merge=query.mode == "merge", dry_run=query.dry_run, force=query.force
    )
    done = await service.pipeline.apply(change, call.actor)
    rejected = [RejectedRow(row.row, invalid_item(row.message)) for row in imported.rejected]
    return ImportAnswer(done.added, done.changed, done.removed, done.unchanged, rejected, done.version)
