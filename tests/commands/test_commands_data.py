"""Where the commands put files: the data folder, and compiled kernels where Numba's own places are read-only."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from platematch.commands import data
from platematch.errors import StartError
from platematch.settings import Settings

READ_ONLY = Path("/proc/self/kernels")


@pytest.fixture(autouse=True)
def no_cache_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")


def test_numbas_own_places_come_first(tmp_path: Path) -> None:
    data.place_kernels(Settings(data=str(tmp_path / "data")))
    assert not os.environ["NUMBA_CACHE_DIR"]
    assert not (tmp_path / "data").exists()


def test_kernels_go_into_the_data_folder_of_a_read_only_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "_numba_places", lambda: [READ_ONLY])
    data.place_kernels(Settings(data=str(tmp_path / "data")))
    assert os.environ["NUMBA_CACHE_DIR"] == str(tmp_path / "data" / "kernels")
    assert (tmp_path / "data" / "kernels").is_dir()
    assert (tmp_path / "data" / "kernels").stat().st_mode & 0o077 == 0


def test_a_place_that_was_chosen_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(data, "_numba_places", lambda: [READ_ONLY])
    data.place_kernels(Settings(data=str(READ_ONLY)))
    assert os.environ["NUMBA_CACHE_DIR"] == str(tmp_path)


def test_nowhere_to_write_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "_numba_places", lambda: [READ_ONLY])
    with pytest.raises(StartError, match="PLATEMATCH_DATA"):
        data.place_kernels(Settings(data=str(READ_ONLY)))
