"""Liveness, readiness, Prometheus metrics, and a page that says where to look."""

from __future__ import annotations

from datetime import UTC, datetime

from aiohttp import web
from msgspec import Struct

from platematch import __version__
from platematch.access import allowed
from platematch.api.auth import token_of
from platematch.api.endpoint import JSON, Endpoints, respond
from platematch.api.metrics import exposition
from platematch.api.service import SERVICE, Service
from platematch.errors import Unauthenticated

endpoints = Endpoints("health")

TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Health(Struct, frozen=True):
    """The process answers."""

    status: str
    version: str


class Readiness(Struct, frozen=True):
    """ready: index loaded, kernels compiled, store writable, all parts and processes at work.

    The port opens after the first two.
    """

    ready: bool
    store: bool
    entries: int
    version: int


@endpoints.open("/healthz", "Whether the process lives", {JSON: Health})
async def healthz(request: web.Request) -> web.Response:
    """Always 200 while the event loop turns."""
    return respond(Health("ok", __version__))


@endpoints.open("/readyz", "Whether the service can take reads; 503 while it cannot", {JSON: Readiness}, also=(503,))
async def readyz(request: web.Request) -> web.Response:
    """200 or 503 with the same body, so that the reason shows."""
    service = request.app[SERVICE]
    pipeline = service.pipeline
    readiness = Readiness(service.ready, pipeline.store.healthy(), len(pipeline.matcher), pipeline.version)
    return respond(readiness, 200 if readiness.ready else 503)


@endpoints.open("/metrics", "Counters for Prometheus", {"text/plain": None})
async def metrics(request: web.Request) -> web.Response:
    """The text format of Prometheus. A key that may read webhooks gets their counters, too."""
    service = request.app[SERVICE]
    body = exposition(service.pipeline, webhooks=await _may_read_webhooks(service, request))
    return web.Response(body=body, headers={"Content-Type": TEXT})


async def _may_read_webhooks(service: Service, request: web.Request) -> bool:
    try:
        return allowed(await service.authenticator.key(token_of(request), datetime.now(UTC)), "webhooks.read")
    except Unauthenticated:
        return False


@endpoints.open("/", "A page that says where to look", {"text/html": None})
async def front_page(request: web.Request) -> web.Response:
    """Plain HTML without scripts."""
    return web.Response(text=_PAGE, content_type="text/html")


_PAGE = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>platematch</title>
<h1>platematch {__version__}</h1>
<p>Matches the number plates that cameras read against lists of wanted vehicles.</p>
<ul>
<li><a href="/readyz">/readyz</a>: whether the service takes reads</li>
<li><a href="/openapi.json">/openapi.json</a>: every call, with its types</li>
<li><a href="/metrics">/metrics</a>: counters for Prometheus</li>
<li><code>POST /v1/reads</code>: cameras; <code>GET /v1/hits</code>: operators; both with a key from
<code>platematch keys create</code></li>
</ul>
"""
