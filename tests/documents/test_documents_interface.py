"""What the documents say of the interface is so: calls, parameters, fields, roles, statuses, limits and events."""

from __future__ import annotations

import json
import re
from typing import get_args

import interface
import pytest
from documents import DOCUMENTS, Document, document

from platematch.access import ROLES
from platematch.api.problems import KINDS
from platematch.cameras import VENDORS
from platematch.settings import Settings
from platematch.watchlist.importing import FORMATS
from platematch.webhooks.endpoint import EventType
from platematch.webhooks.schedule import DELAYS

each = pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
MIB = 1 << 20


def first_column(page: str, heading: str) -> list[str]:
    """The inline code of the first column of the table whose first column is headed so."""
    text = document(page).prose
    table = re.search(rf"^\| {re.escape(heading)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert table is not None, f"{page} has no table of {heading!r}"
    return [row.split("|")[1].strip() for row in table[1].splitlines()]


@each
def test_calls_exist_with_their_parameters(page: Document) -> None:
    for method, path, query in interface.calls(page.prose):
        found = interface.operations(method, path)
        assert found, f"{page.name} names {method or ''} {path}"
        for item in re.split("[&=]", query or "")[::2]:
            known = [{parameter["name"] for parameter in operation["parameters"]} for operation in found]
            assert not item or any(item in names for names in known), f"{page.name}: {path} takes no {item}"


@each
def test_fields_stand_together_as_in_the_types(page: Document) -> None:
    for span in page.spans:
        if interface.is_example(span):
            kinds = interface.components().values()
            given = set(json.loads(span))
            assert any(given <= set(kind.get("properties", ())) for kind in kinds), f"{page.name}: {span}"
        elif re.fullmatch(r"\{[\w…].*[,:].*\}", span):
            wrong = interface.shape_problem(span)
            assert wrong is None, f"{page.name}: no type is {wrong}"


def test_bodies_are_those_of_their_calls() -> None:
    """Where a body's shape stands right behind its call."""
    told = re.findall(r"`(\w+) (/v1/[^`]+)` `(\{[^`]+\})`", document("docs/api.md").prose)
    assert told
    for method, path, shape in told:
        (operation,) = interface.operations(method, path)
        (content,) = operation["requestBody"]["content"].values()
        name = content["schema"]["$ref"].rpartition("/")[2]
        wrong = interface.shape_problem(shape.replace("\\|", "|"), [interface.components()[name]])
        assert wrong is None, f"{method} {path} takes no {shape}"


def test_every_call_of_the_interface_is_in_its_document() -> None:
    """A call that is missing there is found by nobody."""
    named = list(interface.calls(document("docs/api.md").prose))
    for path, described in interface.PATHS.items():
        for method, operation in described.items():
            assert path == "/" or any(
                operation in interface.operations(said or method.upper(), where)
                for said, where, _ in named
                if said in (method.upper(), None)
            ), f"docs/api.md lacks {method.upper()} {path}"


def test_the_statuses_are_those_of_the_problems() -> None:
    told = {int(status) for cell in first_column("docs/api.md", "status") for status in cell.split(", ")}
    assert told == {kind.status for kind in KINDS.values()}


def test_the_roles_are_those_of_keys() -> None:
    assert first_column("docs/quickstart.md", "role") == list(ROLES)


def test_the_limits_are_the_defaults() -> None:
    defaults = Settings()
    text = document("docs/api.md").prose
    rows = re.findall(r"^\| `PLATEMATCH_(\w+)` \| ([\d,]+)( MiB)?\b", text, re.MULTILINE)
    assert len(rows) >= 6
    for name, number, unit in rows:
        assert int(number.replace(",", "")) * (MIB if unit else 1) == getattr(defaults, name.lower()), name


def test_the_formats_and_vendors_are_all_told() -> None:
    quickstart, api = document("docs/quickstart.md"), document("docs/api.md")
    assert set(FORMATS) <= set(quickstart.spans)
    assert set(VENDORS) <= set(api.spans)
    addresses = {span.rpartition("/")[2] for span in quickstart.spans if "/cameras/gate-1/" in span}
    assert set(VENDORS) <= addresses


def test_the_events_are_all_told() -> None:
    assert {cell.strip("`") for cell in first_column("docs/webhooks.md", "type")} == set(get_args(EventType))


def test_the_waits_between_tries_are_those_of_the_schedule() -> None:
    told = re.search(r"tried again after (.+?), and then every (\d+) h", document("docs/webhooks.md").text)
    assert told is not None
    units = {"s": 1, "min": 60, "h": 3600}
    waits = [int(number) * units[unit] for number, unit in re.findall(r"(\d+) (\w+)", told[1])]
    last = int(told[2]) * units["h"]
    assert [delay.total_seconds() for delay in DELAYS] == waits + [last] * (len(DELAYS) - len(waits))
