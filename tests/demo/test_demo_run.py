"""The demonstration for real: the service's own process, its keys, its database, its webhooks."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from platematch.demo import run_demo
from platematch.errors import StartError


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_short_play_keeps_its_promises_and_cleans_up(temporary: Path) -> None:
    said: list[str] = []
    port = free_port()
    code = run_demo(8, port, cameras=60, rate=120, say=said.append)
    text = "\n".join(said)
    assert code == 0, text
    assert "Imported 497 stolen vehicles; rejected rows: 42, 234, 405" in text
    assert "listed that passed" in text
    assert re.search(r"pictures +[1-9]\d*   plates read in [1-9]", text), text
    assert re.search(r"hits from them +[1-9]", text), text
    assert re.search(r"cam-006[123] picture +read \w+ +listed", text), text
    assert not list(temporary.iterdir())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", port))


def test_without_the_engine_it_says_what_to_install(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    said: list[str] = []
    assert run_demo(4, free_port(), cameras=60, rate=120, say=said.append) == 1
    told = " ".join("\n".join(said).split())  # lines are as long as the terminal, if there is one
    assert re.search(r"REFUSED picture: 503, .*apt-get install tesseract-ocr", told), said[-2:]


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_cleans_up_before_the_service_is_ready(temporary: Path, sign: signal.Signals) -> None:
    command = [sys.executable, "-m", "platematch", "demo", "--port", str(free_port())]
    environment = os.environ | {"TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        assert demo.stdout.readline().startswith("Starting the service")
        while not list(temporary.glob("platematch-demo-*/service.log")):
            time.sleep(0.02)
        demo.send_signal(sign)
        rest, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert "Traceback" not in rest
    assert not list(temporary.iterdir())


def test_a_port_in_use_is_told(temporary: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(StartError, match=f"port {port} .*--port"):
            run_demo(1, port, say=lambda _: None)
    assert not list(temporary.iterdir())


def test_settings_of_the_user_do_not_leak_in(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from platematch.demo.service import _environment

    monkeypatch.setenv("PLATEMATCH_STORE", "postgresql://nowhere/db")
    environment = _environment(1234, temporary)
    assert "PLATEMATCH_STORE" not in environment
    assert environment["PLATEMATCH_PORT"] == "1234"
    assert environment["PATH"] == os.environ["PATH"]
