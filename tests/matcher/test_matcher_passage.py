from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platematch.matcher.passage import CORRELATION, MOST_SUPPORT, combine, gain_of

GAINS = st.lists(st.floats(0.0, 40.0), min_size=1, max_size=12)


def test_the_gain_is_the_log_of_the_bayes_factor() -> None:
    prior, after = 0.001, 0.2
    factor = after / (1 - after) / (prior / (1 - prior))
    assert gain_of(math.log(after / (1 - after)), prior) == pytest.approx(math.log(factor))
    assert gain_of(-20.0, prior) == 0.0
    assert gain_of(3.0, 1.0) == 0.0
    assert gain_of(3.0, 0.0) == math.inf


def test_independent_reads_multiply_and_repeated_ones_add_nothing() -> None:
    assert combine(-3.0, 2.0, 4.0, correlation=0.0) == pytest.approx(-1.0)
    assert combine(-3.0, 2.0, 4.0, correlation=1.0) == -3.0
    assert combine(-3.0, 2.0, 4.0) == pytest.approx(-3.0 + (1 - CORRELATION) * 2.0)


@settings(max_examples=100, deadline=None)
@given(GAINS, st.floats(0.0, 40.0))
def test_no_read_takes_away_and_all_together_are_bounded(gains: list[float], further: float) -> None:
    best = max(gains)
    combined = combine(best, best, sum(gains))
    assert best <= combined <= best + MOST_SUPPORT
    more = max(best, further)
    assert combine(more, more, sum(gains) + further) >= combined - 1e-9


def test_two_poor_reads_may_make_a_good_hit_and_a_parked_neighbour_none() -> None:
    prior = 4e-9
    poor, unlikely = math.log(0.4 / 0.6), math.log(0.01 / 0.99)
    gain = gain_of(poor, prior)
    assert combine(poor, gain, 2 * gain) > 0.0
    hopeless = gain_of(unlikely, prior)
    assert combine(unlikely, hopeless, 10_000 * hopeless) < math.log(0.2)
