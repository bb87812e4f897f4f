"""What a device posts, what it is answered, and the pair of functions that make a vendor."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from platematch.errors import InvalidMessage
from platematch.reads import Read

Item = TypeVar("Item")

MAX_READS = 1000
"""In one message: a frame shows a few vehicles."""


class Message(Struct, frozen=True, kw_only=True, dict=True):
    """One request of a device. camera_id: the path's, which counts whatever the message says.

    received_at is aware; content_type and query are as they came, "" and {} where there are none.
    """

    camera_id: str
    content_type: str
    body: bytes
    query: Mapping[str, str] = {}
    received_at: datetime

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the body, in hex; reckoned once, for each of the message's reads may need it."""
        return hashlib.sha256(self.body).hexdigest()


class Answer(Struct, frozen=True):
    """The response that tells a device to forget the message."""

    status: int
    content_type: str | None
    body: bytes


class Vendor(Struct, frozen=True):
    """One vendor's language.

    parse gives the message's reads, [] for heartbeats and passages without a plate; raises InvalidMessage and
    nothing else. acknowledge gives what the device expects for a message that was dealt with, whatever was in it.
    """

    name: str
    parse: Callable[[Message], list[Read]]
    acknowledge: Callable[[Message], Answer]
    docs: str


def good_reads(items: Iterable[Item], read: Callable[[Item], Read | None]) -> list[Read]:
    """The reads of a message's items: a bad item does not lose the good ones, but it counts when it is alone.

    Raises InvalidMessage for more than 1,000 items, too.
    """
    reads: list[Read] = []
    problem: InvalidMessage | None = None
    for number, item in enumerate(items):
        if number == MAX_READS:
            raise InvalidMessage(f"a message of more than {MAX_READS} reads")
        try:
            found = read(item)
        except InvalidMessage as error:
            problem = problem or error
        else:
            if found is not None:
                reads.append(found)
    if problem is not None and not reads:
        raise problem
    return _distinct(reads)


def _distinct(reads: list[Read]) -> list[Read]:
    """Several vehicles under one id get ids of their own; the same vehicle told twice counts once."""
    seen: dict[str, set[str]] = {}
    distinct: list[Read] = []
    for read in reads:
        if read.read_id is not None:
            plates = seen.setdefault(read.read_id, set())
            if read.plate in plates:
                continue
            plates.add(read.plate)
            if len(plates) > 1:
                read = replace(read, read_id=f"{read.read_id[:190]}-{len(plates)}")
        distinct.append(read)
    return distinct


def fallback_id(told: str | None, plate: str, digest: str) -> str:
    """A read_id for a read without vendor's id or believable time, the same each time the device sends it again.

    The device's own time and the plate where it told one, for a repeat may differ in its counters; else the digest
    of the bytes that held it.
    """
    return digest if told is None else hashlib.sha256(f"{told}\n{plate}".encode()).hexdigest()
