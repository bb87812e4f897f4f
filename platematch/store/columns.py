"""Column types, alike on every database: instants as UTC microseconds, records as JSON bytes, texts by code point."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, String
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.types import TypeDecorator, TypeEngine

from platematch.errors import InvalidInput

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

LEAST = (datetime.min.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
MOST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // MICROSECOND

# SQLite numbers rows by itself only where the type is exactly INTEGER.
RowNumber = BigInteger().with_variant(Integer, "sqlite")


def microseconds(instant: datetime) -> int:
    """Whole microseconds since 1970 UTC. A local time beyond the calendar's edges in UTC counts as the edge."""
    return min(MOST, max(LEAST, (instant - EPOCH) // MICROSECOND))


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as whole microseconds since 1970 UTC: exact, ordered, and alike everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + value * MICROSECOND


class Packed(TypeDecorator[Any]):
    """A record of the given type, kept as JSON bytes."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind
        self._encode = msgspec.json.Encoder(order="deterministic").encode
        self._decode = msgspec.json.Decoder(kind).decode

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else self._encode(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        return None if value is None else self._decode(value)


class Unstorable(InvalidInput, DontWrapMixin):
    """A text that holds what no text in a database can."""


class Words(TypeDecorator[str]):
    """A text of at most so many characters, ordered by code point whatever the database's language.

    Unstorable for NUL, which PostgreSQL refuses, and for half a surrogate pair: also where one is only looked for.
    """

    impl = String
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__(length)
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        return dialect.type_descriptor(String(self.length, collation="C" if dialect.name == "postgresql" else None))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        problem = None if value is None else _problem(value)
        if value is not None and problem is not None:
            raise Unstorable(f"the text {value[:80]!r} cannot be stored: {problem}")
        return value


def _problem(text: str) -> str | None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return "it is not UTF-8"
    return "it holds a NUL" if "\0" in text else None
