from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matcher_oracle import forward as plain_forward
from matcher_oracle import plates_of

from platematch.matcher.background import background, by_start, format_mix, tables
from platematch.matcher.channel import symbols
from platematch.matcher.crowd import crowd_of
from platematch.matcher.kernels import Plates, Texts, densities, fits, forward, ordinary
from platematch.matcher.model import Fixed
from platematch.plates import ANY, pack
from platematch.plates.formats import FORMATS

PATTERNS = [(("AB", "0123456789", "0123456789"), 0.6), (("XYZ", "K", "0123456789", "01"), 0.3), (("AB", "AB"), 0.1)]
FORMS, CHANNEL = tables(PATTERNS)
ALL = plates_of(PATTERNS)
HOME = Fixed.home("UA").default


def as_texts(*alternatives: tuple[str, float]) -> Texts:
    """One read with these alternative texts."""
    codes = np.zeros((len(alternatives), 16), dtype=np.uint8)
    for row, (text, _) in zip(codes, alternatives, strict=True):
        row[: len(text)] = symbols(pack(text))
    lengths = np.array([len(text) for text, _ in alternatives], dtype=np.int32)
    weights = np.array([w for _, w in alternatives])
    return Texts(np.array([0, len(alternatives)]), codes, lengths, weights, np.zeros(codes.shape))


def as_plates(*plates: str) -> Plates:
    texts = as_texts(*((plate, 1.0) for plate in plates))
    return Plates(texts.codes, texts.lengths, np.zeros(len(plates), dtype=np.int64))


def by_enumeration(texts: Texts, plates: dict[str, float]) -> float:
    return sum(
        share * weight * plain_forward(symbols(pack(plate)).tolist(), row[:n].tolist(), CHANNEL)
        for plate, share in plates.items()
        for row, n, weight in zip(texts.codes, texts.lengths, texts.weights, strict=True)
    )


READS = [
    as_texts(("A12", 1.0)),
    as_texts(("XK31", 0.8), ("XK3I", 0.2)),
    as_texts(("?", 1.0)),
    as_texts(("ABCDE", 1.0)),
    as_texts(("B?", 0.5), ("XKO1", 0.5)),
]


@pytest.mark.parametrize("texts", READS)
def test_background_is_the_sum_over_all_plates(texts: Texts) -> None:
    found = ordinary(np.array([0]), texts, crowd_of(FORMS, CHANNEL))[0]
    assert found == pytest.approx(by_enumeration(texts, ALL), rel=1e-9)


def test_density_is_the_share_of_the_traffic() -> None:
    plates = ["A12", "XK31", "AB", "ZZZ", "A123", "A?2"]
    expected = [ALL.get(plate, 0.0) for plate in plates]
    assert densities(as_plates(*plates), FORMS) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("texts", READS)
@pytest.mark.parametrize("pattern", ["A1?", "?K3?", "A?", "?99", "QQ?"])
def test_fits_is_the_part_of_the_background_that_fits(texts: Texts, pattern: str) -> None:
    fitting = {
        plate: share
        for plate, share in ALL.items()
        if len(plate) == len(pattern) and all(p in ("?", c) for c, p in zip(plate, pattern, strict=True))
    }
    assert pack(pattern).count(ANY) == pattern.count("?")
    found = fits(as_plates(pattern), texts, FORMS, CHANNEL)[0]
    assert found == pytest.approx(by_enumeration(texts, fitting), rel=1e-9)


@pytest.mark.parametrize("home", ["UA", "DE", "ZZ"])
def test_mix_sums_to_one_and_favours_home(home: str) -> None:
    mix = format_mix(home, list(FORMATS))
    assert sum(mix.values()) == pytest.approx(1.0)
    assert max(mix, key=lambda name: mix[name]) == (home if home in FORMATS else "unknown")
    assert min(mix.values()) > 0


LETTERS = st.sampled_from("0123456789ABCDEHIKMOPQSTXZ?Я")


@settings(max_examples=60, deadline=None)
@given(st.text(LETTERS, min_size=1, max_size=16), st.sampled_from([0.0, -0.8, 30.0]))
def test_patterns_side_by_side_give_what_they_give_one_by_one(text: str, doubt: float) -> None:
    texts = as_texts((text, 1.0))
    texts.doubts[0, : len(text) : 3] = doubt
    found = ordinary(np.array([0]), texts, crowd_of(HOME.formats, HOME.channel))[0]
    whole = sum(
        share * forward(pattern, length, texts.codes[0], len(text), texts.doubts[0], HOME.channel)
        for pattern, length, share in zip(
            HOME.formats.patterns, HOME.formats.lengths.tolist(), HOME.formats.shares.tolist(), strict=True
        )
    )
    assert found == pytest.approx(whole, rel=1e-9)


def test_prefixes_of_the_home_country_are_not_alike() -> None:
    common, rare, unissued = densities(as_plates("AA1234BB", "OH1234BB", "QQ1234BB"), HOME.formats).tolist()
    assert common > 20 * rare > 0.0
    assert unissued < rare
    assert sum(share for _, share in by_start(FORMATS["UA"].patterns[0])) == pytest.approx(
        FORMATS["UA"].patterns[0].share
    )


def test_default_background_covers_ordinary_and_odd_texts() -> None:
    forms, common, model = background("UA")
    assert forms.shares.sum() == pytest.approx(1.0)
    assert (common.shares / forms.shares).max() == pytest.approx(1.0)
    assert 0 < (common.shares / forms.shares).min() < 0.05
    usual, odd, single, long = (
        ordinary(np.array([0]), as_texts((text, 1.0)), crowd_of(forms, model))[0]
        for text in ("AA1234BB", "QZ?Q7QZ", "A", "W" * 16)
    )
    assert usual > 1e-10 > odd > 0
    assert single > 0
    assert long > 0
