"""What is around every request: its problems, its counts and its log line."""

from __future__ import annotations

import time

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from platematch.api import problems
from platematch.api.body import BODIES, Bodies
from platematch.api.service import SERVICE, Service
from platematch.errors import PlatematchError

log = structlog.get_logger("platematch.api")

NO_ROUTE = "(none)"
SLOW_S = 1.0
LARGE_POSTS = 4  # of the largest size, held at once beside a largest list file
RELAYED = web.RequestKey("relayed", bool)  # set on a request that another process answers, and so counts


def application(service: Service) -> web.Application:
    """An application without routes whose handlers work with the service."""
    app = web.Application(middlewares=[_observe])
    settings = service.settings
    app[SERVICE] = service
    app[BODIES] = Bodies(settings.max_import_bytes + LARGE_POSTS * settings.max_body_bytes)
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
    if RELAYED in request:
        return response
    request.app[SERVICE].counters.observe(_method(request), _route(request), response.status, seconds)
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
