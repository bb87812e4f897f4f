"""Shows a ranked answer with its arithmetic on a terminal: alignment, odds, evidence, runner-up."""

from __future__ import annotations

import math
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import click

_MARKS = {"confused": "^", "lost": "-", "added": "+", "unread": "?", "wildcard": "*"}
_NAMES = {
    "country": "country",
    "make": "make",
    "color": "colour",
    "type": "type",
    "confidence": "confidence of the characters",
    "passage": "other reads of the passage",
}


def show(plate: str, answer: dict[str, Any]) -> None:
    """Print an answer of POST /v1/match."""
    for found in answer["matches"]:
        for line in _lines(found):
            click.echo(line)
        click.echo()
    if not answer["matches"]:
        click.echo(f"{plate} is like no listed plate.")
    click.echo(f"Any ordinary vehicle gives this read with probability {answer['background']:.3g}.")


def _lines(found: dict[str, Any]) -> Iterator[str]:
    why = found["explanation"]
    yield f"{found['probability']:7.2%}  {found['plate']}  ({found['watchlist_id']}, {found['entry_id']})"
    for name, row in zip(("listed", "read", ""), drawn(why["alignment"]), strict=True):
        if row.strip():
            yield f"    {name:<12}{row}".rstrip()
    yield from (f"    {line}" for line in _sum(found, why))
    if why["runner_up"] is not None:
        chance = why["runner_up_probability"]
        yield f"    runner-up   {why['runner_up']}" + ("" if chance is None else f", {chance:.2%}")
    if why["ambiguous"]:
        yield "    ambiguous   the runner-up is nearly as probable"
    yield from _wrapped(why["sentence"])


def _wrapped(sentence: str) -> list[str]:
    """To the width of a terminal; in one line elsewhere, where it may be searched."""
    if not sys.stdout.isatty():
        return [f"    {sentence}"]
    width = shutil.get_terminal_size().columns
    return textwrap.wrap(sentence, max(width, 60), initial_indent="    ", subsequent_indent="    ")


def drawn(alignment: Sequence[dict[str, Any]]) -> tuple[str, str, str]:
    """The listed plate, the read and the marks of what differs, one above the other."""
    rows: tuple[list[str], list[str], list[str]] = ([], [], [])
    for step in alignment:
        cells = (step["listed"] or "-", step["read"] or "-", _MARKS.get(step["kind"], " "))
        width = max(map(_width, cells))
        for row, cell in zip(rows, cells, strict=True):
            row.append(cell + " " * (width - _width(cell)))
    listed, read, marks = (" ".join(row).rstrip() for row in rows)
    return listed, read, marks


def _width(text: str) -> int:
    """Columns on a terminal: characters of East Asia take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _sum(found: dict[str, Any], why: dict[str, Any]) -> Iterator[str]:
    """prior x likelihood x evidence against background + rivals = odds."""
    against = why["background"] + why["rivals"]
    odds = math.exp(min(found["log_odds"], 700.0))
    listed = odds * against
    product = why["prior"] * why["likelihood"] * math.prod(fact["ratio"] for fact in why["evidence"])
    yield f"prior       {why['prior']:.3g} passages a read"
    yield f"likelihood  {why['likelihood']:.3g} of this text, from the listed plate"
    for fact in why["evidence"]:
        yield f"evidence    x {fact['ratio']:.3g}  {_NAMES[fact['what']]}{_compared(fact)}"
    other = ""
    if not math.isclose(product, listed, rel_tol=0.02):
        pattern = any(step["kind"] == "wildcard" for step in why["alignment"])
        other = f"; {'with all other vehicles that fit' if pattern else 'bounded'}, {listed:.3g}"
    yield f"together    {product:.3g}{other}"
    yield f"against     {why['background']:.3g} background + {why['rivals']:.3g} rivals = {against:.3g}"
    yield f"odds        {listed:.3g} / {against:.3g} = {odds:.3g}, probability {found['probability']:.2%}"


def _compared(fact: dict[str, Any]) -> str:
    return f": seen {fact['seen']}, listed {fact['listed']}" if fact["listed"] else ""
