"""Messages for the parsers: a builder, the samples of this folder, and real ones where they are at hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from platematch.cameras import Message

SAMPLES = Path(__file__).parent / "samples"
REAL = Path(__file__).parents[2].parent / "shared" / "cameras"
RECEIVED = datetime(2026, 4, 2, 6, 15, 31, tzinfo=UTC)

Build = Callable[..., Message]


@pytest.fixture(scope="session")
def message() -> Build:
    """A message of the camera `gate`: body, content_type, query and received_at as keywords."""

    def build(
        body: bytes = b"",
        content_type: str = "",
        query: dict[str, str] | None = None,
        received_at: datetime = RECEIVED,
    ) -> Message:
        return Message(
            camera_id="gate", content_type=content_type, body=body, query=query or {}, received_at=received_at
        )

    return build


@pytest.fixture(scope="session")
def sample() -> Callable[[str], bytes]:
    """The bytes of a file in samples/."""
    return lambda name: (SAMPLES / name).read_bytes()


@pytest.fixture(scope="session")
def real() -> Callable[[str], bytes]:
    """The bytes of a captured or documented message of a vendor; skips where the collection is not at hand."""

    def read(name: str) -> bytes:
        if not REAL.is_dir():
            pytest.skip("the collection of real messages is not beside the repository")
        return (REAL / name).read_bytes()

    return read
