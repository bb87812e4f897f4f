"""Every format: its examples, its random plates, its shares; and what tells formats apart."""

import math
import random

import pytest

from platematch.plates import ALPHABET, MAX_SYMBOLS, canonical
from platematch.plates.formats import FORMATS

each = pytest.mark.parametrize("plates", FORMATS.values(), ids=FORMATS.keys())


@each
def test_examples_fit(plates):
    assert plates.examples
    assert [text for text in plates.examples if not plates.fits(text)] == []


@each
def test_every_pattern_has_an_example_or_is_drawn(plates):
    """Shares sum to 1, none is empty, and each pattern fits what it makes."""
    assert math.isclose(sum(pattern.share for pattern in plates.patterns), 1)
    for pattern in plates.patterns:
        assert 0 < pattern.share <= 1
        assert pattern.fits("".join(alphabet[-1] for alphabet in pattern.positions))


@each
def test_positions_hold_canonical_characters_once(plates):
    for pattern in plates.patterns:
        assert 1 < len(pattern.positions) <= MAX_SYMBOLS
        for alphabet in pattern.positions:
            assert alphabet
            assert len(set(alphabet)) == len(alphabet)
            assert set(alphabet) <= set(ALPHABET[1:])


@each
def test_random_plates_are_canonical_and_fit(plates):
    rng = random.Random(7)
    for _ in range(300):
        plate = plates.random(rng)
        assert plates.fits(plate)
        assert canonical(plate, rows=False) == plate
    assert plates.random(random.Random(7)) == plates.random(random.Random(7))


def test_random_plates_follow_the_shares():
    rng = random.Random(11)
    current = sum(FORMATS["UA"].patterns[0].fits(FORMATS["UA"].random(rng)) for _ in range(4000)) / 4000
    assert abs(current - FORMATS["UA"].patterns[0].share) < 0.04


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("UA", "AA1234DD"),
        ("UA", "BEAA9212"),
        ("UA", "AA12345"),
        ("GB", "AI51CDE"),
        ("GB", "AB51CQE"),
        ("PL", "KR 1234B5"),
        ("DE", "B A 0123"),
        ("DE", "GAP AB 1234"),
        ("US", "AB1234CD"),
        ("BR", "ABC12D3"),
        ("unknown", "ABC"),
        ("unknown", "ABC12345678"),
        ("unknown", "ABC?123"),
        ("unknown", "Σあ123"),
    ],
)
def test_what_does_not_fit(name, text):
    assert not FORMATS[name].fits(text)


def test_formats_are_told_by_name_and_country():
    assert set(FORMATS) == {"UA", "GB", "PL", "DE", "US", "BR", "unknown"}
    for name, plates in FORMATS.items():
        assert plates.name == name
        assert plates.country == (None if name == "unknown" else name)
