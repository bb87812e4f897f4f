"""Senders that mean harm, or are broken: memory comes back, nobody else waits, and the service goes on."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import os
import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from running import Running, lacking

MIB = 1024 * 1024
# A service that stalls for this long under one post stalls every camera; before parsing was bounded, minutes were seen.
WORST_S = 2.0
ROUNDS = 3
IDLE = 1500  # connections; more than the files that a process may open by default
GROWTH_MIB = 48  # less than one more of the bodies below with what it is decoded to, for each round

JSON, NDJSON, MULTIPART = "application/json", "application/x-ndjson", "multipart/form-data; boundary=B"


def read(number: int, **more: Any) -> dict[str, Any]:
    return {"camera_id": "c", "captured_at": datetime.now(UTC).isoformat(), "plate": f"AB{number:06d}HH"[-16:], **more}


def hostile() -> list[tuple[str, str, bytes, set[int]]]:
    """Path, content type, body and the statuses that may be answered."""
    picture = base64.b64encode(os.urandom(10 * MIB)).decode()
    xml = b"<EventNotificationAlert>" + b"<a>b</a>" * 30_000 + b"</EventNotificationAlert>"
    part = b'--B\r\nContent-Disposition: form-data; name="anpr.xml"\r\n\r\n' + xml + b"\r\n"
    bomb = b"".join(b'<!ENTITY a%d "%s">' % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, 10))
    frames = b'{"results":[' + b",".join(b'{"plate":"AA%d"}' % number for number in range(90_000)) + b"]}"
    refused = {400}
    return [
        ("/v1/reads", JSON, os.urandom(10 * MIB), refused),
        ("/v1/reads", JSON, b"[" * (10 * MIB), refused),
        ("/v1/reads", JSON, b"[" + b"{}," * 99_999 + b"{}]", {413}),
        ("/v1/reads", JSON, json.dumps([read(number) for number in range(100_000)]).encode(), {413}),
        ("/v1/reads", JSON, json.dumps([read(number) for number in range(10_000)]).encode(), {200}),
        ("/v1/reads", JSON, json.dumps(read(1, picture=picture)).encode(), {200}),
        ("/v1/reads", NDJSON, b"{bad}\n" * 10_000, {200}),
        ("/v1/reads", NDJSON, b"\n" * (15 * MIB), {200}),
        ("/v1/reads", NDJSON, b"x\n" * (7 * MIB), {413}),
        ("/v1/cameras/c/hikvision", MULTIPART, part * 63 + b"--B--\r\n", refused),
        ("/v1/cameras/c/hikvision", MULTIPART, b"\n--Bx" * (3 * MIB), refused),
        ("/v1/cameras/c/hikvision", "application/xml", b"<!DOCTYPE l [" + bomb + b"]><l>&a9;</l>", refused),
        ("/v1/cameras/c/openalpr", JSON, frames, refused),
        ("/v1/cameras/c/platerecognizer", "application/x-www-form-urlencoded", b"json=" + b"%41" * (5 * MIB), refused),
    ]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One for all tests: each must leave it well."""
    service = Running(tmp_path_factory.mktemp("hostile"))
    service.start()
    yield service
    assert service.stop() == 0
    assert "Traceback" not in service.log.read_text()


def resident_mib(service: Running) -> float:
    assert service.process is not None
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def post(service: Running, key: str, path: str, kind: str, body: bytes) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    try:
        connection.request("POST", path, body, {"Authorization": f"Bearer {key}", "Content-Type": kind})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None
    finally:
        connection.close()


class Watch(threading.Thread):
    """Asks for the health again and again; worst: the longest that it had to wait, in seconds."""

    def __init__(self, service: Running) -> None:
        super().__init__(daemon=True)
        self.worst = 0.0
        self._connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.005):
            began = time.monotonic()
            self._connection.request("GET", "/healthz")
            self._connection.getresponse().read()
            self.worst = max(self.worst, time.monotonic() - began)

    def end(self) -> None:
        self._over.set()
        self.join()
        self._connection.close()


def test_memory_comes_back_and_nobody_waits(service: Running) -> None:
    key = service.command("keys", "create", "--role", "patrol")
    bodies = hostile()
    sizes = []
    for _ in range(1 + ROUNDS):
        watch = Watch(service)
        watch.start()
        for path, kind, body, expected in bodies:
            status, answer = post(service, key, path, kind, body)
            assert status in expected, (path, kind, len(body), answer)
        watch.end()
        assert watch.worst < WORST_S
        sizes.append(resident_mib(service))
    assert sizes[-1] - sizes[0] < GROWTH_MIB, sizes


def test_many_large_bodies_at_once_are_taken_or_told_to_come_again(service: Running) -> None:
    """The sum of all bodies under way is bounded, and so is what their pictures need while the store is busy."""
    key = service.command("keys", "create", "--role", "patrol")
    body = json.dumps(read(1, picture=base64.b64encode(os.urandom(10 * MIB)).decode())).encode()
    before = resident_mib(service)
    with ExitStack() as held:
        sockets = [held.enter_context(half_sent(service, key, body)) for _ in range(40)]
        assert any(answered(one).startswith(b"HTTP/1.1 503") for one in sockets), "forty bodies of 13 MB were all held"
        assert resident_mib(service) - before < 600
        assert post(service, key, "/v1/reads", JSON, json.dumps(read(2)).encode())[0] in (200, 503)
    deadline = time.monotonic() + 10
    while post(service, key, "/v1/reads", JSON, body)[0] != 200:
        assert time.monotonic() < deadline, "what half-sent bodies held was never let go"
        time.sleep(0.1)


def test_half_a_request_holds_nobody_up(service: Running) -> None:
    key = service.command("keys", "create", "--role", "patrol")
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files[1] < 4 * IDLE:
        lacking("this machine allows too few open files")
    with ExitStack() as held:
        held.callback(resource.setrlimit, resource.RLIMIT_NOFILE, files)
        resource.setrlimit(resource.RLIMIT_NOFILE, (2 * IDLE, files[1]))
        for number in range(IDLE):
            start = b"POST /v1/reads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key.encode() + b"\r\n"
            one = held.enter_context(socket.create_connection(("127.0.0.1", service.port)))
            one.sendall(start if number % 2 else start + b'Content-Length: 900\r\n\r\n[{"camera_id"')
        began = time.monotonic()
        for number in range(50):
            assert post(service, key, "/v1/reads", JSON, json.dumps(read(number)).encode())[0] == 200
        assert time.monotonic() - began < WORST_S


@contextmanager
def half_sent(service: Running, key: str, body: bytes) -> Iterator[socket.socket]:
    """A connection on which all of the body but its last byte was sent, as far as the service took it."""
    head = f"POST /v1/reads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as one:
        with suppress(OSError):
            one.sendall(head.encode() + body[:-1])
        yield one


def answered(one: socket.socket) -> bytes:
    """What the service has said on the connection within a moment."""
    one.settimeout(0.05)
    try:
        return one.recv(200)
    except OSError:
        return b""


def test_repeats_without_end_need_no_memory(service: Running) -> None:
    key = service.command("keys", "create", "--role", "patrol")
    moment = datetime.now(UTC).isoformat()
    lines = b"".join(
        json.dumps({"camera_id": "c", "captured_at": moment, "plate": "KA1234HT", "read_id": str(number)}).encode()
        + b"\n"
        for number in range(10_000)
    )
    sizes = []
    for _ in range(30):
        status, answer = post(service, key, "/v1/reads", NDJSON, lines)
        assert (status, answer["accepted"] + answer["duplicates"]) == (200, 10_000)
        sizes.append(resident_mib(service))
    assert answer["duplicates"] == 10_000
    assert sizes[-1] - sizes[4] < GROWTH_MIB, sizes


async def test_the_log_does_not_hold_what_is_sent(service: Running) -> None:
    """A flood must not fill the disk by way of the log."""
    key = await asyncio.to_thread(service.command, "keys", "create", "--role", "patrol")
    before = service.log.stat().st_size
    for path, kind, body, _ in hostile():
        await asyncio.to_thread(post, service, key, path, kind, body)
    assert service.log.stat().st_size - before < 64 * 1024
