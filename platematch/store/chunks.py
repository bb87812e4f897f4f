"""Cuts a long list of values into what one statement may carry as parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
SIZE = 500


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """The values in order, SIZE at a time."""
    rest = iter(values)
    while chunk := list(islice(rest, SIZE)):
        yield chunk
