"""The interface as the service describes it, asked about what the documents say of it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import msgspec
from documents import spans
from jsonschema import Draft202012Validator

from platematch.api.openapi import document
from platematch.api.routes import ENDPOINTS
from platematch.webhooks.events import HitEvent, TestEvent

Schema = dict[str, Any]

METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE")
OPENAPI: Schema = document(ENDPOINTS)
PATHS: Schema = OPENAPI["paths"]
_METHOD = re.compile(rf"(?:(?P<method>{'|'.join(METHODS)}) )?(?P<path>(?:/|…/)[^ ?]*)(?:\?(?P<query>\S*))?")


@cache
def components() -> Schema:
    """Every type of the interface and of the webhooks, closed: a field that it does not name is wrong."""
    kinds, found = msgspec.json.schema_components([HitEvent, TestEvent], ref_template="#/components/schemas/{name}")
    found = {**copy.deepcopy(OPENAPI["components"]["schemas"]), **found}
    for schema in found.values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    assert len(kinds) == 2
    return found


def fields() -> set[str]:
    """The names of all fields and parameters."""
    queries = {item["name"] for path in PATHS.values() for call in path.values() for item in call["parameters"]}
    return queries | {name for schema in components().values() for name in schema.get("properties", {})}


def calls(prose: str) -> Iterator[tuple[str | None, str, str | None]]:
    """The calls that inline code names: (method, path, query); None where it says none.

    Methods by themselves go with the path that follows: `GET`, `DELETE /v1/keys/{key_id}`.
    """
    waiting: list[str] = []
    for span in spans(prose):
        if span in METHODS or set(span.split(", ")) <= set(METHODS):
            waiting += span.split(", ")
            continue
        named = _METHOD.fullmatch(span)
        if named and (named["method"] or named["path"] in PATHS or named["path"].startswith(("/v1/", "…/"))):
            for method in [*waiting, named["method"]] if named["method"] else [None]:
                yield method, named["path"], named["query"]
        waiting = []


def operations(method: str | None, path: str) -> list[Schema]:
    """The operations that a document means by this; `…/x` is the end of a path, a name in capitals an example."""
    return [
        operation
        for template, described in PATHS.items()
        if _is(template, path)
        for verb, operation in described.items()
        if method is None or verb == method.lower()
    ]


def _is(template: str, path: str) -> bool:
    known, given = template.split("/")[1:], path.split("/")[1:]
    if path.startswith("…"):
        known = known[-len(given) :]
    return len(known) == len(given) and all(
        meant == written or (meant.startswith("{") and written != "")
        for meant, written in zip(known, given, strict=True)
    )


def bodies(operation: Schema) -> Iterator[Schema]:
    """The schemas of the JSON that the operation takes and gives."""
    contents = [operation.get("requestBody", {}), *operation["responses"].values()]
    for content in contents:
        for media, described in content.get("content", {}).items():
            if media.endswith("json") and described["schema"]:
                yield described["schema"]


def is_valid(value: Any, schema: Schema) -> bool:
    """Whether the value is of the schema, without a field that it does not know."""
    return Draft202012Validator({**schema, "components": {"schemas": components()}}).is_valid(value)


def component(name: str) -> Schema:
    """The type of that name."""
    return {"$ref": f"#/components/schemas/{name}"}


def shape_problem(shape: str, types: Iterable[Schema] | None = None) -> str | None:
    """What is wrong with `{name, other?: {inner}, …}`: fields that no type of the interface, or of these, has together.

    A field without `?` is one that the type always has.
    """
    known = list(components().values() if types is None else types)
    for inner in _shapes(shape):
        names = dict(_names(inner))
        if not any(_has(schema, names, open_ended="…" in inner) for schema in known):
            return inner
    return None


def _has(schema: Schema, names: dict[str, bool], *, open_ended: bool) -> bool:
    properties = set(schema.get("properties", {}))
    required = set(schema.get("required", ()))
    if not properties >= set(names):
        return False
    optional = {name for name, may_lack in names.items() if may_lack}
    return open_ended or not optional or (not optional & required and required <= set(names))


def _names(shape: str) -> Iterator[tuple[str, bool]]:
    """The names on the outer level of a shape and whether they may be absent."""
    flat, depth = "", 0
    for letter in shape[1:-1]:
        depth += letter in "{["
        flat += letter if not depth else ""
        depth -= letter in "}]"
    for part in flat.split(","):
        name = part.partition(":")[0].strip()
        if name != "…":
            assert re.fullmatch(r"\w+\??", name), f"{shape} holds {name!r}"
            yield name.removesuffix("?"), name.endswith("?")


def _shapes(shape: str) -> Iterator[str]:
    """The shape and those within it."""
    for start in [place for place, letter in enumerate(shape) if letter == "{"]:
        depth = 0
        for end in range(start, len(shape)):
            depth += (shape[end] == "{") - (shape[end] == "}")
            if depth == 0:
                yield shape[start : end + 1]
                break


def is_example(span: str) -> bool:
    """Whether the inline code is JSON itself."""
    try:
        return isinstance(json.loads(span), dict)
    except ValueError:
        return False
