"""The application's edge: problems for what no endpoint takes, health, metrics, the front page, and no key in logs."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Make = Callable[..., dict[str, Any]]


def test_an_unknown_address_is_a_problem(service: Any) -> None:
    for path in ("/v1/nothing", "/v2", "/v1/reads/", "/%00", "/v1/watchlists/a/b/c/d"):
        answer = service.call("GET", path, role="admin")
        assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
        assert answer.json["type"] == "/problems/not-found"


def test_a_wrong_method_names_the_right_ones(service: Any) -> None:
    answer = service.call("DELETE", "/v1/reads", role="admin")
    assert (answer.status, answer.headers["allow"], answer.json["status"]) == (405, "POST", 405)


def test_health_needs_no_key(service: Any) -> None:
    assert service.call("GET", "/healthz").json["status"] == "ok"
    ready = service.call("GET", "/readyz")
    assert (ready.status, ready.json["ready"]) == (200, True)


def test_the_front_page_says_where_to_look(service: Any) -> None:
    answer = service.call("GET", "/")
    assert answer.headers["content-type"].startswith("text/html")
    assert b"/openapi.json" in answer.body


def metric(service: Any, name: str) -> float:
    for line in service.call("GET", "/metrics").body.decode().splitlines():
        if line.startswith(name + " "):
            return float(line.rpartition(" ")[2])
    return 0.0


def test_reads_and_requests_are_counted(service: Any, read: Make) -> None:
    names = [f'platematch_reads_total{{outcome="{outcome}"}}' for outcome in ("accepted", "duplicate", "rejected")]
    posts = 'platematch_http_requests_total{method="POST",route="/v1/reads",status="200"}'
    before = [metric(service, name) for name in (*names, posts)]
    one = read("KA1111AX")
    service.call("POST", "/v1/reads", [one, one, {}], role="camera")
    after = [metric(service, name) for name in (*names, posts)]
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 1, 1, 1]


def test_metrics_hold_no_key_and_no_invented_label(service: Any) -> None:
    token = service.key("camera", "cam-metrics")
    service.call("POST", f"/v1/k/{token}/cameras/cam-metrics/openalpr", b"{}")
    service.call("POST", f"/v1/k/{token}/nowhere", b"{}")
    service.call("BREW", "/v1/reads")
    exposition = service.call("GET", "/metrics").body.decode()
    assert token.split("_", 2)[2] not in exposition
    assert "BREW" not in exposition
    assert 'route="/v1/k/{key}/cameras/{camera_id}/{vendor}"' in exposition


def test_an_error_of_our_own_is_a_problem_without_details(
    service: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the inner secret")

    monkeypatch.setattr(service.pipeline, "preview", broken, raising=True)
    answer = service.call("POST", "/v1/match", {"plate": "AA1234BB"}, role="police")
    assert (answer.status, answer.json["type"]) == (500, "/problems/internal")
    assert b"secret" not in answer.body


def test_a_full_queue_is_a_503_with_retry_after(start: Callable[..., Any], read: Make) -> None:
    import threading

    with start(queue_size=1) as service:
        service.list_with("full", "KQ1234AX")
        release = threading.Event()
        blocked = [
            service.pipeline.store.write(lambda conn: release.wait(10)),
            service.pipeline.store.write(lambda conn: None),
        ]
        import asyncio

        futures = []
        for work in blocked:
            futures.append(asyncio.run_coroutine_threadsafe(work, service.loop))
            time.sleep(0.3)
        answers = [
            service.call("POST", "/v1/reads", [read("KQ1234AX"), read("KA1111AX")], role="patrol"),
            service.call("POST", "/v1/match", {"plate": "KQ1234AX"}, role="police"),
        ]
        for answer in answers:
            assert (answer.status, answer.json["type"]) == (503, "/problems/unavailable")
            assert int(answer.headers["retry-after"]) > 0
        release.set()
        for future in futures:
            future.result(10)
        answer = service.call("POST", "/v1/reads", read("KQ1234AX"), role="patrol")
        assert len(answer.json["hits"]) == 1


def test_a_stopping_service_does_not_wait_for_idle_connections(start: Callable[..., Any]) -> None:
    idle = []
    with start() as service:
        for _ in range(5):
            connection = socket.create_connection(("127.0.0.1", service.port))
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
            idle.append(connection)
        started = time.monotonic()
    assert time.monotonic() - started < 5
    for connection in idle:
        connection.close()


def test_no_key_reaches_the_log(tmp_path: Path) -> None:
    """In a process of its own, since logging is configured for the whole process."""
    import subprocess
    import sys

    script = """
import logging, sys, structlog
from platematch.api.logs import configure
configure("debug")
token = sys.argv[1]
structlog.get_logger("x").warning("failed", path=f"/v1/k/{token}/cameras/c/openalpr")
try:
    raise ValueError(token)
except ValueError:
    structlog.get_logger("x").exception("broken")
logging.getLogger("aiohttp.server").error("Error handling request %s", token)
"""
    token = "pm_0123456789ab_" + "s" * 43
    done = subprocess.run([sys.executable, "-c", script, token], capture_output=True, text=True, check=True)
    assert done.stderr.count("pm_0123456789ab_") >= 3
    assert "s" * 43 not in done.stderr
