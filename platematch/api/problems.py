"""Problem documents (RFC 9457): the one place where errors become answers."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from aiohttp import web

from platematch.errors import (
    Conflict,
    Forbidden,
    ImportRefused,
    InvalidInput,
    InvalidMessage,
    InvalidPlate,
    NotFound,
    PlatematchError,
    RecognitionUnavailable,
    StoreUnavailable,
    TooLarge,
    Unauthenticated,
    UnsupportedType,
)
from platematch.problem import Problem

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_S = 2


class Malformed(InvalidInput):
    """A request that cannot be read at all: bytes that are no JSON, a query parameter that is unknown or wrong."""


class Kind(msgspec.Struct, frozen=True):
    """What all problems of one kind share. slug: the last part of their type."""

    slug: str
    title: str
    status: int


KINDS: dict[type[PlatematchError], Kind] = {
    Malformed: Kind("malformed", "Malformed request", 400),
    InvalidMessage: Kind("unreadable-message", "Unreadable vendor message", 400),
    Unauthenticated: Kind("unauthenticated", "A valid key is needed", 401),
    Forbidden: Kind("forbidden", "Not allowed with this key", 403),
    NotFound: Kind("not-found", "Not found", 404),
    ImportRefused: Kind("import-refused", "Import stopped by a guard", 409),
    Conflict: Kind("conflict", "Conflict with the present state", 409),
    TooLarge: Kind("too-large", "Request too large", 413),
    UnsupportedType: Kind("unsupported-type", "Type not taken here", 415),
    InvalidPlate: Kind("invalid-plate", "Not a plate", 422),
    InvalidInput: Kind("invalid", "Invalid content", 422),
    StoreUnavailable: Kind("unavailable", "Come again later", 503),
    RecognitionUnavailable: Kind("unavailable", "Come again later", 503),
}
INTERNAL = Kind("internal", "Internal error", 500)

_encode = msgspec.json.Encoder().encode


def kind_of(error: PlatematchError) -> Kind:
    """The kind of an error: that of its nearest class in KINDS."""
    for ancestor in type(error).__mro__:
        if ancestor in KINDS:
            return KINDS[ancestor]
    return INTERNAL


def problem_of(error: PlatematchError) -> Problem:
    """The problem document of an error."""
    kind = kind_of(error)
    return _problem(kind, error.message, error.field)


def answer(error: PlatematchError) -> web.Response:
    """The answer to a request that ended in this error."""
    headers: dict[str, str] = {}
    if isinstance(error, StoreUnavailable | RecognitionUnavailable):
        headers["Retry-After"] = str(RETRY_AFTER_S)
    elif isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="platematch", Basic realm="platematch"'
    return respond(problem_of(error), headers)


def answer_http(error: web.HTTPException) -> web.Response:
    """The answer where aiohttp itself refused the request: no such route, wrong method, body too large."""
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    details = {
        404: "there is nothing at this address; /openapi.json lists every call",
        405: f"this address takes {error.headers.get('Allow', 'another method')}",
    }
    phrase = HTTPStatus(error.status).phrase
    kind = Kind(phrase.lower().replace(" ", "-"), phrase, error.status)
    return respond(_problem(kind, details.get(error.status, error.reason or phrase)), headers)


def answer_internal() -> web.Response:
    """The answer where the service itself is at fault; what happened is in its log alone."""
    return respond(internal(), {})


def internal() -> Problem:
    """What may be told of an error of our own."""
    return _problem(INTERNAL, "the service met an error of its own; its log has the details")


def error_of(problem: Problem) -> PlatematchError:
    """The error that another process of the service told of by its problem_of."""
    for error, kind in KINDS.items():
        if problem.type == _type(kind):
            return error(problem.detail, field=problem.field)
    return PlatematchError(problem.detail, field=problem.field)


def respond(problem: Problem, headers: dict[str, str]) -> web.Response:
    """The problem as a response of its status."""
    return web.Response(body=_encode(problem), status=problem.status, headers={**headers, "Content-Type": CONTENT_TYPE})


def _problem(kind: Kind, detail: str, field: str | None = None) -> Problem:
    return Problem(type=_type(kind), title=kind.title, status=kind.status, detail=detail, field=field)


def _type(kind: Kind) -> str:
    return f"/problems/{kind.slug}"
