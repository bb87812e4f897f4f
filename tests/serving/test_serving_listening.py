"""The port: shared by the processes of one service, and with nobody else."""

from __future__ import annotations

import pytest

from platematch.errors import StartError
from platematch.serving.listening import bind


@pytest.mark.parametrize("count", [1, 3])
def test_all_sockets_are_on_one_port_that_no_other_service_gets(count: int) -> None:
    listeners = bind("127.0.0.1", 0, count)
    try:
        assert len({listener.getsockname() for listener in listeners}) == 1
        assert len(listeners) == count
        for listener in listeners:
            listener.listen()
        for others in (1, 2):
            with pytest.raises(StartError, match="in use"):
                bind(*listeners[0].getsockname(), others)
    finally:
        for listener in listeners:
            listener.close()
