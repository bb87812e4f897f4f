from __future__ import annotations

import cv2
import numpy as np
import pytest

from platematch.recognition.align import align
from platematch.recognition.rank import Ranked, Sighting, plausibility, rank
from platematch.recognition.read import Letter
from platematch.recognition.shape import Shape, shape_of


def read(text: str, confidence: float = 0.95) -> list[list[Letter]]:
    return [[Letter(symbol, confidence, {}, 0.0)] for symbol in text]


def ranked(*texts: str, holes: str = "") -> list[Ranked]:
    names = {"n": "none", "u": "upper", "l": "lower", "w": "whole", "t": "two"}
    shapes = [Shape(names[hole], 0.6) for hole in holes]  # type: ignore[arg-type]
    return rank(Sighting(shapes, [True] * len(holes), [read(text) for text in texts]))


def test_readings_that_agree_win() -> None:
    first = ranked("KA4837EH", "KA4337EH", "KA4837EH", holes="nuutnnnn")[0]
    assert first.text == "KA4837EH"
    assert len(first.characters) == 8
    assert 0 < first.share <= 1


def test_a_format_decides_between_look_alikes() -> None:
    assert ranked("OAB1234", "0AB1234", holes="wutnnnu")[0].text == "OAB1234"


def test_no_format_is_forced_upon_a_text() -> None:
    assert ranked("M3XRY7K", "M3XRY7K", holes="nnnunnn")[0].text == "M3XRY7K"


def test_holes_tell_a_nine_from_an_s() -> None:
    assert "9" in ranked("AB5SCDE", "AB5SCDE", holes="utnunwn")[0].text


def test_nothing_is_ranked_where_lengths_are_no_plates() -> None:
    assert ranked("AB", holes="ut") == []
    assert rank(Sighting([], [], [])) == []


def test_words_and_long_numbers_are_less_plausible() -> None:
    assert plausibility("SALVADOR") < plausibility("2014050112") < plausibility("OZU5764")


def laid(*letters: tuple[str, float]) -> list[str]:
    """What stands on each of four places, twenty columns wide and thirty apart."""
    spans = np.array([[0, 20], [30, 50], [60, 80], [90, 110]], np.int32)
    at = align([Letter(text, 0.9, {}, column) for text, column in letters], spans)
    return ["".join(letter.text for letter in place) for place in at]


def test_a_letter_told_twice_stands_on_one_place() -> None:
    assert laid(("A", 9), ("S", 36), ("5", 44), ("B", 68), ("C", 101)) == ["A", "S5", "B", "C"]


def test_a_missed_letter_leaves_its_place_empty() -> None:
    assert laid(("A", 9), ("B", 71), ("C", 101)) == ["A", "", "B", "C"]
    assert laid(("C", 101)) == ["", "", "", "C"]
    assert laid() == ["", "", "", ""]
    assert align([Letter("A", 0.9, {}, 5.0)], np.zeros((0, 2), np.int32)) == []


@pytest.mark.parametrize(
    ("text", "holes"), [("8", "two"), ("9", "upper"), ("6", "lower"), ("0", "whole"), ("7", "none")]
)
def test_holes_are_seen(text: str, holes: str) -> None:
    pixels = np.full((80, 60), 240, np.uint8)
    cv2.putText(pixels, text, (8, 66), cv2.FONT_HERSHEY_SIMPLEX, 2.2, 20, 6, cv2.LINE_AA)
    x, y, w, h = cv2.boundingRect((pixels < 128).astype(np.uint8))
    character = pixels[y : y + h, x : x + w]
    assert shape_of(character, (character < 128).astype(np.uint8)).holes == holes
