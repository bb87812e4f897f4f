"""Endpoints: each call of the interface declared once, for routing, for access and for the OpenAPI document."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from aiohttp import web

from platematch.access import Action, Key, check_allowed
from platematch.api.auth import token_of
from platematch.api.body import decode, decode_query, parsed, read_body
from platematch.api.problems import Malformed
from platematch.api.service import SERVICE, Service
from platematch.errors import InvalidInput

Q = TypeVar("Q")
B = TypeVar("B")
T = TypeVar("T")
P = TypeVar("P", bound="Paging")

JSON = "application/json"
NDJSON = "application/x-ndjson"


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No query parameters."""


NOTHING = Nothing()


class Paging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a page of a list begins and how long it may be."""

    cursor: Annotated[str, msgspec.Meta(max_length=500, description="`next` of the page before")] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100


class Page(msgspec.Struct, Generic[T]):
    """A part of a list. next: the cursor of the following page, null on the last one."""

    items: list[T]
    next: str | None


@dataclass(frozen=True, slots=True)
class Call(Generic[Q, B]):
    """One authorised request. body is None where the endpoint reads the request's bytes itself."""

    request: web.Request
    service: Service
    key: Key
    query: Q
    body: B
    now: datetime

    def path(self, name: str) -> str:
        """The part of the path that the template calls `name`. Raises Malformed where nothing can be called so."""
        part = self.request.match_info[name]
        if "\0" in part:
            raise Malformed(f"{name} in the path holds a NUL character, as no name does", field=name)
        return part

    async def paged(
        self: Call[P, B], page: Callable[..., tuple[list[T], str | None]], *of: Any, **only: Any
    ) -> Page[T]:
        """The page asked for, of a function of the store. Raises Malformed where the cursor is not one of its own."""
        try:
            items, following = await self.service.pipeline.store.read(
                page, *of, self.query.cursor, self.query.limit, **only
            )
        except InvalidInput as error:
            raise Malformed(error.message, field=error.field) from None
        return Page(items, following)

    @property
    def actor(self) -> str:
        """Who to write into the audit log."""
        return f"{self.key.key_id} ({self.key.role}, {self.key.owner})"


Handler = Callable[[Call[Any, Any]], Awaitable[Any]]
OpenHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call of the interface.

    action: what a key must be allowed to do; None where anyone may call. consumes, produces: types by content
    type, None for bytes of any kind. problems: statuses beyond those that every call may answer. also: statuses
    that come with the same body as the good one.
    """

    method: str
    path: str
    tag: str
    summary: str
    action: Action | None
    query: type
    consumes: Mapping[str, Any]
    produces: Mapping[str, Any]
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    status: int
    problems: tuple[int, ...]
    operation_id: str
    description: str
    also: tuple[int, ...] = ()


@dataclass(slots=True)
class Endpoints:
    """The endpoints of one noun, filled by its decorators."""

    tag: str
    items: list[Endpoint] = field(default_factory=list)

    def declare(
        self,
        method: str,
        path: str,
        action: Action,
        summary: str,
        *,
        status: int = 200,
        consumes: Mapping[str, Any] | None = None,
        produces: Mapping[str, Any] | None = None,
        problems: tuple[int, ...] = (),
    ) -> Callable[[Handler], Handler]:
        """Register `async def handler(call: Call[Query, Body]) -> Answer`; its types are the call's types.

        With `consumes` the handler reads the body itself, with `produces` it makes the response itself.
        """

        def register(handler: Handler) -> Handler:
            query, body, answer = _types(handler)
            parsed = body is not type(None) and consumes is None
            self.items.append(
                Endpoint(
                    method,
                    path,
                    self.tag,
                    summary,
                    action,
                    query,
                    {JSON: body} if parsed else consumes or {},
                    produces if produces is not None else {} if answer is type(None) else {JSON: answer},
                    _authorised(handler, action, query, body if parsed else None, status),
                    status,
                    (*problems, 413, 422) if parsed else problems,
                    _operation_id(handler, path),
                    inspect.getdoc(handler) or "",
                )
            )
            return handler

        return register

    def open(
        self, path: str, summary: str, produces: Mapping[str, Any], *, also: tuple[int, ...] = ()
    ) -> Callable[[OpenHandler], OpenHandler]:
        """Register a GET that anyone may call, `async def handler(request) -> response`."""

        def register(handler: OpenHandler) -> OpenHandler:
            self.items.append(
                Endpoint(
                    "GET",
                    path,
                    self.tag,
                    summary,
                    None,
                    Nothing,
                    {},
                    produces,
                    handler,
                    200,
                    (),
                    _operation_id(handler, path),
                    inspect.getdoc(handler) or "",
                    also,
                )
            )
            return handler

        return register


_encode = msgspec.json.Encoder().encode
_JSON_HEADERS = {"Content-Type": JSON}


def respond(answer: Any, status: int = 200) -> web.Response:
    """The answer as JSON."""
    return web.Response(body=_encode(answer), status=status, headers=_JSON_HEADERS)


def _operation_id(handler: Callable[..., Any], path: str) -> str:
    """The handler's name; one that serves two paths has a second name for the one with a key in it."""
    return f"{handler.__name__}_with_path_key" if "{key}" in path else handler.__name__


def _types(handler: Handler) -> tuple[Any, Any, Any]:
    """The query, body and answer types in a handler's annotations."""
    hints = typing.get_type_hints(handler, include_extras=True)
    query, body = typing.get_args(hints["call"])
    return query, body, hints["return"]


def _authorised(handler: Handler, action: Action, query: type, body: Any, status: int) -> OpenHandler:
    """The aiohttp handler: key, role, query and body are checked before the endpoint sees the call, in that order."""
    decoder = None if body is None else msgspec.json.Decoder(body)

    async def handle(request: web.Request) -> web.StreamResponse:
        service = request.app[SERVICE]
        now = datetime.now(UTC)
        key = await service.authenticator.key(token_of(request), now)
        check_allowed(key, action)
        asked = NOTHING if query is Nothing and not request.query_string else decode_query(query, request.query)
        content = None
        if decoder is not None:
            sent = await read_body(request, service.settings.max_body_bytes)
            content = await parsed(partial(decode, decoder), sent)
        answer = await handler(Call(request, service, key, asked, content, now))
        if isinstance(answer, web.StreamResponse):
            return answer
        return web.Response(status=204) if answer is None else respond(answer, status)

    return handle
