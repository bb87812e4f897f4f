"""Options that several commands share, and the types of what is given to them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def service_options(command: F) -> F:
    """--url and --key of the running service."""
    command = click.option("--key", metavar="KEY", help="The key to use. [default: PLATEMATCH_KEY]")(command)
    return click.option("--url", metavar="URL", help="Where the service runs. [default: PLATEMATCH_URL]")(command)


# What a file of this extension holds when nothing else is said.
FORMAT_OF_EXTENSION = {"csv": "csv", "json": "mvs"}

format_option = click.option(
    "--format", "file_format", type=click.Choice(list(FORMAT_OF_EXTENSION.values())),
    help="What FILE holds. [default: by its extension]",
)  # fmt: skip


def guess_format(path: str, given: str | None) -> str:
    """The format asked for, or the one of the file's extension. Raises UsageError where neither is known."""
    extension = path.lower().rpartition(".")[2]
    if given is not None:
        return given
    if extension not in FORMAT_OF_EXTENSION:
        raise click.UsageError(f"the format of {path!r} cannot be told from its name; give --format")
    return FORMAT_OF_EXTENSION[extension]


class Text(click.ParamType[str]):
    """A text of one form. pattern: of the whole text; form: what it has to be, in words; upper: taken in any case."""

    name = "text"

    def __init__(self, pattern: str, form: str, *, upper: bool = False) -> None:
        self._pattern = re.compile(pattern)
        self._form = form
        self._upper = upper

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text itself, or in capitals."""
        text = str(value).upper() if self._upper else str(value)
        if not self._pattern.fullmatch(text):
            self.fail(f"{str(value)[:80]!r} has to be {self._form}", param, ctx)
        return text


# As in platematch.reads, watchlist and access, whose own messages show these expressions instead of words.
LABEL = Text(r"[^\x00-\x1f\x7f]{1,200}", "1 to 200 characters on one line")
REGION = Text(
    r"[A-Z]{2}(-[A-Z0-9]{1,3})?", "a country of two letters, as in UA, or a part of one, as in US-TX", upper=True
)
COUNTRY = Text(r"[A-Z]{2}", "a country of two letters, as in UA", upper=True)
WATCHLIST_ID = Text(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}",
    "1 to 64 letters, digits, dots, dashes and underscores, with a letter or digit first",
)


class Guess(click.ParamType[dict[str, Any]]):
    """One of an engine's alternative texts, with its confidence behind `=` where it has one."""

    name = "candidate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """As in a read."""
        plate, stated, confidence = str(value).partition("=")
        return {"plate": plate} | ({"confidence": FRACTION.convert(confidence, param, ctx)} if stated else {})


class Confidences(click.ParamType[list[float]]):
    """Numbers from 0 to 1 with commas between them."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[float]:
        """The numbers."""
        return [FRACTION.convert(part, param, ctx) for part in str(value).split(",")]


class Whole(click.IntRange):
    """A whole number in a range."""

    name = "integer"


class Finite(click.FloatRange):
    """A number in a range; neither nan, which is in every range, nor inf."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is no number", param, ctx)
        return float(number)


FRACTION = Finite(0, 1)
