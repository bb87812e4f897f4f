"""Servers under load: processes of their own on a free port, and the processor time that they take."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

READY_S = 300.0  # the first start of the service compiles its kernels
STOP_S = 20.0
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class Server:
    """One or more processes that share a port of 127.0.0.1, with all that they start."""

    def __init__(self, port: int, processes: Sequence[subprocess.Popen[bytes]], log: Path) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._processes = processes
        self._log = log

    def cpu_s(self) -> float:
        """The processor time of its processes so far."""
        return sum(_cpu_s(pid) for process in self._processes for pid in _family(process.pid))

    def wait_until_ready(self) -> None:
        """Return when GET /readyz is answered well. Raises RuntimeError with the log where that never comes."""
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline and all(process.poll() is None for process in self._processes):
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=1):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise RuntimeError(f"the server is not ready:\n{self._log.read_text(errors='replace')}")


@contextlib.contextmanager
def serving(
    module: Sequence[str], port: int, folder: Path, settings: Mapping[str, str], cores: set[int], count: int = 1
) -> Iterator[Server]:
    """Run `python -m module…` so many times on these cores, with these settings and no others, until the end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PLATEMATCH_")}
    log = folder / f"{module[0]}.log"
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)  # the new processes inherit it
    try:
        with log.open("wb") as output:
            processes = [
                subprocess.Popen(
                    [sys.executable, "-m", *module], env={**environment, **settings}, stdout=output, stderr=output
                )
                for _ in range(count)
            ]
    finally:
        os.sched_setaffinity(0, mine)
    server = Server(port, processes, log)
    try:
        server.wait_until_ready()
        yield server
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(STOP_S)


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _family(pid: int) -> Iterator[int]:
    """The process and all that descend from it."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from _family(int(child))


def _cpu_s(pid: int) -> float:
    """User and system time of all threads (proc(5): fields 14 and 15 of stat, counted behind the name)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S
