from __future__ import annotations

import math

import pytest

from platematch.matcher.posterior import LEAST_BACKGROUND, MAX_LOG_ODDS, MIN_LOG_ODDS, Odds, Suspect, fits, odds
from platematch.plates import pack


def key(text: str) -> bytes:
    return pack(text).ljust(16, b"\0")


def suspect(text: str, likelihood: float, *, prior: float = 4e-9, density: float = 5e-9, share: float = 0.0) -> Suspect:
    return Suspect(key(text), len(text), prior, likelihood, density, "?" in text, share)


def test_the_read_plate_against_ordinary_misreads() -> None:
    """The orders of magnitude of one Ukrainian plate of 2e8 possible ones."""
    own = suspect("AA1234BB", 0.9)
    verdict = odds([own], 4e-9, [own], 0.9 * 5e-9 + 5e-10)
    assert verdict.probability == pytest.approx(3.6e-9 / (3.6e-9 + 5e-10))
    assert verdict.background == pytest.approx(5e-10)
    assert verdict.rivals == 0.0


def test_another_listed_plate_is_a_rival_and_no_ordinary_vehicle() -> None:
    own, other = suspect("AA1Z34BB", 0.001), suspect("AA1234BB", 0.9)
    verdict = odds([own], 4e-9, [own, other], 5e-9)
    assert verdict.rivals == pytest.approx(0.9 * 4e-9)
    assert verdict.background == pytest.approx(5e-9 - 5e-9 * 0.901)
    assert verdict.probability == pytest.approx(4e-12 / (4e-12 + verdict.background + verdict.rivals))


def test_each_list_judges_by_its_own_prior() -> None:
    own = suspect("AA1234BB", 0.9, prior=4e-7)
    low, high = odds([own], 4e-9, [own], 5e-9), odds([own], 4e-7, [own], 5e-9)
    assert high.listed == pytest.approx(100 * low.listed)
    assert high.rivals == low.rivals == 0.0


def test_a_pattern_takes_what_fits_out_of_the_background() -> None:
    pattern = suspect("AA1?34BB", 0.02, density=0.0, share=4e-9)
    verdict = odds([pattern], 4e-9, [pattern], 5e-9)
    assert verdict.listed == pytest.approx(4e-9 + 4e-9 * 0.02)
    assert verdict.background == pytest.approx(1e-9)


def test_a_listed_plate_that_fits_a_pattern_speaks_for_it() -> None:
    pattern, exact = suspect("AA1?34BB", 0.02, density=0.0, share=4.6e-9), suspect("AA1234BB", 0.9)
    verdict = odds([pattern], 4e-9, [pattern, exact], 5e-9)
    assert verdict.listed == pytest.approx(4e-9 * 0.02 + 0.1e-9 + 4e-9 * 0.9)
    assert verdict.rivals == pytest.approx(0.0, abs=1e-18)
    assert verdict.background == pytest.approx(0.4e-9)


def test_overlapping_rows_of_a_pattern_count_once() -> None:
    rows = [suspect("A1??", 0.1, share=3e-9), suspect("A?1?", 0.2, share=2e-9), suspect("A1???", 0.0, share=1e-9)]
    verdict = odds(rows, 4e-9, rows, 5e-9)
    assert verdict.listed == pytest.approx(4e-9 * 0.2 + 3e-9 + 1e-9)


def test_a_rounded_off_background_stays_above_zero() -> None:
    own = suspect("AA1234BB", 0.9, density=1.0)
    verdict = odds([own], 4e-9, [own], 0.9)
    assert verdict.background == pytest.approx(0.9 * LEAST_BACKGROUND)


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [(Odds(0.0, 1e-300, 0.0), MIN_LOG_ODDS), (Odds(1.0, 1e-300, 0.0), MAX_LOG_ODDS), (Odds(2.0, 1.0, 1.0), 0.0)],
)
def test_log_odds_are_finite_and_probabilities_open(verdict: Odds, expected: float) -> None:
    assert verdict.log_odds == pytest.approx(expected)
    assert 0.0 < verdict.probability < 1.0
    assert math.log(verdict.probability) - math.log1p(-verdict.probability) == pytest.approx(expected, abs=0.01)


def test_fitting_is_by_position_and_length() -> None:
    assert fits(key("AA1234BB"), key("AA12??BB"))
    assert fits(key("AA1234BB"), key("AA1234BB"))
    assert not fits(key("AA1234BC"), key("AA12??BB"))
    assert not fits(key("AA1234B"), key("AA1234B?"))
    assert not fits(key("AA1234BBB"), key("AA1234B?"))


def test_a_pattern_is_one_in_whatever_order_its_rows_come() -> None:
    """Its run may be filled by nothing, and then that row holds no wildcard."""
    empty, filled = suspect("KA1234", 1e-4, density=2e-9), suspect("KA?1234", 0.02, density=0.0, share=4e-9)
    verdict = odds([empty, filled], 4e-9, [empty, filled], 5e-9)
    assert verdict == odds([filled, empty], 4e-9, [filled, empty], 5e-9)
    assert verdict.listed == pytest.approx(4e-9 * (1e-4 + 0.02) + 4e-9)
    assert verdict.background == pytest.approx(5e-9 - 4e-9 - 2e-9 * 1e-4)


def test_a_plate_that_is_there_twice_while_its_entry_is_replaced_counts_once() -> None:
    own = suspect("AA1234BB", 0.9)
    assert odds([own, own], 4e-9, [own], 5e-9) == odds([own], 4e-9, [own], 5e-9)
