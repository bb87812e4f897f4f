"""Vehicles as arrays: the plates of each mix, their shares, and that the city's own vehicles come from it."""

import random
from collections import Counter
from itertools import islice

import numpy as np
import pytest

from platematch.plates.formats import FORMATS
from platematch.simulation.fleet import distinct, draw, fleet_of, listed, numbered, parade, passing, texts
from platematch.simulation.series import LISTED, PASSING, REGIONS, prefixes
from platematch.simulation.vehicles import COUNTRIES, DIRTY_SHARE, INKS, Spot


def test_27_regions_have_four_prefixes_each_and_no_two_the_same() -> None:
    assert len(REGIONS) == 27
    assert len({prefix for issued in REGIONS.values() for prefix in issued}) == 4 * 27
    assert set(LISTED) == set(PASSING) == set(REGIONS)
    assert sum(prefixes(PASSING).values()) == pytest.approx(1.0)


def test_plates_are_of_their_layouts_country() -> None:
    mix = passing()
    fleet = draw(4000, mix, np.random.default_rng(1))
    assert mix.shares.sum() == pytest.approx(1.0)
    for plate, length, layout in zip(fleet.plates(), fleet.lengths.tolist(), fleet.layouts.tolist(), strict=True):
        assert len(plate) == length
        assert FORMATS[mix.layouts[layout].country].fits(plate)
    countries = Counter(mix.layouts[layout].country for layout in fleet.layouts.tolist())
    assert {country: count / 4000 for country, count in countries.items()} == pytest.approx(COUNTRIES, abs=0.02)


def test_kyivs_prefixes_pass_most_and_every_region_is_listed() -> None:
    plates = draw(20_000, passing(), np.random.default_rng(2)).plates()
    seen = Counter(plate[:2] for plate in plates if len(plate) == 8 and FORMATS["UA"].fits(plate))
    assert [prefix for prefix, _ in seen.most_common(4)] == ["AA", "KA", "AI", "KI"]
    wanted = Counter(plate[:2] for plate in draw(20_000, listed(), np.random.default_rng(2)).plates())
    assert all(wanted[first] > 0 for first, *_ in REGIONS.values())
    assert wanted["AA"] < seen["AA"]


def test_listed_plates_are_distinct_and_numbers_tell_plates_apart() -> None:
    fleet = distinct(5000, listed(), np.random.default_rng(3))
    assert len(set(fleet.plates())) == len(np.unique(fleet.keys())) == len(fleet.lengths) == 5000
    short, longer = fleet_of(["AA1", "AA10"], [(), ()]).glyphs
    assert numbered(short) != numbered(longer)
    assert texts(np.vstack([short, longer])) == ["AA1", "AA10"]


def test_dirt_is_as_rare_and_as_wide_as_that_of_single_vehicles() -> None:
    dirt = draw(40_000, passing(), np.random.default_rng(4)).dirt
    soiled = dirt[:, 0, 0] >= 0
    assert soiled.mean() == pytest.approx(DIRTY_SHARE, abs=0.005)
    assert set(dirt[soiled, 0, 2].tolist()) == {1, 2}
    assert not (dirt[~soiled] >= 0).any()
    (again,) = fleet_of(["AB1234CD"], [(Spot(3, 1, 2, INKS[2]),)]).dirt
    assert again.tolist() == [[3, 1, 2, 2], [-1, -1, -1, -1]]


def test_the_citys_vehicles_are_of_the_mix_and_the_seeds() -> None:
    first, second = (list(islice(parade(passing(), random.Random(5)), 600)) for _ in range(2))
    assert first == second
    assert 0.8 < sum(vehicle.country == "UA" for vehicle in first) / 600 < 0.95
    assert 0.005 < sum(vehicle.two_line for vehicle in first) / 600 < 0.06
    assert 0.01 < sum(bool(vehicle.dirt) for vehicle in first) / 600 < 0.08


def test_a_plate_without_glyphs_is_refused() -> None:
    with pytest.raises(KeyError):
        fleet_of(["КА7538"], [()])
