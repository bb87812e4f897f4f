"""POST /v1/reads: one read, an array or lines of JSON in; what was accepted, rejected and hit out."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial

import msgspec
from msgspec.structs import replace

from platematch.access import Key, allowed, may_post_for, sees_list
from platematch.api.body import NO_JSON, QUICK, check_json, explain, no_json, parsed, read_body
from platematch.api.endpoint import JSON, NDJSON, Call, Endpoints, Nothing
from platematch.api.problems import Malformed, problem_of
from platematch.errors import Forbidden, TooLarge
from platematch.outcome import Outcome
from platematch.problem import Problem, Rejection, invalid_item
from platematch.reads import Read
from platematch.store.hits import StoredHit

endpoints = Endpoints("reads")

# An item that is no read holds its place in the batch as the problem it is.
Item = Read | Problem

# The lenient second pass over an array holds one object per item. A body with more commas than this per
# permitted item is no list of reads, and is refused before it is taken apart.
COMMAS_PER_ITEM = 100

# What some systems put before a text in UTF-8; without it the first line of many would be no JSON.
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

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
    body = (await read_body(call.request, settings.max_body_bytes)).removeprefix(BYTE_ORDER_MARK)
    parse = parse_lines if call.request.content_type in _LINES else parse_json
    items, several = await parsed(partial(parse, most=settings.max_items), body)
    outcome = await call.service.intake.accept(_of_allowed_cameras(items, call.key), call.now)
    rejected = [_placed(rejection) for rejection in outcome.rejected] if several else outcome.rejected
    hits = visible_hits(call.key, outcome)
    return ReadsAnswer(outcome.accepted, outcome.duplicates, rejected, hits, outcome.version)


def parse_json(body: bytes, most: int) -> tuple[list[Item], bool]:
    """The items of a JSON body, one object or an array of them, and whether it is an array.

    Raises Malformed, or TooLarge beyond `most` items.
    """
    start = body.lstrip(b" \t\r\n")[:1]
    if start == b"[":
        return _parse_array(body, most), True
    if start == b"{":
        return [_parse_object(body)], False
    check_json(body)
    raise Malformed("the body is neither a read (a JSON object) nor an array of reads; lines need " + NDJSON)


def parse_lines(body: bytes, most: int) -> tuple[list[Item], bool]:
    """As parse_json of NDJSON: an item for each line that is not blank; a line that is no JSON is a rejected one."""
    items: list[Item] = []
    for line in io.BytesIO(body):
        if not line.isspace():
            _check_count(len(items) + 1, most)
            items.append(_item(line))
    return items, True


def _parse_object(body: bytes) -> Item:
    try:
        return _one.decode(body)
    except msgspec.ValidationError as error:
        check_json(body)
        return invalid_item(*explain(error))
    except NO_JSON as error:
        raise no_json(error) from None


def _parse_array(body: bytes, most: int) -> list[Item]:
    if len(body) > QUICK:  # decoding it at one go would hold up every other thread, and build what is too much
        return _parse_array_by_item(body, most)
    try:
        reads: list[Item] = _many.decode(body)  # type: ignore[assignment]
    except msgspec.ValidationError:
        return _parse_array_by_item(body, most)
    except NO_JSON as error:
        raise no_json(error) from None
    _check_count(len(reads), most)
    return reads


def _parse_array_by_item(body: bytes, most: int) -> list[Item]:
    """Take an array apart that is large, or has invalid items that the valid ones should survive."""
    if body.count(b",") > most * COMMAS_PER_ITEM:
        check_json(body)
        raise TooLarge(f"the array holds far more values than {most} reads do; nothing of it was accepted")
    try:
        parts = _raw.decode(body)
    except NO_JSON as error:
        raise no_json(error) from None
    _check_count(len(parts), most)
    return [_item(part) for part in parts]


def _item(text: bytes | msgspec.Raw) -> Item:
    try:
        return _one.decode(text)
    except msgspec.ValidationError as error:
        return invalid_item(*explain(error))
    except NO_JSON as error:
        return invalid_item(str(no_json(error)).replace("the body", "the item"), "$")


def _check_count(count: int, most: int) -> None:
    if count > most:
        raise TooLarge(f"these are more than the {most} reads that are taken at once; nothing of them was accepted")


def _of_allowed_cameras(items: Sequence[Item], key: Key) -> Sequence[Item]:
    """The items with those of cameras outside the key's scope turned into problems."""
    if not key.scope:
        return items
    return [
        _forbidden(item.camera_id) if isinstance(item, Read) and not may_post_for(key, item.camera_id) else item
        for item in items
    ]


def _forbidden(camera_id: str) -> Problem:
    return problem_of(Forbidden(f"this key may not post for camera {camera_id!r}", field="$.camera_id"))


def _placed(rejection: Rejection) -> Rejection:
    """The rejection with its field named from the root of the whole body."""
    field = rejection.problem.field
    if field is None:
        return rejection
    return Rejection(rejection.index, replace(rejection.problem, field=f"$[{rejection.index}]{field[1:]}"))


def visible_hits(key: Key, outcome: Outcome) -> Sequence[StoredHit]:
    """The hits that the key may see: a camera none, the others those of lists that exist for them."""
    if not outcome.hits or not allowed(key, "reads.see_hits"):
        return ()
    return [hit for hit in outcome.hits if sees_list(key, hit.watchlist_id, covert=hit.watchlist_id in outcome.covert)]
