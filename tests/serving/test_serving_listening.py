"""The port: shared by the processes of one service, and with nobody else."""

from __future__ import annotations

import contextlib
import socket

import pytest

from platematch.errors import StartError
from platematch.serving.listening import bind, listen


@pytest.mark.parametrize("count", [1, 3])
def test_all_sockets_are_on_one_port_that_no_other_service_gets(count: int) -> None:
    listeners = bind("127.0.0.1", 0, count)
    try:
        assert len({listener.getsockname() for listener in listeners}) == 1
        assert len(listeners) == count
        listen(listeners)
        for others in (1, 2):
            with pytest.raises(StartError, match="in use"):
                bind(*listeners[0].getsockname(), others)
    finally:
        for listener in listeners:
            listener.close()


@pytest.mark.parametrize("count", [1, 2])
def test_of_two_services_that_start_at_once_one_gets_the_port(count: int) -> None:
    with contextlib.ExitStack() as opened:
        first = [opened.enter_context(listener) for listener in bind("127.0.0.1", 0, 2)]
        address = first[0].getsockname()
        second = [opened.enter_context(listener) for listener in bind(*address, count)]
        listen(first)
        with pytest.raises(StartError, match="in use"):
            listen(second)


def test_every_socket_gets_connections() -> None:
    with contextlib.ExitStack() as opened:
        listeners = [opened.enter_context(listener) for listener in bind("127.0.0.1", 0, 2)]
        listen(listeners)
        for _ in range(64):
            opened.enter_context(socket.create_connection(listeners[0].getsockname()))
        for listener in listeners:
            opened.enter_context(listener.accept()[0])
