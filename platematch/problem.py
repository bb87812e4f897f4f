"""A problem as the interface tells it (RFC 9457): for a whole request, or for one item of it."""

from __future__ import annotations

from msgspec import Struct


class Problem(Struct, frozen=True, omit_defaults=True):
    """type: a path under /problems/ that names the kind; field: the path of what was wrong, as `$.reads[3].plate`."""

    type: str
    title: str
    status: int
    detail: str
    field: str | None = None


class Rejection(Struct, frozen=True):
    """One item of a batch that was not taken. index: its place among the items sent, from 0."""

    index: int
    problem: Problem


def invalid_item(detail: str, field: str | None = None) -> Problem:
    """The problem of one item that cannot be accepted as it is."""
    return Problem(type="/problems/invalid", title="Invalid item", status=422, detail=detail, field=field)
