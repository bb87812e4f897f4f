"""The matcher's names are there at once; the compiler behind them is loaded when it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

import platematch.matcher


def loaded(program: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after the program."""
    script = f"{program}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "program", ["import platematch", "import platematch.matcher", "from platematch.matcher import Match, Explanation"]
)
def test_the_compiler_is_not_loaded_for_names_alone(program: str) -> None:
    assert loaded(program).isdisjoint({"numba", "numpy", "aiohttp", "sqlalchemy"})
    assert "numba" in loaded("from platematch.matcher import Matcher")


def test_every_name_of_the_package_is_there() -> None:
    assert all(getattr(platematch.matcher, name) is not None for name in platematch.matcher.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        _ = platematch.matcher.nothing
