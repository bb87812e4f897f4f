"""The ways to run the service that its faults are tried with, and a webhook receiver on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from load import Receiver


@pytest.fixture(params=["sqlite", "postgresql", "two-fronts"])
def deployment(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings of one way to run the service: what `Running` is given."""
    if request.param == "postgresql":
        return {"store": str(request.getfixturevalue("postgresql_url"))}
    return {"workers": "2"} if request.param == "two-fronts" else {}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Listening; its url is where it does."""
    receiver = Receiver()
    await receiver.open()
    yield receiver
    await receiver.shut()
