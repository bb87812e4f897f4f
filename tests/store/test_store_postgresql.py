"""What is PostgreSQL's own: the server's mistakes told, the right to write, lost connections, notifications."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from lossy import LossyLine
from passages import START, entry, matched, watchlist
from postgres import Server
from sqlalchemy import make_url

from platematch.errors import StartError, StoreUnavailable
from platematch.store import hits, keys, open_sync, postgresql, sessions
from platematch.store.postgresql import SERVICE_LOCK
from platematch.store.store import Store
from platematch.watchlist import PutEntry, PutWatchlist, ReplaceEntries

PATIENCE_S = 60


@pytest.fixture
def url(postgresql_url: str) -> str:
    return postgresql_url


@pytest.fixture
def empty_url(postgresql_empty_url: str) -> str:
    return postgresql_empty_url


def on(url: str, **parts: object) -> str:
    return make_url(url).set(**parts).render_as_string(hide_password=False)


def name_of(url: str) -> str:
    return str(make_url(url).database)


async def until_healthy(store: Store) -> None:
    for _ in range(PATIENCE_S * 20):
        if store.healthy():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the store does not recover")


def end_sessions(postgres: Server, url: str) -> None:
    postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name_of(url)}'")


def test_the_plain_scheme_means_psycopg(url: str) -> None:
    with open_sync(on(url, drivername="postgresql")) as engine, engine.begin() as conn:
        assert conn.exec_driver_sql("SELECT version FROM log").scalar() == 0


def test_each_commit_is_on_disk_whatever_the_server_does_by_default(postgres: Server, url: str) -> None:
    assert postgres.execute("SHOW synchronous_commit") == [("off",)]
    with open_sync(url) as engine, engine.begin() as conn:
        assert conn.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
        assert conn.exec_driver_sql("SHOW application_name").scalar() == "platematch"


def test_a_stricter_server_is_left_so(postgres: Server, url: str) -> None:
    postgres.execute(f"ALTER DATABASE {name_of(url)} SET synchronous_commit = 'remote_apply'")
    with open_sync(url) as engine, engine.begin() as conn:
        assert conn.exec_driver_sql("SHOW synchronous_commit").scalar() == "remote_apply"


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"password": "secret"}, "refuses the name platematch or its password"),
        ({"password": ""}, "wants a password"),
        ({"username": "nobody"}, "refuses the name nobody or its password"),
        ({"database": "nowhere"}, "createdb --encoding=UTF8 --template=template0 --owner=platematch nowhere"),
        ({"port": 1}, "on 127.0.0.1:1 cannot be reached: is the server running"),
        ({"host": "db.invalid"}, "on db.invalid:.* cannot be reached: its name is not known"),
        ({"query": {"colour": "red"}}, "has colour behind the .*, which PostgreSQL does not know"),
        ({"query": {"autocommit": "no", "prepare_threshold": "0"}}, "has autocommit, prepare_threshold behind"),
        ({"query": {"sslmode": "nonsense"}}, 'cannot be reached: .*invalid sslmode value: "nonsense"'),
        ({"query": {"connect_timeout": "abc"}}, "cannot be reached: .*connect_timeout"),
        ({"query": {"options": "-csearch_path=nowhere"}}, "has none of the schemas in its search_path"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_keeps_the_server_away_is_told(url: str, parts: dict[str, object], told: str) -> None:
    with pytest.raises(StartError, match=told) as caught:
        Store.open(on(url, **parts))
    assert "sesame" not in caught.value.message
    assert "secret" not in caught.value.message
    assert len(caught.value.message.splitlines()) == 1


def test_a_user_who_may_make_no_tables_is_told_so(postgres: Server) -> None:
    postgres.execute("CREATE DATABASE another")
    postgres.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC", "another")
    with pytest.raises(StartError, match="ALTER DATABASE another OWNER TO platematch"):
        Store.open(postgres.url("another"))
    postgres.drop("another")


def test_an_at_in_the_password_is_told_without_showing_what_is_behind_it(url: str) -> None:
    with pytest.raises(StartError, match="write the one in the password as %40") as caught:
        Store.open(url.replace(":sesame@", ":open@sesame@"))
    assert "sesame" not in caught.value.message


def test_too_few_connections_are_told_at_the_start(postgres: Server, url: str) -> None:
    postgres.execute(f"ALTER DATABASE {name_of(url)} CONNECTION LIMIT 3")
    with pytest.raises(StartError, match="has no connection to spare; a service needs 5"):
        Store.open(url)


def test_tables_that_belong_to_somebody_else_are_told(postgres: Server, url: str) -> None:
    postgres.execute("ALTER TABLE log OWNER TO postgres", name_of(url))
    with pytest.raises(StartError, match="does not let platematch use its tables") as caught:
        Store.open(url)
    assert "permission denied for table log" in caught.value.message


def test_a_database_of_another_encoding_is_refused(postgres: Server) -> None:
    postgres.execute(
        "CREATE DATABASE latin OWNER platematch ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0"
    )
    with pytest.raises(StartError, match=r"LATIN1.*--encoding=UTF8"):
        Store.open(postgres.url("latin"))
    postgres.drop("latin")


def test_a_database_that_only_reads_is_refused(postgres: Server, url: str) -> None:
    postgres.execute(f"ALTER DATABASE {name_of(url)} SET default_transaction_read_only = on")
    with pytest.raises(StartError, match="is read-only"):
        Store.open(url)


def test_processes_that_open_a_new_store_at_once_all_succeed(empty_url: str) -> None:
    code = (
        "import sys\nfrom platematch.store import open_sync\n"
        "with open_sync(sys.argv[1]) as engine, engine.begin() as conn:\n"
        "    print(conn.exec_driver_sql('SELECT version FROM log').all())\n"
    )
    command = [sys.executable, "-c", code, empty_url]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    results = [(process.communicate(timeout=300), process.returncode) for process in started]
    assert results == [(("[(0,)]\n", ""), 0)] * 4


async def test_connections_that_died_in_their_idle_time_are_not_noticed(
    store: Store, postgres: Server, url: str
) -> None:
    await store.record([matched(0)], START)
    assert await store.read(hits.recent_read_ids, 10)
    end_sessions(postgres, url)
    await store.record([matched(1)], START)
    assert len(await store.read(hits.recent_read_ids, 10)) == 2
    assert store.healthy()


async def test_without_the_right_to_write_nothing_is_written(store: Store, postgres: Server, url: str) -> None:
    await store.record([matched(0)], START)
    with psycopg.connect(on(url, drivername="postgresql"), autocommit=True) as other:
        waiting = asyncio.to_thread(other.execute, "SELECT pg_advisory_lock(%s)", [SERVICE_LOCK])
        taking = asyncio.ensure_future(waiting)
        while not postgres.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        postgres.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted "
            f"AND database = (SELECT oid FROM pg_database WHERE datname = '{name_of(url)}')"
        )
        await taking
        with pytest.raises(StoreUnavailable):
            await store.record([matched(1)], START)
        assert not store.healthy()
        assert await store.read(hits.recent_read_ids, 10) == [("cam-1", "r0")]
    await until_healthy(store)
    await store.record([matched(1)], START)


async def test_lists_that_another_wrote_end_the_service(url: str, postgres: Server) -> None:
    store = Store.open(url)
    await store.change(PutWatchlist(watchlist()), START, "chief")
    end_sessions(postgres, url)
    await store.change(PutEntry("stolen", entry()), START, "chief")
    postgres.execute("UPDATE log SET version = version + 1", name_of(url))
    end_sessions(postgres, url)
    with pytest.raises(StoreUnavailable):
        await store.record([matched(0)], START)
    with pytest.raises(RuntimeError, match="the lists were written by another"):
        await asyncio.wait_for(store.ended(), PATIENCE_S)
    assert not store.healthy()
    await store.close()


@pytest.fixture
def line(postgres: Server) -> Iterator[LossyLine]:
    line = LossyLine(postgres.port)
    yield line
    line.close()


@pytest.fixture
async def over_line(line: LossyLine, url: str) -> AsyncIterator[Store]:
    store = Store.open(on(url, port=line.port))
    yield store
    await store.close()


async def test_many_rows_are_not_as_many_round_trips(over_line: Store, line: LossyLine) -> None:
    await over_line.change(PutWatchlist(watchlist()), START, "chief")
    line.turns = 0
    many = [entry(f"e{number}") for number in range(2000)]
    await over_line.change(ReplaceEntries("stolen", many), START, "chief")
    assert 5 < line.turns < 200
    line.turns = 0
    await over_line.record([matched(i, read_id=f"r{i}", of=[(watchlist(), many[i])]) for i in range(500)], START)
    assert 5 < line.turns < 200


async def test_a_commit_whose_answer_is_lost_is_no_answer_and_its_repeat_a_duplicate(
    over_line: Store, line: LossyLine
) -> None:
    line.losing = True
    with pytest.raises(StoreUnavailable):
        await over_line.record([matched(0)], START)
    assert not line.losing
    (again,) = await over_line.record([matched(0)], START)
    assert again.duplicate
    assert len(again.hits) == 1
    assert len((await over_line.read(hits.page, None, 10))[0]) == 1


async def test_a_change_whose_commit_is_unknown_ends_the_service(over_line: Store, line: LossyLine) -> None:
    """It may be in the store, so the live index may lack it; nor may it be done a second time."""
    line.losing = True
    with pytest.raises(StoreUnavailable):
        await over_line.change(PutWatchlist(watchlist()), START, "chief")
    with pytest.raises(RuntimeError, match="answer was lost"):
        await asyncio.wait_for(over_line.ended(), PATIENCE_S)


async def test_a_server_that_hangs_is_given_up(
    over_line: Store, line: LossyLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever, however many ask, and it is seen; when it goes on, so does the store."""
    monkeypatch.setattr(sessions, "SILENCE_S", 1.0)
    monkeypatch.setitem(sessions._CONNECTION, "connect_timeout", "2")
    assert await over_line.read(hits.recent_read_ids, 10) == []
    line.speaking.clear()
    asking = [asyncio.ensure_future(over_line.read(hits.recent_read_ids, 10)) for _ in range(200)]
    writing = asyncio.ensure_future(over_line.record([matched(0)], START))
    async with asyncio.timeout(PATIENCE_S):
        refused = await asyncio.gather(*asking, writing, return_exceptions=True)
    assert {type(error) for error in refused} == {StoreUnavailable}
    assert not over_line.healthy()
    line.speaking.set()
    await until_healthy(over_line)
    await over_line.record([matched(1)], START)
    assert await over_line.read(hits.recent_read_ids, 10) == [("cam-1", "r1")]


async def test_a_server_that_hangs_is_noticed_though_nobody_asks(
    over_line: Store, line: LossyLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "HEARTBEAT_S", 0.2)
    listening = asyncio.ensure_future(over_line.listen())
    await asyncio.sleep(1)
    assert over_line.healthy()
    line.speaking.clear()
    async with asyncio.timeout(PATIENCE_S):
        while over_line.healthy():  # noqa: ASYNC110 it is seen from outside only
            await asyncio.sleep(0.01)
    line.speaking.set()
    await until_healthy(over_line)
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening


async def test_what_takes_long_is_waited_for(
    over_line: Store, line: LossyLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is silence that counts, not how long all of the answer takes."""
    monkeypatch.setattr(sessions, "SILENCE_S", 1.0)
    await over_line.change(PutWatchlist(watchlist()), START, "chief")
    parts = "SELECT repeat('x', 100000) FROM generate_series(1, 20) AS n, pg_sleep(0.1 * sign(n))"
    found = await over_line.read(lambda conn: conn.exec_driver_sql(parts).all())
    assert len(found) == 20


async def test_keys_of_other_processes_are_heard_of_and_own_commits_are_heard_once(store: Store, url: str) -> None:
    heard: list[str] = []
    store.on_keys = lambda: heard.append("keys")
    listening = asyncio.ensure_future(store.listen())

    async def told() -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not heard:  # noqa: ASYNC110 it is called by the loop
                await asyncio.sleep(0.01)
        heard.clear()

    await told()  # once at the beginning, for what was missed before
    await store.write(keys.revoke, "none", START)
    await told()
    await asyncio.sleep(0.2)
    assert heard == []
    with open_sync(url) as engine, engine.begin() as conn:
        keys.revoke(conn, "none", START)
    await told()
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening


async def test_who_listens_learns_that_the_server_has_gone(tmp_path: Path) -> None:
    server = Server()
    try:
        server.start()
        store = Store.open(server.empty())
        listening = asyncio.ensure_future(store.listen())
        await asyncio.sleep(0.5)
        assert store.healthy()
        await asyncio.to_thread(server.end)
        async with asyncio.timeout(PATIENCE_S):
            while store.healthy():  # noqa: ASYNC110 it is seen from outside only
                await asyncio.sleep(0.01)
        with pytest.raises(StoreUnavailable, match="the database does not answer"):
            await store.read(hits.recent_read_ids, 1)
        await asyncio.to_thread(server.start)
        await until_healthy(store)
        await store.record([matched(0)], START)
        listening.cancel()
        await store.close()
    finally:
        server.remove()


def test_a_standby_is_refused(tmp_path: Path) -> None:
    server = Server()
    try:
        server.start()
        url = server.empty()
        server.end()
        server.make_standby()
        server.start()
        with pytest.raises(StartError, match="is that server a standby"):
            Store.open(url)
    finally:
        server.remove()
