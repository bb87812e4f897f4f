"""`platematch serve`: it ends in time, with code 0, whatever its clients are doing."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from running import Running

HUNG = """
import sys, time
from platematch.serving import serve
from platematch.pipeline import Pipeline

async def close(self):
    time.sleep(60)  # a disk that answers no more blocks the whole process
Pipeline.close = close
sys.argv = ["platematch", "serve"]
from platematch.__main__ import main
main()
"""


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_time_with_connections_open(tmp_path: Path, sign: int) -> None:
    service = Running(tmp_path)
    service.start()
    token = service.command("keys", "create", "--role", "camera")
    half_a_body = f"POST /v1/reads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 99\r\n\r\n["
    requests = [b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"] * 5 + [
        b"POST /v1/reads HTTP/1.1\r\n",
        half_a_body.encode(),
    ]
    connections = []
    for request in requests:
        connection = socket.create_connection(("127.0.0.1", service.port))
        connection.sendall(request)
        connections.append(connection)
    time.sleep(0.3)
    started = time.monotonic()
    code = service.stop(sign)
    assert (code, time.monotonic() - started < 10) == (0, True)
    assert "Traceback" not in service.log.read_text()
    assert '"stopped"' in service.log.read_text()
    for connection in connections:
        connection.close()


def test_it_ends_while_it_starts(tmp_path: Path) -> None:
    service = Running(tmp_path)
    with service.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "platematch", "serve"], env=service.environment, stdout=log, stderr=log
        )
    deadline = time.monotonic() + 30
    while not (tmp_path / "platematch.db").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0, service.log.read_text()
    assert "Traceback" not in service.log.read_text()


def test_garbage_instead_of_http_is_no_error_of_ours(tmp_path: Path) -> None:
    service = Running(tmp_path)
    service.start()
    for garbage in (b"\x16\x03\x01\x02\x00", b"NONSENSE\r\n\r\n", b"GET / HTTP/1.1\r\nBad Header: x\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", service.port)) as connection:
            connection.sendall(garbage)
            assert b" 400 " in connection.recv(100)
    assert service.stop() == 0
    log = service.log.read_text()
    assert "Traceback" not in log
    assert '"error"' not in log


def test_a_drain_that_hangs_is_given_up(tmp_path: Path) -> None:
    service = Running(tmp_path, drain_s="1")
    with service.log.open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", HUNG], env=service.environment, stdout=log, stderr=log)
    deadline = time.monotonic() + 60
    while "ready" not in service.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
    assert "too long" in service.log.read_text()
