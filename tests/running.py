"""The real service as its users run it: a process of its own on a free port, with a store that outlives it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import NoReturn

import pytest

READY_S = 60


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def lacking(what: str) -> NoReturn:
    """Skip a test that this machine cannot run; where changes are judged (CI) that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


class Running:
    """`platematch serve` over a data folder; started, stopped, killed and started again."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data / "service.log"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PLATEMATCH_")},
            "PLATEMATCH_DATA": str(data),
            "PLATEMATCH_PORT": str(self.port),
            "PLATEMATCH_WEBHOOK_ALLOW_PRIVATE": "true",
            **{f"PLATEMATCH_{name.upper()}": value for name, value in settings.items()},
        }
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str) -> str:
        """Run a platematch command and return what it printed on standard output."""
        done = subprocess.run(
            [sys.executable, "-m", "platematch", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def begin(self) -> None:
        """Start the service without waiting for it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "platematch", "serve"], env=self.environment, stdout=log, stderr=log
            )

    def start(self) -> None:
        """Start the service and wait until it says that it is ready."""
        self.begin()
        self.wait()

    def wait(self) -> None:
        """Wait until the service says that it is ready."""
        assert self.process is not None
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=1):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(f"not ready within {READY_S} s:\n{self.log.read_text()}")

    def fronts(self) -> list[int]:
        """The ids of its front processes, also where it has ended and they have not."""
        return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if self._is_front(path.parent)]

    def _is_front(self, process: Path) -> bool:
        try:
            mine = f"PLATEMATCH_PORT={self.port}".encode() in (process / "environ").read_bytes().split(b"\0")
            return mine and b"platematch.serving.front" in (process / "cmdline").read_bytes()
        except OSError:
            return False  # it has ended meanwhile, or is not ours

    def kill(self) -> None:
        """kill -9, as the power would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self, sign: int = signal.SIGTERM, timeout_s: float = 15) -> int:
        """Ask the service to stop and return its exit code."""
        assert self.process is not None
        self.process.send_signal(sign)
        return self.process.wait(timeout=timeout_s)
