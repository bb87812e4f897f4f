"""Lets one service at a time have a database: another's changes would never reach its live index."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from platematch.errors import StartError


class Lock:
    """Held from `take` to `release` or the end of the process, however it ends. Commands beside a service take none."""

    def __init__(self, handle: int) -> None:
        self.version: int | None = None
        self._handle = handle

    @classmethod
    def take(cls, database: Path) -> Lock:
        """The lock of the database, a file beside it. StartError where another process has it or none can be made."""
        database = database.resolve()  # two names of one file are one database
        path = database.with_name(database.name + ".lock")
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StartError(f"the lock file {path} cannot be opened: {error.strerror}", field="store") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            if not isinstance(error, BlockingIOError):
                raise StartError(f"the lock file {path} cannot be locked: {error.strerror}", field="store") from None
            raise StartError(
                f"the store {database} is in use by another service; stop that one, or set PLATEMATCH_DATA to a "
                "folder of its own for this one",
                field="store",
            ) from None
        return cls(handle)

    def release(self) -> None:
        """Let another service have the database; the file stays, as it may be another's by now."""
        os.close(self._handle)
