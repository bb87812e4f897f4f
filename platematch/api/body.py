"""Request bodies: read within bounds of size, time and memory, decoded into types, with errors that name the field."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from platematch.api.problems import Malformed
from platematch.errors import InvalidInput, StoreUnavailable, TooLarge

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

_WITH_PATH = re.compile(r"(?P<what>.*?) - at `(?P<path>[^`]*)`", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `([^`]*)`")
_MISSING = re.compile(r"Object missing required field `([^`]*)`")
# What msgspec raises on bytes that are no JSON: broken grammar, broken UTF-8, nesting beyond any use.
NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

# A sender that is slower holds memory for nothing: a body must come within GRACE_S and a second more for each
# SLOWEST bytes of it.
GRACE_S = 30.0
SLOWEST = 16 * 1024
# Parsing more than this takes so long (a millisecond) that other requests should not wait for it.
QUICK = 64 * 1024


class Bodies:
    """Counts the bytes of all bodies from their arrival until their requests are answered, up to a bound.

    A request is answered when what it holds is on disk, so this bounds the pictures that wait for the store, too.
    """

    def __init__(self, most: int) -> None:
        self.held = 0
        self._most = most

    def add(self, request: web.Request, size: int) -> None:
        """Count bytes for the request. Raises StoreUnavailable where there is no room for them."""
        if self.held + size > self._most:
            raise StoreUnavailable("too many large requests are under way; try again in a moment")
        self.held += size
        request[_HELD] = request.get(_HELD, 0) + size

    def release(self, request: web.Request) -> None:
        """Forget what the request held."""
        self.held -= request.pop(_HELD, 0)


_HELD = web.RequestKey("held", int)
BODIES = web.AppKey("bodies", Bodies)


async def read_body(request: web.Request, limit: int) -> bytes:
    """The whole body, at most `limit` bytes after decompression. Raises TooLarge beyond, before it is held.

    Malformed where it is broken or comes too slowly, StoreUnavailable where other bodies leave no room for it.
    """
    if request.content_length is not None and request.content_length > limit:
        raise _too_large(limit)
    bodies = request.app[BODIES]
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(GRACE_S) as patience:
            latest = patience.when() or 0.0
            while chunk := await request.content.readany():
                size += len(chunk)
                if size > limit:
                    raise _too_large(limit)
                bodies.add(request, len(chunk))
                chunks.append(chunk)
                patience.reschedule(latest + size / SLOWEST)
    except TimeoutError:
        raise Malformed(f"the body comes too slowly: {size} bytes of it so far; send it again") from None
    except (HttpProcessingError, web.RequestPayloadError):
        raise broken() from None
    else:
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)
    finally:
        chunks.clear()  # the stream keeps its error, which keeps this frame until the cyclic collector comes by


async def parsed(parse: Callable[[bytes], T], body: bytes) -> T:
    """What `parse` makes of the body; of a large one in a thread, so that no other request waits for it."""
    return parse(body) if len(body) <= QUICK else await asyncio.to_thread(parse, body)


def decode(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """The body as the decoder's type. Raises Malformed for what is no JSON, InvalidInput naming the field otherwise."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        check_json(body)
        message, field = explain(error)
        raise InvalidInput(message, field=field) from None
    except NO_JSON as error:
        raise no_json(error) from None


def check_json(body: bytes) -> None:
    """Raises Malformed where the bytes are no JSON text."""
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except NO_JSON as error:
        raise no_json(error) from None


def no_json(error: Exception) -> Malformed:
    """The Malformed that tells what msgspec found wrong with the bytes."""
    what = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    return Malformed(f"the body is not valid JSON: {what}")


def explain(error: msgspec.ValidationError) -> tuple[str, str]:
    """What was wrong and the path of it, from msgspec's message."""
    message = str(error)
    found = _WITH_PATH.fullmatch(message)
    what, path = (found["what"], found["path"]) if found else (message, "$")
    for pattern in (_UNKNOWN, _MISSING):
        if named := pattern.fullmatch(what):
            path = f"{path}.{named[1]}"
    return f"{what[:1].lower()}{what[1:]}", path


def decode_query(kind: type[S], query: Mapping[str, str]) -> S:
    """The query parameters as a Struct. Raises Malformed naming a wrong, or where it forbids those, an unknown one."""
    given = dict(query)
    if len(given) != len(query) and kind.__struct_config__.forbid_unknown_fields:
        repeated = next(name for name in given if len(_all(query, name)) > 1)
        raise Malformed(f"query parameter {repeated} is given more than once", field=repeated)
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        message, path = explain(error)
        name = path.removeprefix("$.")
        raise Malformed(f"query parameter {name}: {message}", field=name) from None


def broken() -> Malformed:
    """The error of a body that breaks the rules of HTTP."""
    return Malformed("the body is broken: its chunks or its content encoding cannot be decoded")


def _all(query: Mapping[str, str], name: str) -> list[Any]:
    return [value for other, value in query.items() if other == name]


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body is larger than the {limit} bytes that are taken at once; send less at a time")
