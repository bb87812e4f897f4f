from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platematch.matcher.calibration import BINS, IDENTITY, curve
from platematch.matcher.model import Fixed
from platematch.matcher.observe import observe
from platematch.matcher.soft import (
    LEAST_FACTOR,
    MOST_FACTOR,
    TRUST,
    TRUST_ALONE,
    TRUST_WHERE_CONFIRMED,
    UNSTATED,
    confirmed,
    doubts,
    usual_errors,
    weights,
)
from platematch.reads import Candidate, PlateRead

FRACTIONS = st.floats(0.0, 1.0)
USUAL = 0.01


def test_doubts_follow_the_odds_of_a_misread() -> None:
    for agree, trust in ((True, TRUST_WHERE_CONFIRMED), (False, TRUST_ALONE)):
        found, expected = doubts(np.array([1.0 - USUAL, 0.5, 1.0]), IDENTITY, USUAL, agree)
        assert found == pytest.approx([0.0, trust * (99.0 - 1.0), trust * (LEAST_FACTOR - 1.0)])
        assert expected == pytest.approx(3 * USUAL + trust * (0.5 + 1e-4 - 2 * USUAL))


def test_alternatives_confirm_where_they_change_what_is_unsure() -> None:
    stated = [0.99, 0.995, 0.6, 0.98, 0.7]
    assert confirmed(stated, b"ABCDE", [b"ABCDE", b"ABXDE", b"ABXDY", b"XBCDE"])
    assert not confirmed(stated, b"ABCDE", [b"XBCDE", b"ABXDE"])
    assert not confirmed(stated, b"ABCDE", [b"ABXDE"])
    assert not confirmed(stated, b"ABCDE", [b"ABX", b"ABXDEF", b"ABCDE"])


@settings(max_examples=50, deadline=None)
@given(st.lists(FRACTIONS, min_size=1, max_size=16))
def test_doubts_are_bounded_and_fall_with_confidence(confidences: list[float]) -> None:
    found, expected = doubts(np.array(sorted(confidences)), IDENTITY, USUAL)
    assert ((found > -1.0) & (found <= MOST_FACTOR)).all()
    assert (np.diff(found) <= 1e-12).all()
    assert 0.0 <= expected <= len(confidences)


def test_confidences_that_were_found_to_mean_nothing_change_next_to_nothing() -> None:
    right, wrong = np.full(BINS, 990.0), np.full(BINS, 10.0)
    flat = IDENTITY._replace(characters=curve(right, wrong))
    found, _ = doubts(np.array([0.01, 0.5, 0.999]), flat, USUAL)
    assert found == pytest.approx(0.0, abs=0.05)


def test_weights_follow_the_confidences() -> None:
    assert weights(0.9, [], IDENTITY) == [1.0]
    main, equal, worse, none, unstated = weights(0.9, [0.9, 0.3, 0.0, None], IDENTITY)
    assert main + equal + worse + none + unstated == pytest.approx(1.0)
    assert equal == pytest.approx(TRUST * main)
    assert worse == pytest.approx(TRUST * main / 9)
    assert none == 0.0
    assert unstated == pytest.approx(UNSTATED * main)
    assert weights(None, [None, None], IDENTITY)[0] > 0.9
    assert weights(0.1, [0.9], IDENTITY)[1] < 0.5


def test_doubts_stand_beside_their_characters() -> None:
    stated = [0.99, 0.98, 0.97, 0.2, 0.96, 0.95, 0.94, 0.93]
    plain = PlateRead(plate="AA-12 34BB", char_confidences=stated)
    seen = observe([plain, PlateRead(plate="AA1234BB")])
    assert seen.texts.doubts[0, :8].argmax() == 3
    assert (np.diff(seen.texts.doubts[0, 4:8]) > 0).all()
    assert (seen.texts.doubts[0, 8:] == 0.0).all()
    assert (seen.texts.doubts[1] == 0.0).all()
    assert seen.errors.tolist() == [1, 1]


def test_doubts_of_a_two_line_plate_turn_with_it() -> None:
    stated = [0.99, 0.99, 0.5, 0.6, 0.91, 0.92, 0.93, 0.94]
    lined = observe([PlateRead(plate="BEAA9212", region="UA", char_confidences=stated)]).texts
    straight = [stated[i] for i in (0, 1, 4, 5, 6, 7, 2, 3)]
    plain = observe([PlateRead(plate="BE9212AA", region="UA", char_confidences=straight)]).texts
    assert lined.doubts.tolist() == plain.doubts.tolist()
    both = observe([PlateRead(plate="BEAA9212", char_confidences=stated)]).texts
    assert both.doubts[1].tolist() != both.doubts[0].tolist()
    assert sorted(both.doubts[1].tolist()) == sorted(both.doubts[0].tolist())


@pytest.mark.parametrize("stated", [[], [0.1] * 7, [0.1] * 17])
def test_confidences_of_another_number_are_left_out(stated: list[float]) -> None:
    seen = observe([PlateRead(plate="AA1234BB", char_confidences=stated)])
    assert (seen.texts.doubts == 0.0).all()
    assert seen.errors.tolist() == [1]


def test_an_unread_character_has_no_doubt_and_is_searched_for_widely() -> None:
    seen = observe([PlateRead(plate="AA1?34BB", char_confidences=[0.99] * 3 + [0.0] + [0.99] * 4)])
    assert seen.texts.doubts[0, 3] == 0.0
    assert seen.errors.tolist() == [2]


def test_candidates_of_the_same_length_share_the_doubts_and_are_searched_narrowly() -> None:
    read = PlateRead(
        plate="AA1234BB",
        char_confidences=[0.3] * 8,
        candidates=[Candidate(plate="AA1Z34BB", confidence=0.5), Candidate(plate="AA134BB", confidence=0.5)],
    )
    seen = observe([read])
    assert seen.texts.doubts[0].tolist() == seen.texts.doubts[1].tolist()
    assert (seen.texts.doubts[2] == 0.0).all()
    assert seen.errors.tolist() == [1, 1, 1]


def test_the_worth_of_confidences_is_the_cameras_own() -> None:
    models = Fixed.home("UA")
    assert 0.003 < usual_errors(models.default.channel) < 0.05
    flat = IDENTITY._replace(characters=curve(np.full(BINS, 990.0), np.full(BINS, 10.0)))
    read = PlateRead(plate="AA1234BB", char_confidences=[0.2] * 8)
    trusted = observe([read], models=models).texts.doubts
    known = observe([read], models=Fixed(models.default._replace(calibration=flat))).texts.doubts
    assert trusted.max() > 5 * np.abs(known).max()
