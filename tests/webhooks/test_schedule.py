"""The retry policy."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platematch.webhooks.schedule import (
    DELAYS,
    LONGEST_RETRY_AFTER,
    LONGEST_WAIT,
    Outcome,
    next_due,
    outcome,
    retry_after,
)

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def test_the_waits_are_those_of_the_documents():
    assert [wait.total_seconds() for wait in DELAYS[:8]] == [5, 30, 120, 600, 3600, 10_800, 21_600, 43_200]
    assert set(DELAYS[7:]) == {timedelta(hours=12)}
    assert timedelta(days=2.5) < sum(DELAYS, timedelta()) <= timedelta(days=3)


@given(st.integers(1, len(DELAYS)), st.floats(0, 1))
def test_jitter_only_lengthens_a_wait_by_a_tenth_at_most(attempt, jitter):
    wait = next_due(attempt, NOW, None, jitter) - NOW
    assert DELAYS[attempt - 1] <= wait <= DELAYS[attempt - 1] * 1.1 + timedelta(microseconds=1)


def test_after_the_last_wait_there_is_no_further_try():
    assert next_due(len(DELAYS), NOW, None, 0.0) is not None
    assert next_due(len(DELAYS) + 1, NOW, None, 0.0) is None
    assert next_due(len(DELAYS) + 1, NOW, timedelta(seconds=1), 0.0) is None


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        (timedelta(seconds=1), DELAYS[0]),
        (timedelta(seconds=-50), DELAYS[0]),
        (timedelta(minutes=3), timedelta(minutes=3)),
        (timedelta(days=365), LONGEST_RETRY_AFTER),
    ],
)
def test_retry_after_lengthens_but_is_bounded(asked, wait):
    assert next_due(1, NOW, asked, 0.0) == NOW + wait


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(seconds=120)),
        (" 7 ", timedelta(seconds=7)),
        ("0", timedelta(0)),
        (format_datetime(NOW + timedelta(minutes=4), usegmt=True), timedelta(minutes=4)),
        (format_datetime(NOW - timedelta(minutes=4), usegmt=True), timedelta(minutes=-4)),
        (format_datetime((NOW + timedelta(hours=1)).replace(tzinfo=None)), timedelta(hours=1)),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("٣", None),
        ("9" * 400, None),
        ("", None),
        ("Wed, 99 Foo 99999 99:99:99 GMT", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(header, wait):
    assert retry_after(429, header, NOW) == wait
    assert retry_after(503, header, NOW) == wait
    assert retry_after(500, header, NOW) is None


@given(st.text(max_size=60))
def test_no_header_breaks_the_reading(header):
    retry_after(429, header, NOW)


def test_only_2xx_is_success_and_410_is_the_end():
    results = {status: outcome(status) for status in (None, *range(100, 600))}
    assert {status for status, result in results.items() if result is Outcome.DELIVERED} == set(range(200, 300))
    assert {status for status, result in results.items() if result is Outcome.GONE} == {410}


def test_no_wait_is_so_long_that_it_looks_like_a_clock_set_back():
    waits = [next_due(attempt, NOW, timedelta(days=9), 1.0) - NOW for attempt in range(1, len(DELAYS) + 1)]
    assert max(waits) < LONGEST_WAIT
