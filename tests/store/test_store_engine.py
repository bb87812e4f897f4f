"""Opening the database: the schema, and what people are told when it cannot be."""

import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect

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


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "is not a database URL"),
        ("no url at all", "is not a database URL"),
        ("oracel://host/db", "is not a database URL"),
        ("postgres://user:secret@host/db", "is not a database URL"),
        ("postgresql://user:secret@host:x/db", "is not a database URL"),
        ("postgresql+psycopg2://user:secret@host/db", "cannot be reached by postgresql.psycopg2"),
        ("postgresql+asyncpg://user:secret@host/db", "cannot be reached by postgresql.asyncpg"),
        ("postgresql://user:secret@host", "names no database"),
        ("mysql+pymysql://user:secret@host/db", "cannot be kept in mysql"),
        ("sqlite+aiosqlite:///x.db", "cannot be reached by sqlite.aiosqlite"),
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


def test_a_store_of_a_newer_version_is_left_alone(url):
    with open_sync(url) as engine, engine.begin() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StartError, match=r"newer platematch .*9999"):
        Store.open(url)


@pytest.mark.parametrize("step", [None, "abc123", "0001"])
def test_a_database_of_another_program_is_left_alone(empty_url, step):
    """It has tables named as ours are, or its steps are alembic's, too, and may even be numbered like ours."""
    theirs = ["CREATE TABLE keys (door TEXT)"]
    if step:
        theirs += [
            "CREATE TABLE alembic_version (version_num VARCHAR(32))",
            f"INSERT INTO alembic_version VALUES ('{step}')",
        ]
    engine = create_engine(empty_url)
    with engine.begin() as conn:
        for statement in theirs:
            conn.exec_driver_sql(statement)
    with pytest.raises(StartError, match="holds another program's tables"):
        Store.open(empty_url)
    with engine.begin() as conn:
        assert set(inspect(conn).get_table_names()) == ({"alembic_version", "keys"} if step else {"keys"})
        assert conn.exec_driver_sql("SELECT * FROM keys").all() == []
    engine.dispose()


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
