"""The camera model: how often it is right, that chance is the seed's alone, and what it reports beside the text."""

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from platematch.plates import canonical
from platematch.simulation.camera import Camera, random_camera
from platematch.simulation.channel import read
from platematch.simulation.city import City
from platematch.simulation.glyphs import NUMBER, PIXELS, SYMBOLS
from platematch.simulation.vehicles import Spot

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def camera() -> Camera:
    return replace(
        random_camera(1, random.Random(5)), noise=0.2, slant=0.0, glare=0.0, blur=0.0, knows_format=False,
        char_confidences=True, candidates=5,
    )  # fmt: skip


def exact_share(camera: Camera, plate: str, *, count: int = 800, dirt: tuple[Spot, ...] = ()) -> float:
    rng = random.Random(11)
    return sum(read(plate, camera, rng, dirt).text == plate for _ in range(count)) / count


def test_glyphs_are_36_different_shapes() -> None:
    assert SYMBOLS == "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert PIXELS.shape == (36, 35)
    assert len({row.tobytes() for row in PIXELS}) == 36


def test_exact_share_of_the_whole_traffic() -> None:
    passages = City(7).passages(START, 100.0)
    count = 8_000
    exact = 0
    for _ in range(count):
        passage = next(passages)
        exact += canonical(passage.read.plate) == canonical(passage.vehicle.plate)
    assert 0.89 <= exact / count <= 0.92


def test_cameras_differ_in_quality() -> None:
    rng = random.Random(3)
    shares = [exact_share(random_camera(number, rng), "KA7538BX", count=200) for number in range(40)]
    assert min(shares) < 0.85
    assert max(shares) > 0.9


def test_noise_costs_reads(camera: Camera) -> None:
    assert exact_share(replace(camera, noise=0.1), "KA7538BO") > 0.9
    assert exact_share(replace(camera, noise=0.45), "KA7538BO") < 0.5


def test_dirt_is_the_plates_not_the_cameras(camera: Camera) -> None:
    dirt = (Spot(position=4, column=0, width=1, ink=0.9),)
    assert exact_share(camera, "KA7538BO", dirt=dirt) < exact_share(camera, "KA7538BO") - 0.2


def test_misreads_are_of_like_shapes_and_of_edges(camera: Camera) -> None:
    rng = random.Random(2)
    noisy = replace(camera, noise=0.3)
    texts = [read("AB8601OX", noisy, rng).text for _ in range(2500)]
    assert sum(len(text) == 7 for text in texts) > 10
    assert sum(len(text) == 9 and (text[0] in "1I" or text[-1] in "1I") for text in texts) > 10
    confused = [(a, b) for text in texts if len(text) == 8 for a, b in zip("AB8601OX", text, strict=True) if a != b]
    distance = [((PIXELS[NUMBER[a]] - PIXELS[NUMBER[b]]) ** 2).sum() for a, b in confused]
    assert sum(value <= 4.0 for value in distance) > 0.7 * len(distance)


def test_an_engine_that_knows_the_format_takes_letters_and_digits_by_position(camera: Camera) -> None:
    noisy = replace(camera, noise=0.3)
    knowing = replace(noisy, knows_format=True)
    assert exact_share(knowing, "OI0110OI") > exact_share(noisy, "OI0110OI") + 0.1
    rng = random.Random(4)
    assert any(read("OI0110OI", noisy, rng).text[0] == "0" for _ in range(500))


def test_the_same_seed_gives_the_same_read(camera: Camera) -> None:
    first, second = ([read("KA7538BO", camera, rng) for _ in range(50)] for rng in (random.Random(9), random.Random(9)))
    assert first == second
    rng = random.Random(10)
    assert first != [read("KA7538BO", camera, rng) for _ in range(50)]


def test_confidences_belong_to_the_text_and_are_lower_where_it_is_wrong(camera: Camera) -> None:
    rng = random.Random(6)
    noisy = replace(camera, noise=0.28)
    right: list[float] = []
    wrong: list[float] = []
    for _ in range(1500):
        seen = read("KA7538BO", noisy, rng)
        assert seen.char_confidences is not None
        assert len(seen.char_confidences) == len(seen.text)
        assert all(0.0 <= value <= 1.0 for value in [seen.confidence, *seen.char_confidences])
        if len(seen.text) == 8:
            for listed, shown, sure in zip("KA7538BO", seen.text, seen.char_confidences, strict=True):
                (right if listed == shown else wrong).append(sure)
    assert sum(wrong) / len(wrong) < sum(right) / len(right) - 0.05


def test_candidates_start_with_the_text_and_fall(camera: Camera) -> None:
    rng = random.Random(8)
    noisy = replace(camera, noise=0.28)
    rescued = missed = 0
    for _ in range(1000):
        seen = read("KA7538BO", noisy, rng)
        assert seen.candidates is not None
        texts = [text for text, _ in seen.candidates]
        values = [value for _, value in seen.candidates]
        assert texts[0] == seen.text
        assert len(set(texts)) == len(texts) == 5
        assert values == sorted(values, reverse=True)
        if seen.text != "KA7538BO":
            missed += 1
            rescued += "KA7538BO" in texts
    assert rescued > missed / 2


def test_a_camera_reports_no_more_than_its_engine_has(camera: Camera) -> None:
    plain = read("KA7538BO", replace(camera, char_confidences=False, candidates=0), random.Random(1))
    assert plain.char_confidences is None
    assert plain.candidates is None


def test_a_plate_without_glyphs_is_refused(camera: Camera) -> None:
    with pytest.raises(KeyError):
        read("КА7538", camera, random.Random(1))
