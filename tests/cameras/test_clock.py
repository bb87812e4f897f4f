"""Devices' times: their notations, and which are believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platematch.cameras.clock import AHEAD, believed, from_epoch, from_text

RECEIVED = datetime(2026, 4, 2, 6, 15, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-04-02T09:15:30+03:00", "2026-04-02T06:15:30+00:00"),
        ("2026-04-02T06:15:30Z", "2026-04-02T06:15:30+00:00"),
        ("2026-04-02T06:15:30.606935Z", "2026-04-02T06:15:30.606935+00:00"),
        ("2026-04-02 09:15:30.5+03:00", "2026-04-02T06:15:30.500000+00:00"),
        ("20260315T112740-300", "2026-03-15T14:27:40+00:00"),
        ("20260315T112740-0330", "2026-03-15T14:57:40+00:00"),
        ("20260315T112740 300", "2026-03-15T08:27:40+00:00"),
        ("2026-04-02T06:15:30.123456789+00", "2026-04-02T06:15:30.123456+00:00"),
    ],
)
def test_notations(text: str, instant: str) -> None:
    assert from_text(text) == datetime.fromisoformat(instant)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "##DATETIME##",
        "2026-04-02",
        "2026-13-02T09:15:30Z",
        "2026-04-02T09:15:30+99:00",
        "0001-01-01T00:00+08",
    ],
)
def test_unreadable(text: str | None) -> None:
    assert from_text(text) is None


def test_a_time_before_the_first_year_of_utc_is_unreadable() -> None:
    assert from_text("0001-01-01T00:00:00+08:00") is None


def test_a_naive_time_needs_a_zone() -> None:
    assert from_text("2026-04-02 06:15:30.5") is None
    assert from_text("2026-04-02 06:15:30.5", naive=UTC) == datetime(2026, 4, 2, 6, 15, 30, 500000, tzinfo=UTC)


def test_epochs_in_seconds_and_milliseconds() -> None:
    assert from_epoch(1775110530) == from_epoch(1775110530000) == datetime.fromtimestamp(1775110530, UTC)
    assert from_epoch(1775110530250) == datetime.fromtimestamp(1775110530.25, UTC)


@pytest.mark.parametrize("value", [None, True, 0, -5, "1775110530", 1e300, float("inf"), float("nan"), 10**40])
def test_no_epoch(value: object) -> None:
    assert from_epoch(value) is None


def test_the_past_is_believed_and_the_future_for_ten_minutes() -> None:
    for instant in (datetime(1999, 1, 1, tzinfo=UTC), RECEIVED, RECEIVED + AHEAD):
        assert believed("told", instant, RECEIVED) == (instant, None)
    assert believed("told", RECEIVED + AHEAD + timedelta(microseconds=1), RECEIVED) == (RECEIVED, "told")


def test_no_time_gets_the_time_of_receipt() -> None:
    assert believed("garbage", None, RECEIVED) == (RECEIVED, "garbage")
    assert believed(None, None, RECEIVED) == (RECEIVED, None)


@given(
    st.text(max_size=40) | st.from_regex(r"\d{4}-?\d\d-?\d\d[T ]\d\d:?\d\d:?\d\d([+-]\d{1,2}:?\d\d)?", fullmatch=True)
)
def test_any_text(text: str) -> None:
    instant = from_text(text, naive=UTC)
    assert instant is None or instant.utcoffset() == timedelta(0)
