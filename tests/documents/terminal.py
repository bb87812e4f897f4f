"""A user's terminal: runs the documents' shell blocks as printed, and compares what they print with what is said."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from documents import ROOT
from running import READY_S, Running

DEFAULT_URL = "http://127.0.0.1:8080"
SERVES = re.compile(r"^(make|(\.venv/bin/)?platematch) serve\b", re.MULTILINE)
# `make` sets up what it needs; the tests run in what was set up. sudo: the tests' own server needs no other user.
AS_HERE = """
make() { command make --assume-old=.venv/.ready "$@"; }
sudo() { while [ "$1" != -- ] && [ "${1#-}" != "$1" ]; do shift 2; done; "$@"; }
"""

# What `make test` hands down to every make below it, where a reader's own has none.
OF_MAKE = ("ARGS", "MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS")


class Terminal:
    """One terminal in the repository's folder: its blocks share their exported variables, as a user's would.

    A block that serves goes on in the background until `close`. Where the documents say port 8080 and ./data, the
    tests have a free port and a folder of their own; nothing else is changed.
    """

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = ROOT
        self.service = Running(folder)
        self._exports = folder / "exports.sh"
        self._serving: subprocess.Popen[bytes] | None = None
        self._held = -1
        given = self.service.environment | variables
        given.pop("PLATEMATCH_WEBHOOK_ALLOW_PRIVATE")
        for name in OF_MAKE:
            given.pop(name, None)
        self._environment = given | {
            "PLATEMATCH_URL": self.service.url,
            "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
        }
        self._exports.touch()

    def run(self, block: str, timeout_s: float = 180) -> str:
        """What the block printed. AssertionError with all of it where a command failed."""
        script = re.sub(r"(?<![\w/])data/", f"{self.service.log.parent}/", block.replace(DEFAULT_URL, self.service.url))
        if "make demo" in script:
            script = script.replace('ARGS="', f'ARGS="--port {self.service.port} ')
        served = SERVES.search(script)
        if served:
            self._serve(script)
            return ""
        kept = f"set -eo pipefail\n. {self._exports}\ntrap 'export -p > {self._exports}' EXIT\n"
        done = subprocess.run(
            ["bash", "-c", kept + AS_HERE + script],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
        )
        assert done.returncode == 0, f"{block}\nended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _serve(self, script: str) -> None:
        """Start a service and wait until it is ready; one that a former block started ends."""
        self.close()
        self._held, held = os.pipe()  # its other end is closed when the last of the processes has ended
        with self.service.log.open("ab") as log:
            self._serving = subprocess.Popen(
                ["bash", "-c", f"set -e\n. {self._exports}\n{AS_HERE}{script}"],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[held],
            )
        os.close(held)
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            assert self._serving.poll() is None, f"{script}\n{self.service.log.read_text()}"
            try:
                with urllib.request.urlopen(f"{self.service.url}/readyz", timeout=1):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(f"{script}\nis not ready within {READY_S} s:\n{self.service.log.read_text()}")

    def close(self) -> None:
        """End what serves, and wait until all of its processes are gone."""
        serving, self._serving = self._serving, None
        if serving is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(serving.pid, signal.SIGTERM)
        serving.wait(READY_S)
        gone, _, _ = select.select([self._held], [], [], READY_S)  # the shell ends before what it has started
        os.close(self._held)
        assert gone, "the service does not end"


def disagreement(said: str, printed: str) -> str | None:
    """The first part of what a document says that is not in what was printed, in order; None where all is.

    `…` stands for anything; ids, white space and most numbers are not compared.
    """
    rest = comparable(printed)
    parts = comparable(said).split("…")
    for number, part in enumerate(parts):
        place = rest.find(part)
        if place < 0 or (number == 0 and place > 0):
            return part
        rest = rest[place + len(part) :]
    return rest if parts[-1] and rest else None


def comparable(text: str) -> str:
    """The text without what differs from run to run; a whole number of one digit in JSON is kept."""
    text = re.sub(r"\b[0-9a-f]{32}\b", "10", text)
    text = re.sub(r'(?<!":)(?<![\d.])\d+(?:[.,:]\d+)*(?:e[+-]?\d+)?|(?<=":)\d+\.\d+(?:e[+-]?\d+)?', "10", text)
    return re.sub(r"\s+", "", text)
