"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def service_options(command: F) -> F:
    """--url and --key of the running service."""
    command = click.option("--key", metavar="KEY", help="The key to use. [default: PLATEMATCH_KEY]")(command)
    return click.option("--url", metavar="URL", help="Where the service runs. [default: PLATEMATCH_URL]")(command)


def guess_format(path: str, formats: dict[str, str], given: str | None) -> str:
    """The format asked for, or the one of the file's extension. Raises UsageError where neither is known."""
    extension = path.lower().rpartition(".")[2]
    if given is not None:
        return given
    if extension not in formats:
        raise click.UsageError(f"the format of {path!r} cannot be told from its name; give --format")
    return formats[extension]


# What a file of this extension holds when nothing else is said.
FORMAT_OF_EXTENSION = {"csv": "csv", "json": "mvs"}
