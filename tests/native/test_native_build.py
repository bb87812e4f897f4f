"""A machine that cannot build the extension is told what to install, in one message."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path):
    """The sources that building needs, without a build."""
    (tmp_path / "platematch").mkdir()
    (tmp_path / "platematch" / "__init__.py").write_text('__version__ = "0"\n')
    (tmp_path / "README.md").write_text("")
    for name in ("setup.py", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, tmp_path)
    shutil.copytree(REPOSITORY / "native", tmp_path / "native")
    return tmp_path


def build(folder, *, code="", **environment):
    command = [
        sys.executable,
        "-c",
        f"import sys; sys.argv = ['setup.py', '-q', 'build_ext', '--inplace']\n{code}\nexec(open('setup.py').read())",
    ]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False
    )


def test_without_a_compiler(copy):
    result = build(copy, CC="/nonexistent/cc")
    assert result.returncode == 1
    assert "the C compiler '/nonexistent/cc' was not found" in result.stderr
    assert "apt-get install gcc python3-dev" in result.stderr
    assert "Traceback" not in result.stderr


def test_without_headers(copy):
    code = (
        "import sysconfig; paths = sysconfig.get_paths; "
        "sysconfig.get_paths = lambda *a, **k: {**paths(*a, **k), 'include': '/nonexistent'}"
    )
    result = build(copy, code=code)
    assert result.returncode == 1
    assert "there is no /nonexistent/Python.h" in result.stderr
    assert "apt-get install gcc python3-dev" in result.stderr
    assert "Traceback" not in result.stderr
