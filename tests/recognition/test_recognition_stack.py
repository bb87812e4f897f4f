"""Plates on two lines: their rows are one text where they stand and read like a plate, and two finds otherwise."""

from __future__ import annotations

import pytest
from photographs import GOOD

from platematch.reads import Candidate
from platematch.reads import Vehicle as Looks
from platematch.recognition import Sighted, recognise
from platematch.recognition.stack import joined
from platematch.simulation import Vehicle
from platematch.simulation.photo import photo

UPPER = ("OPHP", (136, 112, 79, 34))
LOWER = ("1840", (139, 150, 74, 32))
Row = tuple[str, tuple[int, int, int, int]]


def row(text: str, box: tuple[int, int, int, int], *candidates: Candidate) -> Sighted:
    return Sighted(text, 0.48, [0.9] * len(text), list(candidates), box)


def test_a_plate_on_two_lines_is_one_read_upper_row_first() -> None:
    vehicle = Vehicle("OP1840HP", "UA", Looks(color="blue", type="car"), two_line=True)
    (found,) = recognise(photo(vehicle, GOOD, seed=4))
    assert found.plate == "OPHP1840"
    assert found.char_confidences is not None
    assert len(found.char_confidences) == 8
    assert found.box[3] > found.box[2] / 2


@pytest.mark.parametrize("rows", [(UPPER, LOWER), (LOWER, UPPER)])
def test_the_rows_are_told_together(rows: tuple[Row, Row]) -> None:
    (whole,) = joined([row(*one) for one in rows])
    assert (whole.plate, whole.box) == ("OPHP1840", (136, 112, 79, 70))
    assert whole.confidence == pytest.approx(0.48 / 0.6 * 0.48 / 0.8)
    assert whole.char_confidences == [0.9] * 8


def test_other_readings_of_either_row_are_candidates_likeliest_first() -> None:
    upper = row(*UPPER, Candidate("0PHP", 0.12))
    (whole,) = joined([upper, row(*LOWER, Candidate("1B40", 0.24), Candidate("I840", 0.06))])
    assert [one.plate for one in whole.candidates] == ["OPHP1B40", "0PHP1840", "OPHPI840"]
    assert whole.candidates[0].confidence == pytest.approx(whole.confidence / 2)


@pytest.mark.parametrize(
    "lower",
    [
        ("1840", (236, 112, 74, 32)),  # beside
        ("1840", (139, 250, 74, 32)),  # far below
        ("1840", (190, 150, 74, 32)),  # aside
        ("1840", (139, 150, 74, 60)),  # larger
        ("EPIC", (139, 150, 74, 32)),  # words
        ("184099", (139, 150, 74, 32)),  # a plate by itself
    ],
)
def test_other_rows_stay_apart(lower: Row) -> None:
    found = [row(*UPPER), row(*lower)]
    assert joined(found) == found


def test_a_date_above_a_time_is_no_plate() -> None:
    found = [row("2026", UPPER[1]), row("1840", LOWER[1])]
    assert joined(found) == found
