"""The web application: routes from the endpoints, around the pipeline."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from platematch.api.observed import application
from platematch.api.pictures import add_pool
from platematch.api.routes import ENDPOINTS
from platematch.api.service import Service
from platematch.pipeline import Pipeline


def build(pipeline: Pipeline, fronts_ready: Callable[[], bool] = lambda: True) -> web.Application:
    """The application around a started pipeline, which stays its maker's to close."""
    app = application(Service.of(pipeline, fronts_ready))
    add_pool(app, pipeline.settings)
    for endpoint in ENDPOINTS:
        app.router.add_route(endpoint.method, endpoint.path, endpoint.handler)
        if endpoint.method == "GET":
            app.router.add_route("HEAD", endpoint.path, endpoint.handler)
    return app
