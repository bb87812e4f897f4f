from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawing import Pixels, encoded, plate, scene, turned

from platematch.recognition import InvalidPicture, RecognitionUnavailable, Sighted, recognise
from platematch.recognition.find import overlap

IMAGES = Path(__file__).parents[3] / "shared" / "images"
TEXT = "KA4837EH"


def one(picture: Pixels, ending: str = ".png") -> Sighted:
    (found,) = recognise(encoded(picture, ending))
    return found


@pytest.mark.parametrize("text", [TEXT, "AB51CDE", "BRA2E19", "AA1234BB"])
def test_a_clean_plate_is_read(text: str) -> None:
    found = one(scene((plate(text), 200, 200)), ".jpg")
    assert found.plate == text
    assert found.confidence > 0.9
    assert found.char_confidences is not None
    assert len(found.char_confidences) == len(text)
    x, y, w, h = found.box
    assert overlap((x, y, x + w, y + h), (220, 220, 200 + len(text) * 46, 264)) > 0.9
    assert 40 <= h <= 60


@pytest.mark.parametrize("degrees", [-12, -5, 4, 9])
def test_a_turned_plate_is_read(degrees: float) -> None:
    assert one(turned(scene((plate(TEXT), 200, 200)), degrees)).plate == TEXT


@pytest.mark.parametrize(("ink", "ground"), [(230, 25), (80, 120), (5, 28), (150, 255)])
def test_any_ink_on_any_ground_is_read(ink: int, ground: int) -> None:
    assert one(scene((plate(TEXT, ink=ink, ground=ground), 200, 200))).plate == TEXT


@pytest.mark.parametrize("scale", [0.4, 2.5])
def test_near_and_far_plates_are_read(scale: float) -> None:
    street = cv2.resize(scene((plate(TEXT), 200, 200)), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    assert one(street.astype(np.uint8)).plate == TEXT


def test_two_plates_are_two_sightings_apart() -> None:
    found = recognise(encoded(scene((plate("AB51CDE"), 60, 100), (plate("BRA2E19"), 380, 300))))
    assert {sighted.plate for sighted in found} == {"AB51CDE", "BRA2E19"}
    assert found[0].confidence >= found[1].confidence
    assert {sighted.box[1] // 100 for sighted in found} == {1, 3}


def test_candidates_are_other_texts_likeliest_first() -> None:
    found = one(scene((plate(TEXT), 200, 200)))
    texts = [candidate.plate for candidate in found.candidates]
    sure = [candidate.confidence or 0 for candidate in found.candidates]
    assert TEXT not in texts
    assert len(set(texts)) == len(texts) >= 3
    assert sorted(sure, reverse=True) == sure
    assert found.confidence >= sure[0] > 0


@pytest.mark.parametrize("seed", range(4))
def test_a_street_without_a_plate_shows_none(seed: int) -> None:
    assert recognise(encoded(scene(seed=seed))) == []


def test_plain_and_tiny_pictures_show_none() -> None:
    assert recognise(encoded(np.zeros((24, 24), np.uint8))) == []
    assert recognise(encoded(np.full((300, 2000), 255, np.uint8))) == []
    for shape in ((24, 32_000), (32_000, 24)):
        assert recognise(encoded(np.zeros(shape, np.uint8))) == []


def test_a_bad_picture_is_refused() -> None:
    with pytest.raises(InvalidPicture, match="neither a JPEG nor a PNG"):
        recognise(b"no picture")


def test_without_the_engine_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(RecognitionUnavailable, match="apt-get install tesseract-ocr"):
        recognise(encoded(scene((plate(TEXT), 200, 200))))


def test_the_time_is_bounded() -> None:
    with pytest.raises(RecognitionUnavailable, match=r"took longer|Tesseract"):
        recognise(encoded(scene((plate(TEXT), 200, 200))), timeout_s=0.001)


@pytest.mark.parametrize("name", ["openalpr_eu", "openalpr_br"])
def test_photographs_are_read(name: str) -> None:
    """A coarse bar; benchmarks/pictures.py measures."""
    if not IMAGES.is_dir():
        pytest.skip("the photographs are no part of the repository")
    with (IMAGES / "manifest.csv").open(newline="", encoding="utf-8") as file:
        known = [row for row in csv.DictReader(file) if row["set"] == name][::8]
    fold = str.maketrans("OQI", "001")
    right = 0
    for row in known:
        found = recognise((IMAGES / row["file"]).read_bytes(), timeout_s=60)
        right += bool(found) and found[0].plate.translate(fold) == row["plate"].translate(fold)
    assert right >= 0.6 * len(known)
