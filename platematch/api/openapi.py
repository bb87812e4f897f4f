"""The OpenAPI 3.1 document, generated from the endpoints and the types that their handlers take and give."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from platematch import __version__
from platematch.access import ALLOWED, ROLES
from platematch.api.endpoint import Endpoint
from platematch.api.named import Named
from platematch.api.problems import CONTENT_TYPE
from platematch.problem import Problem

_REF = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"{(\w+)}")
_PATH_PARAMETERS = {"key": "A key, for devices that can send no header; it is left out of all logs"}
# What any call that takes a key may answer.
USUAL_PROBLEMS = (400, 401, 403, 503)
Schema = dict[str, Any]


def document(endpoints: Sequence[Endpoint]) -> Schema:
    """The document as JSON-like values. Paths and methods are exactly those of the endpoints."""
    schemas = _Schemas(endpoints)
    paths: Schema = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "platematch",
            "version": __version__,
            "summary": "Matches the number plates that cameras read against lists of wanted vehicles.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [{"name": tag} for tag in dict.fromkeys(endpoint.tag for endpoint in endpoints)],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A key: pm_<key_id>_<secret>"},
                "basic": {"type": "http", "scheme": "basic", "description": "Any user name, the key as password"},
            },
        },
    }


class _Schemas:
    """The schemas of every type in the interface: components, and references to them."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        kinds = list(_kinds(endpoints))
        references, self.components = msgspec.json.schema_components(kinds, ref_template=_REF)
        self._references = dict(zip(map(repr, kinds), references, strict=True))

    def of(self, kind: Any) -> Schema:
        """The schema of a type in a body or an answer; of none, any bytes."""
        if kind is None:
            return {}
        if isinstance(kind, Named):
            return self._relaxed(kind)
        return self._references[repr(kind)]

    def _relaxed(self, named: Named) -> Schema:
        """The component of a type whose id comes from the path, and whose other fields may be left out on a merge."""
        name = named.type.__name__ + ("Merge" if named.merged else "Put")
        if name not in self.components:
            full = self.components[named.type.__name__]
            required = [] if named.merged else [field for field in full["required"] if field != named.id_field]
            self.components[name] = {**full, "title": name, "required": required, "additionalProperties": False}
        return {"$ref": _REF.format(name=name)}


def _kinds(endpoints: Iterable[Endpoint]) -> Iterable[Any]:
    """Each type once."""
    seen: dict[str, Any] = {repr(Problem): Problem}
    for endpoint in endpoints:
        for kind in (*endpoint.consumes.values(), *endpoint.produces.values()):
            if kind is not None:
                kind = kind.type if isinstance(kind, Named) else kind
                seen.setdefault(repr(kind), kind)
    return seen.values()


def _operation(endpoint: Endpoint, schemas: _Schemas) -> Schema:
    operation: Schema = {
        "operationId": endpoint.operation_id,
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "description": _description(endpoint),
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint)],
        "responses": _responses(endpoint, schemas),
        "security": _security(endpoint),
    }
    if endpoint.consumes:
        content = {media: {"schema": schemas.of(kind)} for media, kind in endpoint.consumes.items()}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _description(endpoint: Endpoint) -> str:
    if endpoint.action is None:
        return f"{endpoint.description} Needs no key."
    roles = ", ".join(role for role in ROLES if endpoint.action in ALLOWED[role])
    return f"{endpoint.description} For the roles: {roles}."


def _security(endpoint: Endpoint) -> list[Schema]:
    if endpoint.action is None or "{key}" in endpoint.path:
        return [{}]
    return [{"bearer": []}, {"basic": []}]


def _path_parameters(endpoint: Endpoint) -> list[Schema]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
            **({"description": _PATH_PARAMETERS[name]} if name in _PATH_PARAMETERS else {}),
        }
        for name in _PARAMETER.findall(endpoint.path)
    ]


def _query_parameters(endpoint: Endpoint) -> list[Schema]:
    (_, components) = msgspec.json.schema_components([endpoint.query], ref_template=_REF)
    described = components[endpoint.query.__name__]
    return [
        {"name": name, "in": "query", "required": name in described["required"], "schema": _without_null(schema)}
        for name, schema in described["properties"].items()
    ]


def _without_null(schema: Schema) -> Schema:
    """An absent query parameter is absent: there is no null to send."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    return kinds[0] if len(kinds) == 1 else schema


def _responses(endpoint: Endpoint, schemas: _Schemas) -> Schema:
    success: Schema = {"description": HTTPStatus(endpoint.status).phrase}
    if endpoint.produces:
        success["content"] = {media: {"schema": schemas.of(kind)} for media, kind in endpoint.produces.items()}
    responses: Schema = {str(endpoint.status): success}
    for status in endpoint.also:
        responses[str(status)] = {**success, "description": HTTPStatus(status).phrase}
    usual = () if endpoint.action is None else USUAL_PROBLEMS
    for status in sorted({*endpoint.problems, *usual}):
        responses[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {CONTENT_TYPE: {"schema": schemas.of(Problem)}},
        }
    return responses
