"""Opening the database: the schema, and what people are told when it cannot be."""

import sqlite3
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from platematch.errors import StartError
from platematch.store import open_sync
from platematch.store.schema import metadata
from platematch.store.store import Store


def test_the_steps_lead_to_the_schema_of_the_code(url):
    with open_sync(url) as engine, engine.begin() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_opening_again_changes_nothing(url):
    for _ in range(2):
        with open_sync(url) as engine, engine.begin() as conn:
            assert conn.exec_driver_sql("SELECT version FROM log").all() == [(0,)]


def test_each_commit_is_on_disk(url):
    with open_sync(url) as engine, engine.begin() as conn:
        pragmas = {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")}
        assert pragmas == {"journal_mode": "wal", "synchronous": 2}
        assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "is not a database URL"),
        ("no url at all", "is not a database URL"),
        ("oracel://host/db", "is not a database URL"),
        ("postgresql://user:secret@host/db", "this version keeps it in SQLite"),
        ("sqlite+aiosqlite:///x.db", "this version keeps it in SQLite"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:////no/such/folder/x.db", "/no/such/folder does not exist"),
        ("sqlite:////proc/x.db", "cannot be"),
    ],
)
def test_a_wrong_address_is_explained(url, told):
    with pytest.raises(StartError, match=told) as caught:
        Store.open(url)
    assert "secret" not in caught.value.message


def test_a_folder_is_no_store(tmp_path):
    with pytest.raises(StartError, match="is a folder"):
        Store.open(f"sqlite:///{tmp_path}")


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "x.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StartError, match="is not an SQLite database"):
        Store.open(f"sqlite:///{tmp_path / 'x.db'}")


def test_a_store_of_a_newer_version_is_left_alone(url):
    with open_sync(url) as engine, engine.begin() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StartError, match=r"newer platematch .*9999"):
        Store.open(url)


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


def test_processes_that_open_a_new_store_at_once_all_succeed(url):
    code = (
        "import sys\nfrom platematch.store import open_sync\n"
        "with open_sync(sys.argv[1]) as engine, engine.begin() as conn:\n"
        "    print(conn.exec_driver_sql('SELECT version FROM log').all())\n"
    )
    command = [sys.executable, "-c", code, url]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    results = [(process.communicate(timeout=300), process.returncode) for process in started]
    assert results == [(("[(0,)]\n", ""), 0)] * 4
