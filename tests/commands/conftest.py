"""The command line as its users run it: processes with settings of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from running import Running


@dataclass
class Done:
    """A finished command."""

    code: int
    out: str
    err: str


Command = Callable[..., Done]


def run(environment: dict[str, str], *arguments: str, stdin: str | None = None) -> Done:
    """Run `platematch …` in this environment."""
    done = subprocess.run(
        [sys.executable, "-m", "platematch", *arguments],
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Run a command without a service; settings are given as keywords."""

    def call(*arguments: str, stdin: str | None = None, **settings: str) -> Done:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PLATEMATCH_")}
        given = {"data": str(tmp_path / "data"), **settings}
        return run(
            kept | {f"PLATEMATCH_{name.upper()}": value for name, value in given.items()}, *arguments, stdin=stdin
        )

    return call


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running service for all tests of commands."""
    service = Running(tmp_path_factory.mktemp("served"))
    service.environment["PLATEMATCH_URL"] = service.url
    service.start()
    service.environment["PLATEMATCH_KEY"] = run(service.environment, "keys", "create", "--role", "police").out.strip()
    yield service
    assert service.stop() == 0


@pytest.fixture
def on_service(served: Running) -> Command:
    """Run a command beside the running service, with a key of the police."""
    return lambda *arguments, stdin=None, **settings: run(
        served.environment | {f"PLATEMATCH_{name.upper()}": value for name, value in settings.items()},
        *arguments,
        stdin=stdin,
    )
