"""Opens the database: one engine to write, one to read, the schema brought up to date; by its address, either kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from platematch.errors import StartError
from platematch.store import watchlists
from platematch.store.migrations import upgrade
from platematch.store.postgresql import PostgreSQL
from platematch.store.sqlite import SQLite


class Claim(Protocol):
    """A service's right to be the only one on its database. version: of the lists, as this service left them."""

    version: int | None

    def release(self) -> None:
        """Let another service have the database."""
        ...


class Database(Protocol):
    """What differs between the kinds of databases. explained: why it cannot be used, in a sentence for people."""

    def claim(self) -> Claim:
        """For a service; StartError where another has the database."""
        ...

    def writing(self, claim: Claim | None) -> Engine:
        """One connection; each commit is on disk. With a claim it writes only while it is the only service."""
        ...

    def reading(self, connections: int) -> Engine:
        """So many connections that cannot write; each transaction sees one state of the database."""
        ...

    def alone(self, connection: Connection) -> None:
        """Hold off others who would change the schema until the transaction ends."""
        ...

    def explained(self, error: DBAPIError) -> str: ...

    async def listen(self, heard: Callable[[frozenset[str]], None], lost: Callable[[Exception], None]) -> None:
        """Call heard with the marks of other processes' commits, lost when the database has gone; never ends."""
        ...


def database_at(url: str) -> Database:
    """The database of this address; StartError where it cannot be one."""
    try:
        location = make_url(url)
        kind = location.get_backend_name()
        location.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise StartError(
            f"the store's address {_shown(url)!r} is not a database URL ({error}); one looks like "
            "sqlite:////var/lib/platematch/platematch.db or postgresql://user:password@host/database",
            field="store",
        ) from None
    if kind == "sqlite":
        return SQLite(location)
    if kind == "postgresql":
        return PostgreSQL(location)
    raise StartError(
        f"the store cannot be kept in {kind}: use SQLite (sqlite:///FILE) or PostgreSQL "
        "(postgresql://user:password@host/database)",
        field="store",
    )


def open_writer(database: Database, claim: Claim | None = None) -> Engine:
    """The engine that writes, with the schema at its newest; StartError where it cannot be.

    Each of its transactions holds off other writers where the database would not order them itself.
    """
    engine = database.writing(claim)
    try:
        with engine.begin() as connection:
            database.alone(connection)
            upgrade(connection)
            if claim is not None:
                claim.version = watchlists.version(connection)
    except DBAPIError as error:
        engine.dispose()
        raise StartError(database.explained(error), field="store") from None
    except BaseException:
        engine.dispose()
        raise
    return engine


def open_readers(database: Database, connections: int) -> Engine:
    """The engine that reads, with all of its connections made; StartError where they cannot be."""
    engine = database.reading(connections)
    try:
        with ExitStack() as made:
            for _ in range(connections):
                made.enter_context(engine.connect())
    except DBAPIError as error:
        engine.dispose()
        raise StartError(database.explained(error), field="store") from None
    return engine


@contextmanager
def open_sync(url: str) -> Iterator[Engine]:
    """The database for a command that works by itself, also while the service runs: `with engine.begin() as conn`."""
    engine = open_writer(database_at(url))
    try:
        yield engine
    finally:
        engine.dispose()


def _shown(url: str) -> str:
    """The URL without its password, also where it is none."""
    head, separator, tail = url.rpartition("@")
    return f"{head.partition('://')[0]}://…@{tail}" if separator else url
