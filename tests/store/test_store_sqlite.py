"""What is SQLite's own: the file, its folder and its disk."""

import asyncio
import os
import sqlite3
import subprocess
import sys

import pytest
from passages import START, matched

from platematch.errors import StartError, StoreUnavailable
from platematch.store import hits, open_sync
from platematch.store.store import Store

PATIENCE_S = 60


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'platematch.db'}"


def test_each_commit_is_on_disk(url):
    with open_sync(url) as engine, engine.begin() as conn:
        pragmas = {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")}
        assert pragmas == {"journal_mode": "wal", "synchronous": 2}
        assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_new_file_is_its_users_alone(url, tmp_path):
    umask = os.umask(0o022)
    try:
        with open_sync(url) as engine, engine.begin() as conn:
            conn.exec_driver_sql("UPDATE log SET version = version")
            modes = {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()}
    finally:
        os.umask(umask)
    assert modes == dict.fromkeys(["platematch.db", "platematch.db-wal", "platematch.db-shm"], "0o600")


def test_a_folder_is_no_store(tmp_path):
    with pytest.raises(StartError, match="is a folder"):
        Store.open(f"sqlite:///{tmp_path}")


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "x.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StartError, match="is not an SQLite database"):
        Store.open(f"sqlite:///{tmp_path / 'x.db'}")


def test_a_full_disk_is_explained(tmp_path):
    path = tmp_path / "full.db"
    with sqlite3.connect(path) as small:
        small.execute("CREATE TABLE ballast (x)")
    small.close()
    code = (
        "import resource, signal, sys\n"
        "from platematch.errors import StartError\n"
        "from platematch.store.store import Store\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "try:\n    Store.open(sys.argv[1])\n"
        "except StartError as error:\n    print(error.message)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, f"sqlite:///{path}"], capture_output=True, text=True, check=True)
    assert "full" in done.stdout
    assert done.stderr == ""


async def test_a_full_disk_is_unavailability_and_passes(store):
    pages = await store.write(lambda conn: conn.exec_driver_sql("PRAGMA page_count").scalar())
    await store.write(lambda conn: conn.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}"))
    with pytest.raises(StoreUnavailable, match="full"):
        await store.record([matched(0, picture=b"x" * 100_000)], START)
    assert await store.read(hits.recent_read_ids, 10) == []
    for _ in range(PATIENCE_S * 20):
        if store.healthy():
            break
        await asyncio.sleep(0.05)
    assert store.healthy()
    await store.record([matched(0, picture=b"x" * 100_000)], START)
    assert await store.read(hits.recent_read_ids, 10) == [("cam-1", "r0")]
