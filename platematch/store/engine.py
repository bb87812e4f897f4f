"""Opens the database: one engine to write, one to read, the schema brought up to date; the only dialect-bound file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from platematch.errors import StartError
from platematch.store.migrations import upgrade

# How long one process waits for the other's transaction (a command beside the service, a large import).
BUSY_MS = 15_000


def open_writer(url: str) -> Engine:
    """The engine that writes, one connection at a time, with the schema at its newest; StartError where it cannot be.

    Each of its transactions holds the database's write lock from the start.
    """
    location = checked(url)
    engine = _engine(location, begin="BEGIN IMMEDIATE", connections=1, only_read=False)
    try:
        with engine.begin() as connection:
            upgrade(connection)
    except DBAPIError as error:
        engine.dispose()
        raise StartError(_explained(location, error)) from None
    except StartError:
        engine.dispose()
        raise
    return engine


def open_readers(url: str, connections: int) -> Engine:
    """An engine of so many connections that cannot write; each transaction sees one state of the database."""
    return _engine(checked(url), begin="BEGIN", connections=connections, only_read=True)


@contextmanager
def open_sync(url: str) -> Iterator[Engine]:
    """The database for a command that works by itself, also while the service runs: `with engine.begin() as conn`."""
    engine = open_writer(url)
    try:
        yield engine
    finally:
        engine.dispose()


def checked(url: str) -> URL:
    """The URL of an SQLite file in a folder that can be written, or StartError."""
    try:
        location = make_url(url)
        dialect = location.get_backend_name()
        location.get_dialect()
    except (ArgumentError, NoSuchModuleError) as error:
        raise StartError(
            f"the store's address {_shown(url)!r} is not a database URL ({error}); "
            "one looks like sqlite:////var/lib/platematch/platematch.db",
            field="store",
        ) from None
    if dialect != "sqlite" or location.get_driver_name() != "pysqlite":
        raise StartError(
            f"the store cannot be kept in {location.drivername}: this version keeps it in SQLite (sqlite:///FILE)",
            field="store",
        )
    if not location.database or location.database == ":memory:" or location.database.startswith("file:"):
        raise StartError(f"the store's address {url!r} names no file; hits must be on disk", field="store")
    _check_folder(Path(location.database))
    return location


def _check_folder(path: Path) -> None:
    folder = path.absolute().parent
    if not folder.is_dir():
        raise StartError(f"the store's folder {folder} does not exist; create it or name another", field="store")
    if path.is_dir():
        raise StartError(f"the store {path} is a folder; name a file in it", field="store")
    if not os.access(folder, os.W_OK | os.X_OK) or (path.exists() and not os.access(path, os.R_OK | os.W_OK)):
        raise StartError(f"the store {path} cannot be written; its file and folder must be writable", field="store")


def _shown(url: str) -> str:
    """The URL without its password, also where it is none."""
    head, separator, tail = url.rpartition("@")
    return f"{head.partition('://')[0]}://…@{tail}" if separator else url


def _explained(location: URL, error: DBAPIError) -> str:
    reasons = {
        "file is not a database": "is not an SQLite database; name another file or move this one away",
        "database or disk is full": "cannot grow: the disk is full",
        "readonly database": "cannot be written: its file or folder is read-only",
        "unable to open database file": "cannot be opened; its file and folder must be writable",
        "database is locked": "is held by another program that does not let go of it",
        "disk I/O error": "cannot be used: the disk reports an input or output error; is it full or damaged?",
        "malformed": "is damaged; restore it from a backup",
    }
    problem = str(error.orig)
    reason = next((text for sign, text in reasons.items() if sign in problem), f"cannot be used: {problem}")
    return f"the store {location.database} {reason}"


def _engine(location: URL, *, begin: str, connections: int, only_read: bool) -> Engine:
    engine = create_engine(
        location,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, record: object) -> None:
        # The driver would begin transactions late and by itself; we begin them, below.
        connection.isolation_level = None
        pragmas = {"busy_timeout": BUSY_MS, "synchronous": "FULL", "foreign_keys": "ON"}
        pragmas |= {"query_only": "ON"} if only_read else {"journal_mode": "WAL"}
        for name, value in pragmas.items():
            connection.execute(f"PRAGMA {name}={value}")

    @event.listens_for(engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine
