"""The OpenAPI document: valid, and true to the routes."""

from __future__ import annotations

from typing import Any

import jsonschema
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
        if route.resource is not None
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


def test_real_answers_fit_their_schemas(service: Any, read: Any) -> None:
    service.list_with("schemas", "KC1111AX")
    described = service.call("GET", "/openapi.json").json

    def check(name: str, value: object) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": described["components"]}
        jsonschema.Draft202012Validator(schema).validate(value)

    posted = service.call("POST", "/v1/reads", [read("KC1111AX"), {}], role="patrol").json
    assert posted["hits"]
    check("ReadsAnswer", posted)
    hits = service.call("GET", "/v1/hits?watchlist_id=schemas", role="operator").json
    assert hits["items"]
    check("Page_Hit_", hits)
    check("MatchAnswer", service.call("POST", "/v1/match", {"plate": "KC1111AX"}, role="police").json)
    check("Problem", service.call("GET", "/v1/hits/none", role="police").json)
    check("Page_Watchlist_", service.call("GET", "/v1/watchlists", role="police").json)
