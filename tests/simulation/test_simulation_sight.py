"""Reads by the thousand: as right and as wrong as they are meant to be, in both simulators, and what goes with them."""

import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from platematch.simulation import points
from platematch.simulation.camera import random_camera
from platematch.simulation.channel import read
from platematch.simulation.fleet import Fleet, draw, fleet_of, listed, texts
from platematch.simulation.sight import Sight, look, optics, see
from platematch.simulation.soft import candidates, certainty, confidence, degraded

COUNT = 12_000


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    one_line = draw(COUNT, listed(), np.random.default_rng(1))
    return one_line._replace(two_line=np.zeros(COUNT, np.bool_))


def seen_by_many(fleet: Fleet, seed: int = 2) -> Sight:
    chance, rng = random.Random(seed), np.random.default_rng(seed)
    cameras = optics([random_camera(number, chance) for number in range(200)])
    parts = [sight for _, sight in look(fleet, cameras.take(rng.integers(0, 200, COUNT)), rng)]
    return Sight(*(np.concatenate(part) for part in zip(*parts, strict=True)))


@pytest.fixture(scope="module")
def sight(fleet: Fleet) -> Sight:
    return seen_by_many(fleet)


def right(fleet: Fleet, sight: Sight) -> np.ndarray:
    shown = np.pad(fleet.glyphs, ((0, 0), (0, sight.glyphs.shape[1] - fleet.glyphs.shape[1])), constant_values=-1)
    return sight.glyphs == shown


def test_nine_in_ten_are_exact_and_the_damage_is_of_every_kind(fleet: Fleet, sight: Sight) -> None:
    exact = right(fleet, sight).all(axis=1)
    assert 0.89 < exact.mean() < 0.925
    more = (sight.glyphs >= 0).sum(axis=1) - fleet.lengths
    kinds = Counter(more[~exact].tolist())
    assert kinds[0] > 2 * kinds[1] > 0
    assert kinds[-1] > 0.1 * kinds[0]
    wrong = (~right(fleet, sight)).sum(axis=1)[more == 0]
    assert 0.002 < (wrong >= 2).mean() < 0.03


def test_one_plate_is_read_as_many_are() -> None:
    camera = replace(random_camera(3, random.Random(5)), knows_format=False)
    chance = random.Random(7)
    alone = Counter(read("AO8601BX", camera, chance).text for _ in range(1500))
    fleet = fleet_of(["AO8601BX"] * 6000, [()] * 6000)
    together = Counter(texts(see(fleet, optics([camera] * 6000), np.random.default_rng(7)).glyphs))
    for text, count in together.most_common(4):
        assert alone[text] / 1500 == pytest.approx(count / 6000, abs=0.03)


def test_two_lines_are_read_row_by_row_unless_the_engine_knows_better() -> None:
    clean = replace(random_camera(1, random.Random(5)), noise=0.01, slant=0.0, glare=0.0, blur=0.0)
    fleet = fleet_of(["KA7538BO"] * 200, [()] * 200)._replace(two_line=np.ones(200, np.bool_))
    for knows, shown in ((False, "KABO7538"), (True, "KA7538BO")):
        cameras = optics([replace(clean, knows_format=knows)] * 200)
        (most, count), *_ = Counter(texts(see(fleet, cameras, np.random.default_rng(1)).glyphs)).most_common(1)
        assert most == shown
        assert count > 150


def test_the_seed_decides(fleet: Fleet, sight: Sight) -> None:
    assert (seen_by_many(fleet).glyphs == sight.glyphs).all()
    assert (seen_by_many(fleet, 3).glyphs != sight.glyphs).any()


def test_confidences_tell_right_from_wrong_until_they_are_mixed_up(fleet: Fleet, sight: Sight) -> None:
    lengths = (sight.glyphs >= 0).sum(axis=1)
    sure = certainty(sight)
    same = (lengths == fleet.lengths)[:, None] & (sight.glyphs >= 0)
    good, bad = same & right(fleet, sight), same & ~right(fleet, sight)

    def separation(values: np.ndarray) -> float:
        """Area under the curve: how often a right character has more than a wrong one."""
        order = np.sort(values[good])
        low, high = (np.searchsorted(order, values[bad], side=side) for side in ("left", "right"))
        return float(1 - (low + high).mean() / 2 / len(order))

    rng = np.random.default_rng(1)
    assert separation(sure) > 0.9
    assert 0.6 < separation(degraded(sure, lengths, 0.5, rng)) < 0.8
    assert separation(degraded(sure, lengths, 1.0, rng)) == pytest.approx(0.5, abs=0.05)
    assert ((sure > 0) == (sight.glyphs >= 0)).all()


def test_ten_candidates_differ_fall_and_often_hold_the_truth(fleet: Fleet, sight: Sight) -> None:
    lengths = (sight.glyphs >= 0).sum(axis=1)
    found = candidates(sight, confidence(certainty(sight), lengths), 10)
    assert (found.glyphs[:, 0] == sight.glyphs).all()
    assert (np.diff(found.confidences, axis=1) <= 0).all()
    assert all(len(set(texts(of_one))) == 10 for of_one in found.glyphs[:200])
    shown = np.pad(fleet.glyphs, ((0, 0), (0, 2)), constant_values=-1)
    hit = (found.glyphs == shown[:, None, :]).all(axis=2)
    assert hit[:, 1:].any(axis=1).sum() > 0.3 * (~hit[:, 0]).sum()


def test_a_short_plate_has_fewer_candidates_than_asked_for() -> None:
    camera = random_camera(1, random.Random(1))
    sight = see(fleet_of(["A1"], [()]), optics([camera]), np.random.default_rng(1))
    found = candidates(sight, np.ones(1, np.float32), 10)
    real = (found.glyphs >= 0).any(axis=2)
    assert (real == (found.confidences > 0)).all()
    assert not real.all()


def test_the_second_simulator_misreads_otherwise(fleet: Fleet, sight: Sight) -> None:
    rng = np.random.default_rng(3)
    other = points.see(fleet, rng.integers(0, 200, COUNT), points.lenses(200, rng), rng)
    assert 0.88 < right(fleet, other).all(axis=1).mean() < 0.94

    def confused(seen: Sight) -> Counter[tuple[int, int]]:
        same = ((seen.glyphs >= 0).sum(axis=1) == fleet.lengths) & ((~right(fleet, seen)).sum(axis=1) == 1)
        rows, places = np.nonzero(~right(fleet, seen) & same[:, None])
        return Counter(zip(fleet.glyphs[rows, places].tolist(), seen.glyphs[rows, places].tolist(), strict=True))

    first, second = ({pair for pair, _ in confused(seen).most_common(8)} for seen in (sight, other))
    assert len(first & second) <= 5
