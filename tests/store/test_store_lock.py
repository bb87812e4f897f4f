"""One store at a time has a database; commands work beside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from platematch.errors import StartError
from platematch.store import open_sync
from platematch.store.lock import Lock
from platematch.store.store import Store


async def test_a_second_store_is_refused_until_the_first_is_closed(url: str) -> None:
    store = Store.open(url)
    with pytest.raises(StartError, match="in use by another service"):
        Store.open(url)
    await store.close()
    await Store.open(url).close()


async def test_commands_work_beside_a_store(url: str) -> None:
    store = Store.open(url)
    with open_sync(url) as engine, engine.begin() as conn:
        assert conn.exec_driver_sql("SELECT version FROM log").scalar() == 0
    await store.close()


def test_a_store_that_cannot_be_opened_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "minutes.db"
    path.write_bytes(b"These are the minutes of a meeting." * 100)
    for _ in range(2):
        with pytest.raises(StartError, match="not an SQLite database"):
            Store.open(f"sqlite:///{path}")


def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    code = "import sys, pathlib, time; from platematch.store.lock import Lock; "
    code += "lock = Lock.take(pathlib.Path(sys.argv[1])); print(1, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(StartError, match="in use"):
            Lock.take(path)
        other.kill()
    Lock.take(path).release()


def test_a_lock_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.db.lock").mkdir()
    with pytest.raises(StartError, match=r"x\.db\.lock cannot be opened"):
        Lock.take(tmp_path / "x.db")
