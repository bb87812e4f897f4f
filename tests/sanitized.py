"""The C extension built with gcc's sanitizers, and the suites that are about it run with that build: `make sanitize`.

Run by itself it builds, runs the suites and prints what the sanitizers reported; as a pytest plugin it makes sure, in
every process of the run, that the sanitized build is the one under test. Leaks count where the extension made the
allocation: interpreter, NumPy and LLVM leave some of their own behind. One process runs all tests, since those of
pytest-xdist end without a look for leaks.

The thread sanitizer must see every thread's memory, so it has a program without Python, native/stress.c. Whatever
threads share in the index is atomic, and then it reports nothing whatever the order; that the order is right shows in
the answers, which the program checks, and which builds as fast as the real one check many times as often.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BUILT = ROOT / "build" / "sanitized"
REPORTS = ROOT / "build" / "sanitizer-reports"
SANITIZERS = "address,undefined"
SUITES = (
    "tests/native",
    "tests/plates",
    "tests/matcher/test_matcher_rows.py",
    "tests/matcher/test_matcher_rebuild.py",
)
"""Those that reach the extension without the kernels, which each fresh folder has compiled anew, for minutes here."""
STRESS = ROOT / "tests" / "native" / "stress.c"
STRESS_SECONDS = 6
THREADED = {"sanitized": ("-O1", "-fsanitize=thread"), "fast": ("-O3",), "scalar": ("-O3", '-DPROBE="scalar"')}
OF_SOURCES = ("test_native_build.py", "test_native_source.py", "test_native_sanitized.py")
"""Tests in SUITES that run compilers instead of the extension."""


def build(source: Path, folder: Path) -> Path:
    """Build the package of the source tree into the folder, sanitized, and return the extension's file."""
    shutil.rmtree(folder, ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "setup.py", "-q", "build", "--build-lib", folder, "--build-temp", folder / "objects"],
        cwd=source,
        env=os.environ | {"NATIVE_SANITIZE": SANITIZERS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (folder / "suppressed").write_text("leak:libllvmlite\n")
    return folder / "platematch" / f"_native{EXTENSION_SUFFIXES[0]}"


def environment(folder: Path, reports: Path | None = None) -> dict[str, str]:
    """What a Python process needs to use the build in the folder; reports go to files there, or to standard error.

    Python's own allocator is left out, so that the ends of its objects are watched too.
    """
    to = [] if reports is None else [f"log_path={reports / 'report'}"]
    return {name: value for name, value in os.environ.items() if name != "CI"} | {
        "LD_PRELOAD": str(_runtime()),
        "PYTHONMALLOC": "malloc",
        "PYTHONPATH": str(folder),
        "PYTHONSAFEPATH": "1",
        "ASAN_OPTIONS": ":".join(["abort_on_error=1", "detect_leaks=1", "detect_stack_use_after_return=1", *to]),
        "UBSAN_OPTIONS": ":".join(["abort_on_error=1", "print_stacktrace=1", *to]),
        "LSAN_OPTIONS": f"exitcode=0:suppressions={folder / 'suppressed'}",
    }


def faults(report: str) -> list[str]:
    """The parts of a report that concern the extension: any error, and leaks of what its sources allocated."""
    found: list[str] = []
    for part in re.split(r"\n\n+", report):
        leak = re.match(r"(Direct|Indirect) leak of", part.lstrip())
        if re.search(r"native/\w+\.c:", part) if leak else re.search(r"ERROR: AddressSanitizer|runtime error:", part):
            found.append(part.strip())
    return found


def build_stress(file: Path, *options: str) -> Path:
    """Build native/stress.c with the plain C sources into the file."""
    sources = [path for path in sorted((ROOT / "native").glob("*.c")) if not path.name.startswith("module")]
    file.parent.mkdir(parents=True, exist_ok=True)
    command = ["gcc", "-std=c11", "-Wall", "-Wextra", "-g", *options, f"-I{ROOT / 'native'}", STRESS, *sources]
    done = subprocess.run([*command, "-pthread", "-o", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return file


def stress(file: Path, seconds: float, *planted: str) -> subprocess.CompletedProcess[str]:
    """Run it, up to the first race: what it printed, and what was reported, in stdout; the status is 0 without fault.

    Older thread sanitizers do not bear addresses as random as newer kernels make them.
    """
    fixed = ["setarch", "--addr-no-randomize"]
    if subprocess.run([*fixed, "true"], capture_output=True, check=False).returncode != 0:
        fixed = []
    return subprocess.run(
        [*fixed, file, str(seconds), *planted],
        env=os.environ | {"TSAN_OPTIONS": "halt_on_error=1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=20 * seconds + 60,
        check=False,
    )


def pytest_configure() -> None:
    """Refuse to test another build than the sanitized one."""
    from platematch import _native

    file = Path(_native.__file__)
    if not file.is_relative_to(BUILT) or b"__asan_report_load" not in file.read_bytes():
        raise pytest.UsageError(f"{file} is not the sanitized build in {BUILT}")


def pytest_report_header() -> str:
    """Name the build under test."""
    from platematch import _native

    return f"sanitized extension: {_native.__file__}\nsanitizer runtime: {os.environ['LD_PRELOAD']}"


def main() -> int:
    """Build, run the suites and the threads, print the reports; 0 where tests passed and no fault was reported."""
    return max(run_suites(), run_threads())


def run_suites() -> int:
    """The suites with the sanitized extension."""
    print(f"sanitizers: {SANITIZERS}; built {build(ROOT, BUILT).relative_to(ROOT)}", flush=True)
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    command = [sys.executable, "-m", "pytest", "-p", "sanitized", *SUITES, *sys.argv[1:]]
    for name in OF_SOURCES:
        command += ["--ignore", f"tests/native/{name}"]
    used = environment(BUILT, REPORTS)
    used["PYTHONPATH"] += f"{os.pathsep}{ROOT / 'tests'}"
    tested = subprocess.run(command, cwd=ROOT, env=used, check=False).returncode
    found = [fault for path in sorted(REPORTS.iterdir()) for fault in faults(path.read_text(errors="replace"))]
    print(*found, f"sanitizers: {len(found)} faults of the extension reported", sep="\n\n")
    return 1 if tested or found else 0


def run_threads() -> int:
    """native/stress.c with the thread sanitizer, and as fast as the extension."""
    failed = 0
    for name, options in THREADED.items():
        done = stress(build_stress(ROOT / "build" / f"stress-{name}", *options), STRESS_SECONDS)
        print(f"threads, {name}: {done.stdout.strip()}", flush=True)
        failed = failed or int(done.returncode != 0)
    return failed


def _runtime() -> Path:
    """The address sanitizer's library; it must be loaded before anything else."""
    name = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True).stdout
    path = Path(name.strip())
    assert path.is_absolute(), "gcc has no libasan.so: apt-get install gcc (it brings libasan8)"
    return path.resolve()


if __name__ == "__main__":
    sys.exit(main())
