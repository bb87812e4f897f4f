"""The rules of the C sources that a compiler does not check."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

NATIVE = Path(__file__).parents[2] / "native"
SOURCES = sorted([*NATIVE.glob("*.c"), *NATIVE.glob("*.h")])
each = pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)


def test_only_the_module_knows_python():
    including = [path.name for path in SOURCES if re.search(r"#\s*include\s*[<\"](Python|numpy)", path.read_text())]
    assert including == ["module.c"]


def test_sources_are_formatted():
    formatter = Path(sys.executable).with_name("clang-format")
    run = subprocess.run([formatter, "--dry-run", "-Werror", *SOURCES], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@each
def test_sources_are_small(path):
    if path.name != "alphabet_table.h":
        assert len(path.read_text().splitlines()) <= 400


@each
def test_allocations_are_checked(path):
    """Each malloc, calloc and realloc is followed by a test of what it gave, within a few lines."""
    lines = path.read_text().splitlines()
    for i, line in enumerate(lines):
        if re.search(r"\b(m|c|re)alloc\(", line.split("//")[0]):
            assert re.search(r"if \(!?\w+|!= NULL|\?", "\n".join(lines[i + 1 : i + 5])), f"{path.name}:{i + 1}"
