"""The queries that run all the time find their rows by an index, however many there are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from passages import START, matched
from sqlalchemy import Connection, event

from platematch.store import hits, outbox
from platematch.store.paging import cursor_of
from platematch.store.recording import Rules, _open_sightings
from platematch.store.store import Store

NOW = START + timedelta(days=1)

QUERIES: dict[str, tuple[str, Callable[[Connection], Any]]] = {
    "take_due": ("deliveries", lambda conn: outbox.take_due(conn, NOW, 8, frozenset())),
    "next_due": ("deliveries", lambda conn: outbox.next_due(conn, NOW)),
    "sightings": ("sightings", lambda conn: _open_sightings(conn, [matched(0)], Rules())),
    "of_reads": ("hit_reads", lambda conn: hits.of_reads(conn, [("cam-1", "r0")])),
    "expire": ("hits", lambda conn: hits.expire(conn, NOW)),
    "page": ("hits", lambda conn: hits.page(conn, cursor_of(START, "a"), 50)),
}


def plan(conn: Connection, query: Callable[[Connection], Any]) -> list[str]:
    """How the database does the query's statement, as it would where a table is long."""
    statements: list[tuple[str, Any]] = []
    event.listen(conn, "before_cursor_execute", lambda *call: statements.append((call[2], call[3])))
    query(conn)
    statement, parameters = next(asked for asked in statements if asked[0].startswith("SELECT"))
    if conn.dialect.name == "sqlite":
        return [row[-1] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
    return [row[0] for row in conn.exec_driver_sql(f"EXPLAIN {statement}", parameters)]


@pytest.mark.parametrize("name", QUERIES)
async def test_rows_are_found_by_an_index(tmp_path: Path, name: str) -> None:
    """SQLite plans alike however long the tables are."""
    table, query = QUERIES[name]
    store = Store.open(f"sqlite:///{tmp_path / 'platematch.db'}")
    await store.record([matched(0)], START)
    found = await store.read(plan, query)
    assert any(line.startswith(f"SEARCH {table} USING") for line in found), found
    assert not any(line.startswith(f"SCAN {table}") for line in found), found
    await store.close()


async def test_a_page_begins_where_the_last_one_ended(store: Store) -> None:
    """A cursor's condition is one for the index, so that late pages cost what the first one does."""
    found = await store.read(plan, QUERIES["page"][1])
    wanted = "created_at<?" if "SEARCH" in found[0] else "Index Cond: (created_at <="
    assert any(wanted in line for line in found), found
