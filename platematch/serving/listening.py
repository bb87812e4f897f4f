"""The port: sockets that listen on it, one for each process that answers, and an application on a socket."""

from __future__ import annotations

import contextlib
import errno
import resource
import socket
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from aiohttp import web

from platematch.errors import StartError

BACKLOG = 1024
OPEN_FILES = 65_536
PATIENCE_S = 1.0  # for the processes of a service that was killed: they see it and end, but not in no time


def allow_connections() -> None:
    """Each connection is an open file, of which a process may have 1,024 unless it asks for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextlib.asynccontextmanager
async def answering(
    app: web.Application, at: socket.socket | Path, drain_s: float, *, cancel: bool = False
) -> AsyncIterator[None]:
    """Answer on the socket that listens, or on a Unix socket of that path; at the end give requests under way drain_s.

    cancel: whether a request ends when its client goes away.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=drain_s, handler_cancellation=cancel)
    await runner.setup()
    try:
        if isinstance(at, Path):
            await web.UnixSite(runner, at, backlog=BACKLOG).start()
        else:
            await web.SockSite(runner, at, backlog=BACKLOG).start()
        yield
    finally:
        await runner.cleanup()


def bind(host: str, port: int, count: int = 1) -> list[socket.socket]:
    """Bound sockets that do not listen yet. Raises StartError naming the setting to change.

    Until one of them listens, another program may bind the same port: see listen().
    """
    patience = time.monotonic() + (PATIENCE_S if count > 1 else 0)
    first = _bind(host, port, patience)
    listeners = [first]
    try:
        for _ in range(count - 1):
            listener = socket.socket(first.family, first.type, first.proto)
            listeners.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.setblocking(False)
            listener.bind(first.getsockname())
    except OSError as error:
        for listener in listeners:
            listener.close()
        raise _cannot_bind(host, port, error) from None
    return listeners


def listen(listeners: Sequence[socket.socket]) -> None:
    """Open the port on all of the bound sockets. Raises StartError where another program was faster.

    Several share it (the system deals connections out to them), but with nobody else: the first takes it as if it were
    alone.
    """
    first, *others = listeners
    try:
        first.listen(BACKLOG)
        for listener in others:
            first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            listener.listen(BACKLOG)
    except OSError as error:
        host, port = first.getsockname()[:2]
        raise _cannot_bind(host, port, error) from None


def _bind(host: str, port: int, patience: float) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise StartError(
            f"cannot listen on host {host!r}: {error}; set PLATEMATCH_HOST to an address of this machine"
        ) from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setblocking(False)
        while True:
            try:
                listener.bind(address)
                return listener
            except OSError as error:
                if error.errno != errno.EADDRINUSE or time.monotonic() > patience:
                    raise
                time.sleep(0.02)
    except OSError as error:
        listener.close()
        raise _cannot_bind(host, port, error) from None


def _cannot_bind(host: str, port: int, error: OSError) -> StartError:
    if error.errno == errno.EADDRINUSE:
        return StartError(f"port {port} on {host} is in use: stop what uses it, or set PLATEMATCH_PORT to another one")
    if error.errno == errno.EACCES:
        return StartError(f"port {port} on {host} needs more rights: set PLATEMATCH_PORT to one above 1023")
    return StartError(
        f"cannot listen on {host}, port {port}: {error.strerror}; check PLATEMATCH_HOST and PLATEMATCH_PORT"
    )
