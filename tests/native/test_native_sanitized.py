"""The sanitizers that `make sanitize` builds with do report faults: those of an extension that has one of each kind."""

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sanitized import ROOT, THREADED, build, build_stress, environment, faults, stress


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    """A folder with the package built by the project's own setup.py, of which the extension is faulty.c."""
    source, folder = tmp_path_factory.mktemp("faulty"), tmp_path_factory.mktemp("built")
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("native", "platematch"):
        (source / name).mkdir()
    shutil.copy(Path(__file__).with_name("faulty.c"), source / "native")
    (source / "platematch" / "__init__.py").write_text('__version__ = "0"\n')
    build(source, folder)
    return folder


def run(folder, call):
    """Call a function of the faulty extension in a process of its own."""
    command = [sys.executable, "-c", f"from platematch import _native; _native.{call}"]
    return subprocess.run(command, env=environment(folder), capture_output=True, text=True, timeout=60, check=False)


def test_no_fault(faulty):
    done = run(faulty, "nothing()")
    assert done.returncode == 0, done.stderr
    assert faults(done.stderr) == []


@pytest.mark.parametrize(
    ("call", "reported"),
    [
        ("overrun(b'x' * 100)", "heap-buffer-overflow on address"),
        ("use_after_free()", "heap-use-after-free on address"),
        ("overflow()", "runtime error: signed integer overflow"),
        ("shift()", "runtime error: shift exponent 40 is too large"),
    ],
)
def test_a_fault_ends_the_process(faulty, call, reported):
    done = run(faulty, call)
    assert done.returncode == -signal.SIGABRT
    assert any(reported in fault for fault in faults(done.stderr)), done.stderr
    assert re.search(r"#0 .*native/faulty\.c:\d+", done.stderr)


def test_a_leak_is_reported(faulty):
    (fault,) = faults(run(faulty, "leak()").stderr)
    assert "Direct leak of 100 byte(s)" in fault


@pytest.fixture(scope="module")
def threads(tmp_path_factory):
    """native/stress.c with the thread sanitizer."""
    return build_stress(tmp_path_factory.mktemp("threads") / "stress", *THREADED["sanitized"])


def test_threads_without_fault(threads):
    done = stress(threads, 1)
    assert done.returncode == 0, done.stdout
    assert re.fullmatch(r"searches [1-9]\d*, changes [1-9]\d*, builds [1-9]\d*, .*faults 0, .*\n", done.stdout)


def test_a_race_is_reported(threads):
    done = stress(threads, 1, "race")
    assert done.returncode != 0
    assert re.search(r"WARNING: ThreadSanitizer: data race .*\bchange .*stress\.c", done.stdout, re.DOTALL)


def test_a_race_inside_the_index_is_reported(tmp_path):
    """That of two threads that change it at once, which its lock prevents."""
    lockless = str(Path(__file__).with_name("lockless.h"))
    done = stress(build_stress(tmp_path / "stress", *THREADED["sanitized"], "-include", lockless), 1)
    assert done.returncode != 0
    assert re.search(r"WARNING: ThreadSanitizer: data race .*native/(?!stress)\w+\.c", done.stdout, re.DOTALL)


def test_a_wrong_answer_is_noticed(tmp_path):
    done = stress(build_stress(tmp_path / "stress", *THREADED["fast"]), 1, "leave")
    assert done.returncode == 1
    assert re.search(r"faults [1-9]", done.stdout)
