"""POST /v1/reads: one read, an array or lines of JSON in; what was accepted, rejected and hit out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from platematch.access import Key, allowed, may_post_for
from platematch.api.body import NO_JSON, check_json, explain, no_json, read_body
from platematch.api.endpoint import JSON, NDJSON, Call, Endpoints, Nothing
from platematch.api.problems import Malformed, problem_of
from platematch.api.service import Service
from platematch.errors import Forbidden, TooLarge
from platematch.intake import Outcome
from platematch.problem import Problem, Rejection, invalid_item
from platematch.reads import Read
from platematch.store.hits import StoredHit

endpoints = Endpoints("reads")

# An item that is no read holds its place in the batch as the problem it is.
Item = Read | Problem

# The lenient second pass over an array holds one object per item. A body with more commas than this per
# permitted item is no list of reads, and is refused before it is taken apart.
COMMAS_PER_ITEM = 100

_one = msgspec.json.Decoder(Read)
_many = msgspec.json.Decoder(list[Read])
_raw = msgspec.json.Decoder(list[msgspec.Raw])
_LINES = frozenset({NDJSON, "application/ndjson", "application/jsonl", "application/x-jsonlines"})


class ReadsAnswer(msgspec.Struct, frozen=True):
    """accepted + duplicates + rejected = items sent. version: of the watchlists that the reads were matched against."""

    accepted: int
    duplicates: int
    rejected: Sequence[Rejection]
    hits: Sequence[StoredHit]
    version: int


@endpoints.declare(
    "POST",
    "/v1/reads",
    "reads.post",
    "Post one read, an array of reads, or one read per line",
    consumes={JSON: Read | list[Read], NDJSON: Read},
    problems=(413, 503),
)
async def post_reads(call: Call[Nothing, None]) -> ReadsAnswer:
    """A wrong item is rejected and the others are taken; what is no JSON, or too much, is refused as a whole."""
    settings = call.service.settings
    body = await read_body(call.request, settings.max_body_bytes)
    parse = parse_lines if call.request.content_type in _LINES else parse_json
    items = parse(body, settings.max_items)
    return await take(call.service, call.key, _of_allowed_cameras(items, call.key), call)


async def take(service: Service, key: Key, items: Sequence[Item], call: Call[Any, Any]) -> ReadsAnswer:
    """Hand the items to the pipeline and answer with what the key may know of the outcome."""
    outcome = await service.pipeline.accept(items, call.now)
    return ReadsAnswer(
        outcome.accepted, outcome.duplicates, outcome.rejected, _hits(service, key, outcome), outcome.version
    )


def parse_json(body: bytes, most: int) -> list[Item]:
    """The items of a JSON body: one object or an array of them. Raises Malformed, or TooLarge beyond `most` items."""
    start = body.lstrip(b" \t\r\n")[:1]
    if start == b"[":
        return _parse_array(body, most)
    if start == b"{":
        return [_parse_object(body)]
    check_json(body)
    raise Malformed("the body is neither a read (a JSON object) nor an array of reads; lines need " + NDJSON)


def parse_lines(body: bytes, most: int) -> list[Item]:
    """The items of an NDJSON body, one for each line that is not blank; a line that is no JSON is a rejected one."""
    lines = [line for line in body.split(b"\n") if line and not line.isspace()]
    _check_count(len(lines), most)
    return [_item(line, f"$[{index}]") for index, line in enumerate(lines)]


def _parse_object(body: bytes) -> Item:
    try:
        return _one.decode(body)
    except msgspec.ValidationError as error:
        check_json(body)
        return invalid_item(*explain(error))
    except NO_JSON as error:
        raise no_json(error) from None


def _parse_array(body: bytes, most: int) -> list[Item]:
    try:
        reads: list[Item] = _many.decode(body)  # type: ignore[assignment]
    except msgspec.ValidationError:
        return _parse_array_by_item(body, most)
    except NO_JSON as error:
        raise no_json(error) from None
    _check_count(len(reads), most)
    return reads


def _parse_array_by_item(body: bytes, most: int) -> list[Item]:
    """Take an array with invalid items apart, so that the valid ones survive."""
    if body.count(b",") > most * COMMAS_PER_ITEM:
        check_json(body)
        raise TooLarge(f"the array holds far more values than {most} reads do; nothing of it was accepted")
    try:
        parts = _raw.decode(body)
    except NO_JSON as error:
        raise no_json(error) from None
    _check_count(len(parts), most)
    return [_item(part, f"$[{index}]") for index, part in enumerate(parts)]


def _item(text: bytes | msgspec.Raw, root: str) -> Item:
    try:
        return _one.decode(text)
    except msgspec.ValidationError as error:
        return invalid_item(*explain(error, root))
    except NO_JSON as error:
        return invalid_item(str(no_json(error)).replace("the body", "the item"), root)


def _check_count(count: int, most: int) -> None:
    if count > most:
        raise TooLarge(f"{count} reads are more than the {most} that are taken at once; nothing of them was accepted")


def _of_allowed_cameras(items: Sequence[Item], key: Key) -> Sequence[Item]:
    """The items with those of cameras outside the key's scope turned into problems."""
    if not key.scope:
        return items
    return [
        _forbidden(item.camera_id, index) if isinstance(item, Read) and not may_post_for(key, item.camera_id) else item
        for index, item in enumerate(items)
    ]


def _forbidden(camera_id: str, index: int) -> Problem:
    return problem_of(Forbidden(f"this key may not post for camera {camera_id!r}", field=f"$[{index}].camera_id"))


def _hits(service: Service, key: Key, outcome: Outcome) -> Sequence[StoredHit]:
    """The hits that the key may see: a camera none, the others those of lists that exist for them."""
    if not outcome.hits or not allowed(key, "reads.see_hits"):
        return ()
    return [hit for hit in outcome.hits if service.sees(key, hit.watchlist_id)]
