"""Request bodies: read within a bound, decoded into types, with errors that name the field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from platematch.api.problems import Malformed
from platematch.errors import InvalidInput, TooLarge

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

_WITH_PATH = re.compile(r"(?P<what>.*?) - at `(?P<path>[^`]*)`", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `([^`]*)`")
_MISSING = re.compile(r"Object missing required field `([^`]*)`")
# What msgspec raises on bytes that are no JSON: broken grammar, broken UTF-8, nesting beyond any use.
NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


async def read_body(request: web.Request, limit: int) -> bytes:
    """The whole body, at most `limit` bytes after decompression. Raises TooLarge beyond, before it is held."""
    if request.content_length is not None and request.content_length > limit:
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    try:
        while chunk := await request.content.readany():
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            chunks.append(chunk)
    except (HttpProcessingError, web.RequestPayloadError):
        raise Malformed("the body is broken: its chunks or its content encoding cannot be decoded") from None
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


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


def explain(error: msgspec.ValidationError, root: str = "$") -> tuple[str, str]:
    """What was wrong and the path of it, below `root`, from msgspec's message."""
    message = str(error)
    found = _WITH_PATH.fullmatch(message)
    what, path = (found["what"], found["path"]) if found else (message, "$")
    for pattern in (_UNKNOWN, _MISSING):
        if named := pattern.fullmatch(what):
            path = f"{path}.{named[1]}"
    return f"{what[:1].lower()}{what[1:]}", root + path.removeprefix("$")


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


def _all(query: Mapping[str, str], name: str) -> list[Any]:
    return [value for other, value in query.items() if other == name]


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body is larger than the {limit} bytes that are taken at once; send less at a time")
