"""`make setup` on machines that lack something: one sentence that says what, and nothing half made."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder of commands: Python with all that it needs, but neither a compiler nor curl nor apt-get."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in ("grep", "id", "sh", "touch"):
        (commands / name).symlink_to(str(shutil.which(name)))
    script(commands / "python3", "exit 0")
    return commands


def script(path: Path, lines: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)


def make(machine: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make with this machine's commands alone and a virtual environment of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    venv = machine.parent / "venv"
    command = [str(shutil.which("make")), *arguments, f"VENV={venv}"]
    done = subprocess.run(
        command, cwd=ROOT, env=kept | {"PATH": str(machine)}, capture_output=True, text=True, check=False
    )
    assert not venv.exists()
    return done


@pytest.mark.parametrize("target", ["setup", "demo", "serve", "test"])
def test_without_apt_the_packages_are_named(machine: Path, target: str) -> None:
    done = make(machine, target)
    assert done.returncode != 0
    assert "please install: curl gcc libc6-dev python3-dev tesseract-ocr python3-venv (no apt-get here)" in done.stderr


def test_without_sudo_the_command_for_an_administrator_is_told(machine: Path) -> None:
    script(machine / "id", "echo 1000")
    script(machine / "apt-get", "echo apt-get ran; exit 1")
    done = make(machine, "setup")
    assert done.returncode != 0
    assert "have an administrator run: apt-get install curl gcc" in done.stderr
    assert "apt-get ran" not in done.stdout


def test_an_old_python_is_told(machine: Path) -> None:
    script(machine / "python3", 'case "$*" in *version_info*) exit 1;; --version) echo Python 3.9.2;; esac')
    done = make(machine, "setup")
    assert done.returncode != 0
    assert "Python 3.11 or newer is needed, python3 is Python 3.9.2" in done.stderr


def test_no_python_is_told(machine: Path) -> None:
    (machine / "python3").unlink()
    done = make(machine, "setup")
    assert done.returncode != 0
    assert "python3 (3.11 or newer) is missing" in done.stderr


def test_the_tests_have_postgresql_installed_without_a_server_that_runs(machine: Path) -> None:
    """make only tells what it would do: a package is installed on a machine once."""
    done = make(machine, "--dry-run", "test", "POSTGRESQL=/nowhere/initdb")
    assert done.returncode == 0, done.stderr
    told = done.stdout
    assert "apt-get install -y -qq nodejs postgresql" in told
    prevented = told.index("create_main_cluster=false")
    assert told.index("apt-get update") < prevented < told.index("apt-get install -y -qq nodejs postgresql")
    assert "rm -f /etc/postgresql-common/createcluster.d/platematch.conf" in told
    assert "create_main_cluster" not in make(machine, "--dry-run", "test", "POSTGRESQL=/bin/sh").stdout


def test_make_alone_lists_the_targets(machine: Path) -> None:
    (machine / "sed").symlink_to(str(shutil.which("sed")))
    (machine / "expand").symlink_to(str(shutil.which("expand")))
    done = make(machine)
    assert done.returncode == 0, done.stderr
    targets = [line.split()[0] for line in done.stdout.splitlines()]
    assert {"setup", "demo", "serve", "test", "check", "bench"} <= set(targets)
