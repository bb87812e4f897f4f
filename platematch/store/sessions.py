"""Sessions of a PostgreSQL server: all alike whatever the server's settings, and given up where it falls silent."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.waiting import Ready

from platematch.errors import StartError

OLDEST = 140_000
SILENCE_S = 30.0  # of a server that was asked something; longer than it may wait for a lock

R = TypeVar("R")

# A machine that is gone without a word is noticed within some 25 s, by either side of the connection.
_CONNECTION = {
    "application_name": "platematch",
    "client_encoding": "utf8",
    "connect_timeout": "5",
    "target_session_attrs": "read-write",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
}
_SESSION = {
    "lock_timeout": "15s",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "5min",
    "idle_session_timeout": "0",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "25s",
    "client_connection_check_interval": "2s",
}


class Impatient(psycopg.Connection[Any]):
    """Ends with OperationalError where the server was asked and says nothing for SILENCE_S: it, or its disk, hangs.

    Its machine goes on to acknowledge what is sent, so that no timeout of TCP helps, nor one that it would keep itself.
    """

    def wait(self, gen: PQGen[R], *args: Any, **kwargs: Any) -> R:
        """See Connection."""
        return super().wait(self._listened_to(gen), *args, **kwargs)

    def _listened_to(self, gen: PQGen[R]) -> PQGen[R]:
        try:
            wanted = next(gen)
            heard = time.monotonic()
            while True:
                ready = yield wanted
                if ready != Ready.NONE:
                    heard = time.monotonic()
                elif time.monotonic() - heard > SILENCE_S:
                    self.close()
                    raise psycopg.OperationalError(f"the server has said nothing for {SILENCE_S:g} s")
                wanted = gen.send(ready)
        except StopIteration as end:
            result: R = end.value
            return result


def open_session(parameters: Mapping[str, Any]) -> psycopg.Connection[Any]:
    """A connection of the driver's; OperationalError, or StartError where the server is none for a store."""
    session = Impatient.connect(**with_ours(parameters))
    try:
        _configure(session)
    except BaseException:
        session.close()
        raise
    return session


def with_ours(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Connection parameters where the address says nothing else; transactions begin where we say so."""
    return {**_CONNECTION, **parameters, "autocommit": True}


def _configure(connection: psycopg.Connection[Any]) -> None:
    encoding, release = connection.info.parameter_status("server_encoding"), connection.info.server_version
    if release < OLDEST:
        raise StartError(f"the server of the store is PostgreSQL {release // 10_000}; 14 is the oldest that will do")
    if encoding != "UTF8":
        raise StartError(
            f"the store {connection.info.dbname} keeps its texts as {encoding}; make a database with "
            "--encoding=UTF8 --template=template0",
            field="store",
        )
    set_all = "SELECT set_config(name, value, false) FROM unnest(%s::text[], %s::text[]) AS given (name, value)"
    connection.execute(set_all, (list(_SESSION), list(_SESSION.values())))
    # Any other value waits for this server's disk, and some for another's too: those are the administrator's choice.
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
