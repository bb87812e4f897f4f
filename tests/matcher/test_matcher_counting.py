"""The counting kernel against the sum over all ways in which a plate can have given a read."""

from __future__ import annotations

import numpy as np
import pytest
from counting_oracle import expected
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from platematch.matcher import kernels
from platematch.matcher.calibration import BINS
from platematch.matcher.counting import COUNTED, Seen, Sums, count, reach, rest
from platematch.matcher.kernels import Channel, Formats
from platematch.matcher.model import Fixed

MODEL = Fixed.home("UA").default
SEVERITIES = len(MODEL.channel.shares)
ROWS = MODEL.formats.frequencies.shape[0]

symbols = st.integers(1, COUNTED - 1)


def padded(text: list[int]) -> NDArray[np.uint8]:
    codes = np.zeros(16, dtype=np.uint8)
    codes[: len(text)] = text
    return codes


def loose() -> Channel:
    """A channel whose mistakes are so frequent that every way counts."""
    rng = np.random.default_rng(5)
    emit = MODEL.channel.emit + 0.01 * rng.random(MODEL.channel.emit.shape)
    gaps = 0.05 + 0.2 * rng.random(MODEL.channel.gaps.shape)
    return MODEL.channel._replace(emit=emit, gaps=gaps)


CHANNEL = loose()


def counted(plates: list[list[int]], read: list[int], shares: list[float], bins: list[int] | None = None) -> Sums:
    """What the kernel counts of one read that may show one of the plates, rows of the emission table."""
    frequencies = MODEL.formats.frequencies
    formats = Formats(
        np.array([padded(plate) for plate in plates]),
        np.array([len(plate) for plate in plates], dtype=np.int32),
        np.array(shares),
        frequencies,
    )
    stated = np.full((1, 16), -1, dtype=np.int64)
    stated[0, : len(bins or [])] = bins or []
    one, none = np.ones(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    seen = Seen(
        np.array([0, 1]), padded(read)[None], np.array([len(read)], dtype=np.int32), np.ones(1), stated, none, none,
        one * len(plates),
    )  # fmt: skip
    sums = Sums(
        np.zeros((1, SEVERITIES, ROWS, COUNTED)),
        np.zeros((1, SEVERITIES, 4)),
        np.zeros((1, SEVERITIES, 4)),
        np.zeros((1, 2, COUNTED)),
        np.zeros((1, SEVERITIES)),
        np.zeros((1, len(plates))),
        np.zeros((len(plates), 16, COUNTED)),
        np.zeros((1, 2, BINS)),
    )
    count(seen, formats, CHANNEL, np.ones(ROWS), 0.0, sums)
    return sums


@settings(max_examples=40, deadline=None)
@given(plate=st.lists(symbols, min_size=1, max_size=3), change=st.integers(-1, 1), data=st.data())
def test_counts_are_expectations_over_all_ways(plate: list[int], change: int, data: st.DataObject) -> None:
    n = max(1, len(plate) + change)
    read = data.draw(st.lists(symbols, min_size=n, max_size=n))
    sums = counted([plate], read, [1.0])
    _, events = expected(plate, read, CHANNEL)
    unseen = 2e-3 * 8  # of severities that are too improbable to be counted
    for event, amount in events.items():
        match event:
            case ("severity", s):
                assert sums.severities[0, s] == pytest.approx(amount, abs=unseen)
            case ("shown", s, row, symbol):
                assert sums.rows[0, s, row, symbol] == pytest.approx(amount, abs=unseen)
            case ("gap", s, kind):
                assert sums.gaps[0, s, kind] == pytest.approx(amount, abs=unseen)
            case ("chance", s, kind):
                assert sums.chances[0, s, kind] == pytest.approx(amount, abs=unseen)
            case ("stray", edge, symbol):
                assert sums.strays[0, edge, symbol] == pytest.approx(amount, abs=unseen)
    shown = sum(amount for event, amount in events.items() if event[0] == "shown")
    assert sums.rows.sum() == pytest.approx(shown, abs=unseen)


@settings(max_examples=60, deadline=None)
@given(plate=st.lists(symbols, min_size=1, max_size=16), read=st.lists(symbols, max_size=16))
def test_both_directions_give_the_likelihood(plate: list[int], read: list[int]) -> None:
    before, after = np.full((17, 17), np.nan), np.full((17, 17), np.nan)
    codes, text = padded(plate), padded(read)
    total = 0.0
    for s in range(SEVERITIES):
        forth = reach(codes, len(plate), text, len(read), s, CHANNEL, before)
        rest(codes, len(plate), text, len(read), s, CHANNEL, after)
        assert forth == pytest.approx(after[0, 0], rel=1e-9)
        total += CHANNEL.shares[s] * forth
    whole = kernels.forward(codes, len(plate), text, len(read), np.zeros(16), CHANNEL)
    assert total == pytest.approx(whole, rel=1e-9)


def test_patterns_share_a_read_by_their_probability() -> None:
    sums = counted([[1, 2, 3], [1, 2, 4]], [1, 2, 3], [0.9, 0.1])
    one, other = (
        share * expected(plate, [1, 2, 3], CHANNEL)[0] for share, plate in ((0.9, [1, 2, 3]), (0.1, [1, 2, 4]))
    )
    assert sums.formats[0].tolist() == pytest.approx([one / (one + other), other / (one + other)], abs=5e-3)
    assert sums.positions[0, 0, 1] == pytest.approx(sums.formats[0, 0], abs=0.1)


def test_confidences_are_counted_as_right_and_wrong() -> None:
    sums = counted([[5, 6, 7, 8]], [5, 6, 7, 9], [1.0], bins=[3, 3, 3, 1])
    right, wrong = sums.characters[0]
    assert right[3] == pytest.approx(3.0, abs=0.5)
    assert wrong[3] < 0.5
    assert wrong[1] > 0.4
    assert right[1] < 0.3
