"""A real SQLite file per test."""

from __future__ import annotations

import pytest

from platematch.store.store import Store


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'platematch.db'}"


@pytest.fixture
async def store(url):
    store = Store.open(url)
    yield store
    await store.close()
