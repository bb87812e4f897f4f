"""The OpenAPI document: valid, and true to the routes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from platematch.api.app import build
from platematch.api.openapi import document
from platematch.api.routes import ENDPOINTS


def test_the_document_is_valid_openapi(service: Any) -> None:
    answer = service.call("GET", "/openapi.json")
    assert answer.status == 200
    OpenAPIV31SpecValidator(answer.json).validate()


def test_every_route_of_the_application_is_in_the_document_and_none_else(service: Any) -> None:
    routes = {
        (route.method.lower(), route.resource.canonical)
        for route in build(service.pipeline).router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    paths = document(ENDPOINTS)["paths"]
    assert routes == {(method, path) for path, methods in paths.items() for method in methods}


def test_operation_ids_are_unique() -> None:
    ids = [endpoint.operation_id for endpoint in ENDPOINTS]
    assert len(ids) == len(set(ids))


def test_the_import_names_its_parameters() -> None:
    operation = document(ENDPOINTS)["paths"]["/v1/watchlists/{watchlist_id}/import"]["post"]
    query = {item["name"]: item for item in operation["parameters"] if item["in"] == "query"}
    assert set(query) == {"format", "mode", "dry_run", "force"}
    assert query["format"]["required"]
    assert query["mode"]["schema"]["enum"] == ["merge", "replace"]
    assert not query["mode"]["required"]


def test_a_put_may_leave_out_the_id_and_a_patch_everything() -> None:
    schemas = document(ENDPOINTS)["components"]["schemas"]
    assert "watchlist_id" not in schemas["WatchlistPut"]["required"]
    assert "name" in schemas["WatchlistPut"]["required"]
    assert schemas["WatchlistMerge"]["required"] == []


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}")
def test_documented_refusals_are_possible(service: Any, endpoint: Any) -> None:
    """`service.call` holds every answer of all these tests against the document; here the statuses few others show."""
    token = service.tokens["patrol" if endpoint.action == "reads.post" else "admin"]
    path = re.sub(r"{key}", token, endpoint.path).replace("{vendor}", "openalpr")
    service.list_with("refusals")
    path = re.sub(r"{\w+}", "refusals", path)
    statuses = document(ENDPOINTS)["paths"][endpoint.path][endpoint.method.lower()]["responses"]
    if "400" in statuses and "openalpr" not in path:
        answer = service.call(endpoint.method, path + "?nonsense=1", token=token)
        assert (answer.status, answer.json["field"]) in ((400, "nonsense"), (400, "format"))
    if "413" in statuses and not path.endswith(("/import", "/learning", "/learning/pairs")):  # take larger files
        body = b" " * (service.settings.max_body_bytes + 1)
        assert service.call(endpoint.method, path, body, token=token).status == 413


def test_a_reading_call_answers_its_head_too(service: Any) -> None:
    for path in ("/healthz", "/v1/hits", "/v1/watchlists/none"):
        whole, head = (service.call(method, path, role="operator") for method in ("GET", "HEAD"))
        assert (head.status, head.body, head.headers["content-type"]) == (
            whole.status,
            b"",
            whole.headers["content-type"],
        )


def test_a_store_that_fails_shows_in_readyz(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service.pipeline.store._writer, "healthy", False)
    answer = service.call("GET", "/readyz")
    assert (answer.status, answer.json["ready"]) == (503, False)
