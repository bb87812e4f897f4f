"""What every test may ask for: a PostgreSQL server of this process's own, and databases on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from postgres import Server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A running server for all tests of this process that neither stop it nor care for its disk."""
    server = Server()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def postgresql_url(postgres: Server) -> Iterator[str]:
    """The address of a database of this test's own, with the schema of this code."""
    url = postgres.migrated()
    yield url
    postgres.drop(url)
