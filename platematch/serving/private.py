"""The owner's answers to its fronts' calls."""

from __future__ import annotations

import asyncio

import structlog
from aiohttp import web

from platematch.api import problems
from platematch.api.body import parsed, read_body
from platematch.api.observed import RELAYED, application
from platematch.api.service import SERVICE, Service
from platematch.errors import PlatematchError
from platematch.outcome import Told
from platematch.pipeline import Pipeline
from platematch.serving.calls import KEYS, SAMPLE, SETTLE, WORTHS, Handed, Settled, decode_handed, decode_sample, encode

log = structlog.get_logger("platematch.serving")

GROWTH = 4  # of a front's bodies on their way, at most: two of them in one call, pictures in base64, escaped text


def build(pipeline: Pipeline) -> web.Application:
    """The application behind the private socket."""
    app = application(Service.of(pipeline))
    app.router.add_post(SETTLE, _settle)
    app.router.add_post(SAMPLE, _sample)
    app.router.add_get(WORTHS, _worths)
    app.router.add_get(KEYS + "{key_id}", _key)
    return app


async def _settle(request: web.Request) -> web.Response:
    """Each read for itself: what goes wrong with one is not the others' fault."""
    request[RELAYED] = True
    pipeline = request.app[SERVICE].pipeline
    body = await read_body(request, GROWTH * pipeline.settings.max_body_bytes)
    handed = await parsed(decode_handed, body)
    settled = await asyncio.gather(*(_settled(pipeline, item) for item in handed))
    return web.Response(body=encode(settled))


async def _settled(pipeline: Pipeline, item: Handed) -> Settled:
    try:
        result = await pipeline.intake.settle(item.read, item.received_at)
    except PlatematchError as error:
        return Settled(failed=problems.problem_of(error))
    except Exception:  # the read's own edge: its sender gets the error
        log.exception("read failed")
        return Settled(failed=problems.internal())
    return Settled(told=result) if isinstance(result, Told) else Settled(rejected=result)


async def _sample(request: web.Request) -> web.Response:
    """Reads of a front that are to be learnt from."""
    request[RELAYED] = True
    pipeline = request.app[SERVICE].pipeline
    body = await read_body(request, GROWTH * pipeline.settings.max_body_bytes)
    pipeline.sampler.put(await parsed(decode_sample, body))
    return web.Response(body=b"null")


async def _worths(request: web.Request) -> web.Response:
    request[RELAYED] = True
    return web.Response(body=encode(request.app[SERVICE].pipeline.learner.learnt.worths()))


async def _key(request: web.Request) -> web.Response:
    request[RELAYED] = True
    return web.Response(body=encode(await request.app[SERVICE].pipeline.find_key(request.match_info["key_id"])))
