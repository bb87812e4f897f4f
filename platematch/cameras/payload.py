"""Decodes a message's JSON or XML into plain mappings, within bounds that no real device reaches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from platematch.errors import InvalidMessage

_MAX_VALUES = 200_000
_MAX_XML = 256 * 1024  # events have 2 to 20 KB; the parser needs about a second for each MB of tiny elements
_MAX_DEPTH = 4


def decode_json(data: bytes) -> Any:
    """The JSON value. Raises InvalidMessage, also for more than 200,000 values: small ones cost 50 times their text."""
    if data.count(b",") + data.count(b"[") + data.count(b"{") > _MAX_VALUES:
        raise InvalidMessage(f"the JSON holds more than {_MAX_VALUES} values")
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise InvalidMessage(f"the message of {len(data)} bytes is no JSON: {error}") from error


def decode_xml(data: bytes) -> tuple[str, Mapping[str, Any]]:
    """The root's name and its children by name: an element's text, or a mapping where it has children.

    Names are local, for each firmware has another namespace; of several children with one name the first counts.
    Raises InvalidMessage, also for a document type: no device sends one, and entities are how XML attacks.
    """
    if len(data) > _MAX_XML:
        raise InvalidMessage(f"the XML has {len(data)} bytes; a message has at most {_MAX_XML}")
    try:
        root = fromstring(data.strip(), forbid_dtd=True)
    except DefusedXmlException as error:
        raise InvalidMessage("the XML holds a document type or entities, which are refused") from error
    except (ParseError, LookupError, ValueError) as error:
        raise InvalidMessage(f"the message of {len(data)} bytes is no XML: {error}") from error
    return _local(root.tag), _children(root, _MAX_DEPTH)


def _children(element: Element, depth: int) -> Mapping[str, Any]:
    children: dict[str, Any] = {}
    for child in element:
        if depth and len(child):
            children.setdefault(_local(child.tag), _children(child, depth - 1))
        else:
            children.setdefault(_local(child.tag), child.text or "")
    return children


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
