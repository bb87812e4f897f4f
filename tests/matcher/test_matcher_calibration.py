"""Curves of what confidences are worth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platematch.matcher.calibration import BINS, EDGES, IDENTITY, LEAST_EVIDENCE, NOTHING_KNOWN, bins, curve

amounts = st.lists(st.floats(0, 1e5), min_size=BINS, max_size=BINS).map(np.array)


def test_without_evidence_confidences_are_taken_as_stated() -> None:
    stated = np.array([0.0, 0.3, 1.0, np.nan])
    assert IDENTITY.character(stated).tolist() == [0.0, 0.3, 1.0, 0.0]
    assert IDENTITY.candidate(stated).tolist() == [0.0, 0.3, 1.0, 0.0]


def test_a_handful_says_nothing() -> None:
    few = np.full(BINS, (LEAST_EVIDENCE - 1) / 2 / BINS)
    assert curve(few, few) is NOTHING_KNOWN
    assert curve(1e6 * few, np.zeros(BINS)) is NOTHING_KNOWN, "an engine that hides its mistakes"


@settings(max_examples=60, deadline=None)
@given(right=amounts, wrong=amounts)
def test_a_curve_never_falls_and_stays_a_probability(right: np.ndarray, wrong: np.ndarray) -> None:
    fitted = curve(right, wrong).right
    assert (np.diff(fitted) >= -1e-12).all()
    assert fitted.min() >= 0.0
    assert fitted.max() <= 1.0


@settings(max_examples=30, deadline=None)
@given(right=amounts, wrong=amounts)
def test_pooling_keeps_the_mean(right: np.ndarray, wrong: np.ndarray) -> None:
    fitted = curve(right, wrong)
    if not fitted.evidence:
        return
    mean = (right.sum() + 1) / ((right + wrong).sum() + 2)
    weights = right + wrong + 20.0
    assert (fitted.right * weights).sum() == pytest.approx((right + 20.0 * mean).sum(), rel=1e-9)


def test_informative_confidences_are_recovered_and_others_become_flat() -> None:
    rng = np.random.default_rng(3)
    stated = rng.random(200_000)
    truth = 0.5 + 0.5 * stated
    good = curve(*_counted(stated, rng.random(len(stated)) < truth))
    middles = np.array([0.1, 0.5, 0.9])
    assert good.right[bins(middles)] == pytest.approx(0.5 + 0.5 * middles, abs=0.03)
    useless = curve(*_counted(stated, rng.random(len(stated)) < 0.97))
    assert np.ptp(useless.right) < 0.03
    assert useless.right.mean() == pytest.approx(0.97, abs=0.01)


def test_few_of_one_camera_stay_near_the_curve_of_all() -> None:
    common = curve(np.linspace(100, 10_000, BINS), np.linspace(1_000, 10, BINS))
    own = curve(np.ones(BINS), np.full(BINS, 8.0), common)
    assert own.evidence == 9.0 * BINS
    assert (own.right > 0.4 * common.right).all()
    assert curve(np.ones(BINS), np.ones(BINS), common) is common


def test_bins_meet_at_the_edges() -> None:
    assert bins(np.array([0.0, EDGES[0], EDGES[-1], 1.0, np.nan])).tolist() == [0, 1, BINS - 1, BINS - 1, 0]


def _counted(stated: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    places = bins(stated)
    return (
        np.bincount(places[right], minlength=BINS).astype(float),
        np.bincount(places[~right], minlength=BINS).astype(float),
    )
