"""The service with two fronts, one for all tests of a file, and reads for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from fronted import Fronted


@pytest.fixture(scope="module")
def fronted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronted]:
    """One for all tests of a file: each uses plates and lists of its own."""
    service = Fronted(tmp_path_factory.mktemp("fronted"))
    service.start()
    yield service
    assert service.stop() == 0, service.log.read_text()
    assert "Traceback" not in service.log.read_text()
    assert not service.fronts()


@pytest.fixture
def read() -> Callable[..., dict[str, Any]]:
    """The JSON of a read, now."""

    def make(plate: str, **more: Any) -> dict[str, Any]:
        return {"camera_id": "cam", "captured_at": datetime.now(UTC).isoformat(), "plate": plate, **more}

    return make
