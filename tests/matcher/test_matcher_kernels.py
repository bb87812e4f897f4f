from __future__ import annotations

import importlib.util
from pathlib import Path

import numba
import pytest

SOURCE = """
import numba
from platematch.matcher.kernels import kernel

@kernel(numba.int64(numba.int64))
def doubled(x):
    return 2 * x
"""


def test_kernels_work_where_no_cache_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a read-only installation without a home; a file in a folder's place stops even an administrator."""
    (tmp_path / "__pycache__").write_text("")
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "__pycache__"))
    path = tmp_path / "trial.py"
    path.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("trial", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.warns(RuntimeWarning, match="set NUMBA_CACHE_DIR"):
        spec.loader.exec_module(module)
    assert module.doubled(21) == 42
