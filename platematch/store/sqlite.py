"""SQLite: one file in a folder that can be written; a locked file beside it tells that a service has it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from platematch.errors import StartError
from platematch.store.lock import Lock

# How long one process waits for the other's transaction (a command beside the service, a large import).
BUSY_MS = 15_000

_REASONS = {
    "file is not a database": "is not an SQLite database; name another file or move this one away",
    "database or disk is full": "cannot grow: the disk is full",
    "readonly database": "cannot be written: its file or folder is read-only",
    "unable to open database file": "cannot be opened; its file and folder must be writable",
    "database is locked": "is held by another program that does not let go of it",
    "disk I/O error": "cannot be used: the disk reports an input or output error; is it full or damaged?",
    "malformed": "is damaged; restore it from a backup",
}


class SQLite:
    """See Database. StartError where the address names no file, or one that cannot be written."""

    def __init__(self, location: URL) -> None:
        if location.get_driver_name() != "pysqlite":
            raise StartError(f"the store cannot be reached by {location.drivername}; use sqlite:///FILE", field="store")
        if not location.database or location.database == ":memory:" or location.database.startswith("file:"):
            raise StartError(
                f"the store's address {location.render_as_string()!r} names no file; hits must be on disk",
                field="store",
            )
        self._location = location
        self._path = Path(location.database)
        _check_folder(self._path)

    def claim(self) -> Lock:
        """See Database."""
        return Lock.take(self._path)

    def writing(self, claim: object | None = None) -> Engine:
        """See Database; each of its transactions holds the write lock from the start.

        A new file, and what SQLite puts beside it, is its user's alone: hits and the digests of keys are in it.
        """
        with suppress(OSError):  # it is there, or opening it will say what is wrong
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        return self._engine(begin="BEGIN IMMEDIATE", connections=1, only_read=False)

    def reading(self, connections: int) -> Engine:
        """See Database."""
        return self._engine(begin="BEGIN", connections=connections, only_read=True)

    def alone(self, connection: Connection) -> None:
        """Every writing transaction is."""

    def explained(self, error: DBAPIError) -> str:
        """See Database."""
        problem = str(error.orig)
        reason = next((text for sign, text in _REASONS.items() if sign in problem), f"cannot be used: {problem}")
        return f"the store {self._location.database} {reason}"

    async def listen(self, heard: Callable[[frozenset[str]], None], lost: Callable[[Exception], None]) -> None:
        """There is nothing to hear: what other processes write is found when it is looked for."""
        await asyncio.get_running_loop().create_future()

    def _engine(self, *, begin: str, connections: int, only_read: bool) -> Engine:
        engine = create_engine(
            self._location,
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
            pragmas |= {"query_only": "ON"} if only_read else {}
            for name, value in pragmas.items():
                connection.execute(f"PRAGMA {name}={value}")
            if not only_read:
                _log_ahead(connection)

        @event.listens_for(engine, "begin")
        def start(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Switch a new database to WAL; of several who do so at once SQLite refuses some without waiting BUSY_MS."""
    deadline = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _check_folder(path: Path) -> None:
    folder = path.absolute().parent
    if not folder.is_dir():
        raise StartError(f"the store's folder {folder} does not exist; create it or name another", field="store")
    if path.is_dir():
        raise StartError(f"the store {path} is a folder; name a file in it", field="store")
    if not os.access(folder, os.W_OK | os.X_OK) or (path.exists() and not os.access(path, os.R_OK | os.W_OK)):
        raise StartError(f"the store {path} cannot be written; its file and folder must be writable", field="store")
