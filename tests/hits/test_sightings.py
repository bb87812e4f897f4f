"""What a passage's reads say together, and which reads belong to it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from passages import PRIOR, entry, match, matched, watchlist

from platematch.hits.sightings import (
    belonging,
    identify,
    join,
    log_odds_of,
    metres,
    probability_of,
    start,
)
from platematch.matcher.passage import CORRELATION, MOST_SUPPORT
from platematch.reads import Location, derived_read_id

KYIV = Location(50.4501, 30.5234)


def folded(odds: list[float]) -> float:
    first, *rest = [matched(i, lo) for i, lo in enumerate(odds)]
    sighting = start(first, first.matches[0])
    for item in rest:
        sighting = join(sighting, item.read, item.matches[0])
    return sighting.combined


def test_one_read_speaks_for_itself():
    assert folded([1.5]) == 1.5


def test_further_reads_add_a_damped_share_of_their_gain():
    prior = log_odds_of(PRIOR)
    assert folded([1.0, 0.0, -1.0]) == pytest.approx(1.0 + (1.0 - CORRELATION) * ((0.0 - prior) + (-1.0 - prior)))


def test_a_read_below_the_prior_takes_nothing_away():
    assert folded([1.0, log_odds_of(PRIOR) - 5.0]) == 1.0


def test_a_parked_car_gains_no_more_than_a_tenfold():
    assert folded([-2.0] * 5_000) == pytest.approx(-2.0 + MOST_SUPPORT)


@given(st.lists(st.floats(-15, 30), min_size=1, max_size=30), st.randoms())
def test_the_order_of_reads_does_not_matter_and_none_takes_away(odds, random):
    combined = folded(odds)
    assert combined >= max(odds)
    shuffled = list(odds)
    random.shuffle(shuffled)
    assert folded(shuffled) == pytest.approx(combined)
    assert folded([*odds, -3.0]) >= combined


@given(st.floats(-700, 700))
def test_probability_and_log_odds_are_inverse(log_odds):
    probability = probability_of(log_odds)
    assert 0 <= probability <= 1
    if abs(log_odds) < 15:
        assert log_odds_of(probability) == pytest.approx(log_odds, abs=1e-6)


def test_odds_far_out_do_not_overflow():
    assert probability_of(1e6) == 1.0
    assert probability_of(-1e6) == 0.0
    assert log_odds_of(0.0) == -math.inf
    assert log_odds_of(1.0) == math.inf


def test_metres_on_the_ground():
    assert metres(KYIV, KYIV) == 0
    assert metres(KYIV, Location(50.4591, 30.5234)) == pytest.approx(1000.8, rel=1e-3)
    assert metres(Location(0, 179.999), Location(0, -179.999)) == pytest.approx(222.4, rel=1e-3)


def belongs(first, later, **rules):
    sighting = start(first, first.matches[0])
    return belonging([sighting], later.read, **{"window_s": 300, "neighbour_m": 500, **rules}) is not None


@pytest.mark.parametrize(("seconds", "expected"), [(300, True), (300.001, False), (-300, True), (-300.001, False)])
def test_a_sighting_is_open_for_the_window_on_both_sides(seconds, expected):
    assert belongs(matched(0), matched(seconds)) is expected


def test_a_far_camera_or_one_of_unknown_place_sees_another_sighting():
    near, far = Location(50.4541, 30.5234), Location(50.4601, 30.5234)
    here = matched(0, location=KYIV)
    assert belongs(here, matched(1, camera_id="b", location=near))
    assert not belongs(here, matched(1, camera_id="b", location=far))
    assert not belongs(here, matched(1, camera_id="b"))
    assert belongs(here, matched(1, camera_id="cam-1", location=far))
    assert belongs(matched(0), matched(1))


def test_a_chain_of_neighbours_is_one_sighting():
    steps = [Location(50.4501 + 0.004 * i, 30.5234) for i in range(4)]
    first = matched(0, camera_id="c0", location=steps[0])
    sighting = start(first, first.matches[0])
    for i, place in enumerate(steps[1:], 1):
        item = matched(i, camera_id=f"c{i}", location=place)
        assert belonging([sighting], item.read, window_s=300, neighbour_m=500) is sighting
        sighting = join(sighting, item.read, item.matches[0])
    assert set(sighting.cameras) == {"c0", "c1", "c2", "c3"}


def test_of_two_open_sightings_the_nearer_in_time_takes_the_read():
    early, late = matched(0), matched(500)
    both = [start(item, item.matches[0]) for item in (early, late)]
    assert belonging(both, matched(220).read, window_s=300, neighbour_m=500) is both[0]
    assert belonging(both, matched(280).read, window_s=300, neighbour_m=500) is both[1]


def test_ids_follow_from_the_first_read_alone():
    a, b = matched(0, 1.0, read_id="r"), matched(9, 5.0, read_id="r")
    one, same = start(a, a.matches[0]), start(b, b.matches[0])
    assert (one.hit_id, one.sighting_id) == (same.hit_id, same.sighting_id)
    other = start(a, match(entry("e2"), watchlist(), 1.0))
    assert other.hit_id != one.hit_id
    assert other.sighting_id == one.sighting_id
    assert one.hit_id != one.sighting_id


def test_a_read_without_id_gets_the_derived_one():
    item = matched(0)
    item.read.read_id = None
    assert identify(item) == ("cam-1", derived_read_id("cam-1", item.read.captured_at, "AA1234BB"))
