"""The web application: routes from the endpoints, and around each request its problems, counts and log line."""

from __future__ import annotations

import time

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from platematch.api import problems
from platematch.api.body import BODIES, Bodies
from platematch.api.routes import ENDPOINTS
from platematch.api.service import SERVICE, Service
from platematch.errors import PlatematchError
from platematch.pipeline import Pipeline

log = structlog.get_logger("platematch.api")

NO_ROUTE = "(none)"
SLOW_S = 1.0
LARGE_POSTS = 4  # of the largest size, held at once beside a largest list file


def build(pipeline: Pipeline) -> web.Application:
    """The application around a started pipeline, which stays its maker's to close."""
    app = web.Application(middlewares=[_observe])
    settings = pipeline.settings
    app[SERVICE] = Service.of(pipeline)
    app[BODIES] = Bodies(settings.max_import_bytes + LARGE_POSTS * settings.max_body_bytes)
    for endpoint in ENDPOINTS:
        app.router.add_route(endpoint.method, endpoint.path, endpoint.handler)
        if endpoint.method == "GET":
            app.router.add_route("HEAD", endpoint.path, endpoint.handler)
    return app


@web.middleware
async def _observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into problem documents, count the answer, and log what was slow or went wrong."""
    started = time.perf_counter()
    try:
        response = await _answer(request, handler)
    finally:
        request.app[BODIES].release(request)
    seconds = time.perf_counter() - started
    request.app[SERVICE].metrics.observe(_method(request), _route(request), response.status, seconds)
    if seconds > SLOW_S:
        log.info("slow request", method=_method(request), route=_route(request), seconds=round(seconds, 3))
    return response


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except PlatematchError as error:
        return problems.answer(error)
    except web.HTTPException as error:
        return problems.answer_http(error)
    except ConnectionResetError:
        raise
    except Exception:
        log.exception("request failed", method=_method(request), route=_route(request))
        return problems.answer_internal()


def _route(request: web.Request) -> str:
    """The template of the path: it holds no key, and there are few of them."""
    resource = request.match_info.route.resource
    return NO_ROUTE if resource is None else resource.canonical


def _method(request: web.Request) -> str:
    """The method where a route takes it; any other is the sender's invention."""
    return request.method if request.match_info.route.resource is not None else "OTHER"
