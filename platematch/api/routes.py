"""Every endpoint of the interface, in the order of the OpenAPI document, and that document itself."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from aiohttp import web

from platematch.api import cameras, entries, health, hits, keys, learning, match, pictures, reads, watchlists, webhooks
from platematch.api.endpoint import JSON, Endpoint, Endpoints
from platematch.api.openapi import document

endpoints = Endpoints("health")


@endpoints.open("/openapi.json", "This document", {JSON: dict[str, Any]})
async def openapi(request: web.Request) -> web.Response:
    """Generated from the code."""
    return web.Response(body=_document(), headers={"Content-Type": JSON})


ENDPOINTS: tuple[Endpoint, ...] = tuple(
    endpoint
    # pictures before cameras: of two paths that fit, the first wins
    for noun in (reads, pictures, cameras, match, watchlists, entries, hits, webhooks, keys, learning, health)
    for endpoint in noun.endpoints.items
) + tuple(endpoints.items)


@cache
def _document() -> bytes:
    return msgspec.json.encode(document(ENDPOINTS))
