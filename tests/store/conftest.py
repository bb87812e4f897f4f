"""A real database per test, of either kind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from postgres import Server

from platematch.store.store import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that nothing was written to."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    return f"sqlite:///{tmp_path / 'platematch.db'}"


@pytest.fixture
def postgresql_empty_url(postgres: Server) -> Iterator[str]:
    """The address of a PostgreSQL database without any table."""
    url = postgres.empty()
    yield url
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without any table."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_empty_url"))
    return f"sqlite:///{tmp_path / 'platematch.db'}"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """Open, with nothing in it."""
    store = Store.open(url)
    yield store
    await store.close()
