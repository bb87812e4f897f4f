"""A real database per test, of either kind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from platematch.store.store import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that nothing was written to."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    return f"sqlite:///{tmp_path / 'platematch.db'}"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """Open, with nothing in it."""
    store = Store.open(url)
    yield store
    await store.close()
