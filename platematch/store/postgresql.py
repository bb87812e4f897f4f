"""PostgreSQL: a database of a server, its service known by an advisory lock that the writing connection holds."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any, LiteralString

import psycopg
import structlog
from psycopg.pq import Conninfo, TransactionStatus
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from platematch.errors import StartError
from platematch.store.marks import DELIVERIES, KEYS, marks
from platematch.store.sessions import open_session, with_ours
from platematch.store.writer import Overtaken

log = structlog.get_logger("platematch.store")

# Advisory locks are a database's own, so these numbers must differ from nobody's but each other's.
SERVICE_LOCK, SCHEMA_LOCK = 7_528_332_001, 7_528_332_002
CHANNEL = "platematch"
LINGER_S = 5.0  # for a killed predecessor's connection to end
RECONNECT_S = 1.0
HEARTBEAT_S = 5.0

# By what the server or the driver says, as expressions; of several the first counts.
_REASONS = {
    "password authentication failed": "refuses the name {user} or its password; check both in PLATEMATCH_STORE",
    "no password supplied": "wants a password; write it into PLATEMATCH_STORE (//user:password@host)",
    "Peer authentication failed": "lets {user} in only from the system's user of that name; use a password and a host",
    "no pg_hba.conf entry": "lets nobody in as {user} from here; its pg_hba.conf must allow it",
    "is not permitted to log in": "does not let {user} log in; ALTER ROLE {user} LOGIN",
    'role ".*" does not exist': "knows no user {user}; make it on the server: createuser --pwprompt {user}",
    "permission denied for database": "does not let {user} into it: GRANT CONNECT ON DATABASE {database} TO {user}",
    "permission denied for (table|relation|sequence)": "does not let {user} use its tables; have {user} own them all: "
    "ALTER TABLE … OWNER TO {user} ({problem})",
    "permission denied": "lets {user} make no tables; have it own the database: "
    "ALTER DATABASE {database} OWNER TO {user}",
    "no schema has been selected": "has none of the schemas in its search_path, or {user} may not use them; make one: "
    "CREATE SCHEMA … AUTHORIZATION {user}",
    'database ".*" does not exist': "does not exist; make it on the server: "
    "createdb --encoding=UTF8 --template=template0 --owner={user} {database}",
    "read-only|standby": "is read-only; is that server a standby? Name the one that takes writes",
    "starting up|in recovery mode|not yet accepting": "is starting up; try again in a moment",
    "shutting down": "is shutting down; start the server and try again",
    "too many (clients|connections)|connection slots": "has no connection to spare; a service needs 5: raise the "
    "server's max_connections, or the limit of {user} or of the database",
    "No space left": "cannot grow: the server's disk is full",
    "lock timeout": "is held by another program that does not let go of it",
    "invalid .*value|bad value": "cannot be reached: {problem}",
    "resolve|translate host name": "cannot be reached: its name is not known here",
    "timeout": "cannot be reached: no answer within some seconds",
    "connection (failed|to server)": "cannot be reached: is the server running, and the address right? ({problem})",
}


class Claim:
    """The right to write, which ends with the connection that took it.

    version: of the lists at this service's last commit; None until it has read them.
    """

    def __init__(self) -> None:
        self.version: int | None = None
        self.session = 0

    def take(self, connection: psycopg.Connection[Any]) -> None:
        """Take it for this connection.

        At the start StartError where another has it; later OperationalError as long as another has it, and Overtaken
        where another had it and wrote.
        """
        first = self.version is None
        deadline = time.monotonic() + (LINGER_S if first else 0.0)
        while not _value(connection, "SELECT pg_try_advisory_lock(%s)", SERVICE_LOCK):
            if time.monotonic() < deadline:
                time.sleep(0.1)
            elif first:
                raise StartError(
                    f"the store {connection.info.dbname} is in use by another service; stop that one, or set "
                    "PLATEMATCH_STORE to a database of its own for this one",
                    field="store",
                )
            else:
                raise psycopg.OperationalError("another connection still holds the service's lock")
        if first and _value(connection, "SHOW fsync") == "off":
            log.warning("store_not_durable", reason="the server's setting fsync is off: a power cut loses hits")
        if not first and _lists_version(connection) != self.version:
            raise Overtaken("the lists were written by another service, or by a commit whose answer was lost")
        self.session = connection.info.backend_pid

    def release(self) -> None:
        """The end of the connection does it."""


class PostgreSQL:
    """See Database. StartError where the address names another driver or no database."""

    def __init__(self, location: URL) -> None:
        if location.drivername not in ("postgresql", "postgresql+psycopg"):
            raise StartError(
                f"the store cannot be reached by {location.drivername}; use postgresql://user:password@host/database",
                field="store",
            )
        if not location.database:
            raise StartError(
                "the store's address names no database; one looks like postgresql://user:password@host/database",
                field="store",
            )
        _check_parts(location)
        self._location = location.set(drivername="postgresql+psycopg")
        self._claim = Claim()

    def claim(self) -> Claim:
        """See Database; taken by the writing connection itself."""
        return self._claim

    def writing(self, claim: object | None = None) -> Engine:
        """See Database."""
        taken = self._claim if claim is self._claim else None
        engine = self._engine("BEGIN", connections=1, claim=taken)

        @event.listens_for(engine, "commit")
        def notify(connection: Connection) -> None:
            driver: Any = connection.connection.driver_connection
            if driver.info.transaction_status == TransactionStatus.INERROR:
                # The server would answer such a COMMIT with a silent ROLLBACK.
                raise psycopg.InternalError("a statement has failed, so its transaction cannot be committed")
            for name in sorted(marks(connection).keys() & {DELIVERIES, KEYS}):
                connection.exec_driver_sql("SELECT pg_notify(%s, %s)", (CHANNEL, name))

        return engine

    def reading(self, connections: int) -> Engine:
        """See Database."""
        return self._engine("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", connections=connections)

    def alone(self, connection: Connection) -> None:
        """See Database."""
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (SCHEMA_LOCK,))

    def explained(self, error: DBAPIError) -> str:
        """See Database."""
        problem = _told(error.orig)
        user = self._location.username or "this user"
        database = self._location.database
        told = (text for sign, text in _REASONS.items() if re.search(sign, problem))
        reason = next(told, "cannot be used: {problem}")
        reason = reason.format(user=user, database=database, problem=_last_line(problem))
        return f"the store {database} on {self._server()} {reason}"

    async def listen(self, heard: Callable[[frozenset[str]], None], lost: Callable[[Exception], None]) -> None:
        """See Database; all marks are heard after each connecting, as some may have been missed.

        Also the first to notice a server that hangs: nobody else may have asked it for long, or may wait for less.
        """
        parameters = with_ours(self._location.get_dialect()().create_connect_args(self._location)[1])
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**parameters) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    heard(frozenset({DELIVERIES, KEYS}))
                    while True:
                        async for notification in connection.notifies(timeout=HEARTBEAT_S):
                            if notification.pid != self._claim.session:
                                heard(frozenset({notification.payload}))
                        silent = TimeoutError(f"the server has said nothing for {HEARTBEAT_S:g} s")
                        alarm = asyncio.get_running_loop().call_later(HEARTBEAT_S, lost, silent)
                        try:
                            await connection.execute("SELECT 1")
                        finally:
                            alarm.cancel()
            except psycopg.Error as error:
                lost(error)
            await asyncio.sleep(RECONNECT_S)

    def _server(self) -> str:
        host = self._location.host or self._location.query.get("host") or "this machine"
        return f"{host}:{self._location.port}" if self._location.port else str(host)

    def _engine(self, begin: str, *, connections: int, claim: Claim | None = None) -> Engine:
        engine = create_engine(
            self._location, poolclass=QueuePool, pool_size=connections, max_overflow=0, use_native_hstore=False
        )

        @event.listens_for(engine, "do_connect")
        def connect(
            dialect: object, record: object, arguments: list[Any], parameters: dict[str, Any]
        ) -> psycopg.Connection[Any]:
            connection = open_session(parameters)
            try:
                if claim is not None:
                    claim.take(connection)
            except BaseException:
                connection.close()
                raise
            return connection

        @event.listens_for(engine, "begin")
        def start(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine


def _check_parts(location: URL) -> None:
    """StartError where a part is none; a wrong host would be shown with the end of the password before it."""
    if "@" in (location.host or ""):
        raise StartError(
            "the store's address has more than one @; write the one in the password as %40, and / as %2F", field="store"
        )
    unknown = location.query.keys() - {option.keyword.decode() for option in Conninfo.get_defaults()}
    if unknown:
        raise StartError(
            f"the store's address has {', '.join(sorted(unknown))} behind the ?, which PostgreSQL does not know; "
            "it knows sslmode, options and others",
            field="store",
        )


def _value(connection: psycopg.Connection[Any], query: LiteralString, *parameters: object) -> Any:
    row = connection.execute(query, parameters).fetchone()
    return None if row is None else row[0]


def _lists_version(connection: psycopg.Connection[Any]) -> int | None:
    try:
        version: int | None = _value(connection, "SELECT version FROM log")
        return version
    except psycopg.errors.UndefinedTable:  # it is another database by now
        return None


def _told(error: BaseException | None) -> str:
    """What the server says; what the driver does where it is not the server that speaks."""
    primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return primary or str(error).strip()


def _last_line(problem: str) -> str:
    """What the driver says at the end, after the addresses that it tried."""
    return problem.splitlines()[-1].strip() if problem else "no reason was given"
