"""A webhook receiver on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from load import Receiver


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Listening; its url is where it does."""
    receiver = Receiver()
    await receiver.open()
    yield receiver
    await receiver.shut()
