"""Bodies whose id stands in the path: the same id may be in the body, or be left out, but not another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from platematch.api.body import NO_JSON, check_json, explain, no_json
from platematch.errors import InvalidInput

S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Named:
    """For the OpenAPI document: the type with its id optional, or with all of it optional where it is merged."""

    type: type[msgspec.Struct]
    id_field: str
    merged: bool = False


def decode_named(kind: type[S], id_field: str, identifier: str, body: bytes) -> S:
    """The body as `kind` with the path's id. Raises InvalidInput where the body names another id or unknown fields."""
    return _build(kind, {**_checked(kind, id_field, identifier, body), id_field: identifier})


def decode_merged(present: S, id_field: str, body: bytes) -> S:
    """`present` with the body merged into it (RFC 7396): a null puts a field back to its default."""
    kind = type(present)
    changes = _checked(kind, id_field, getattr(present, id_field), body)
    return _build(kind, _merge(msgspec.to_builtins(present), changes))


def _checked(kind: type[S], id_field: str, identifier: str, body: bytes) -> dict[str, Any]:
    """The body as a dict that names only fields of `kind` and no other id: a typing error must not pass in silence."""
    try:
        given = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.ValidationError as error:
        check_json(body)
        raise InvalidInput(*explain(error)[:1], field="$") from None
    except NO_JSON as error:
        raise no_json(error) from None
    for name in given:
        if name not in kind.__struct_encode_fields__:
            raise InvalidInput(f"{name!r} is no field of it; {_fields(kind)}", field=f"$.{name}")
    if given.get(id_field, identifier) != identifier:
        raise InvalidInput(
            f"{id_field} is {given[id_field]!r}, but the path says {identifier!r}", field=f"$.{id_field}"
        )
    return given


def _build(kind: type[S], fields: Mapping[str, Any]) -> S:
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        message, field = explain(error)
        raise InvalidInput(message, field=field) from None


def _merge(present: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(present) if isinstance(present, dict) else {}
    for name, value in changes.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merge(merged.get(name), value) if isinstance(value, dict) else value
    return merged


def _fields(kind: type[msgspec.Struct]) -> str:
    return f"its fields are {', '.join(kind.__struct_encode_fields__)}"
