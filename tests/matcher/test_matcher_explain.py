from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platematch.matcher.channel import channel, symbols
from platematch.matcher.explain import Aligner, explain, percent
from platematch.matcher.kernels import forward
from platematch.matcher.posterior import Odds
from platematch.plates import ANY, OTHER, pack
from platematch.plates.lookalikes import LOOKALIKES

CHANNEL = channel()
ALIGNER = Aligner(CHANNEL)
CODES = st.binary(min_size=1, max_size=16).map(
    lambda raw: bytes(c % 40 + 1 if c < 250 else (ANY, OTHER)[c % 2] for c in raw)
)


def steps(listed: str, read: str) -> list[tuple[str, str, str]]:
    return [(step.kind, step.listed, step.read) for step in ALIGNER.align(pack(listed), pack(read))[1]]


def sentence(listed: str, read: str, odds: Odds | None = None, runner_up: str | None = None) -> str:
    alignment = ALIGNER.align(pack(listed), pack(read))[1]
    odds = odds or Odds(4e-9, 5e-10, 0.0)
    made = explain(read, listed, alignment, odds, prior=4e-9, likelihood=0.9, runner_up=runner_up)
    return made.sentence


def test_a_confused_character_stands_where_it_was_read() -> None:
    assert steps("AA1234BB", "AA1Z34BB")[2:5] == [("same", "1", "1"), ("confused", "2", "Z"), ("same", "3", "3")]


@pytest.mark.parametrize(
    ("listed", "read", "odd"),
    [
        ("AA1234BB", "A1234BB", ("lost", "A", "")),
        ("AA1234BB", "AA1234BBI", ("added", "", "I")),
        ("AA1234BB", "AA12?4BB", ("unread", "3", "?")),
        ("AA12?4BB", "AA1234BB", ("wildcard", "?", "3")),
    ],
)
def test_lost_added_unread_and_wildcard_steps(listed: str, read: str, odd: tuple[str, str, str]) -> None:
    assert [step for step in steps(listed, read) if step[0] != "same"] == [odd]


def test_the_rate_is_that_of_the_look_alike_table() -> None:
    pair = next(p for p in LOOKALIKES if {p.a, p.b} == {"2", "Z"})
    confused = next(s for s in ALIGNER.align(pack("AA1234BB"), pack("AA1Z34BB"))[1] if s.kind == "confused")
    assert confused.rate == pytest.approx(pair.rate, rel=0.1)


@settings(max_examples=100, deadline=None)
@given(CODES, CODES)
def test_the_alignment_spells_both_texts_and_is_one_of_the_sum(plate: bytes, read: bytes) -> None:
    log_likelihood, alignment = ALIGNER.align(plate, read)
    assert sum(step.kind != "added" for step in alignment) == len(plate)
    assert sum(step.kind != "lost" for step in alignment) == len(read)
    assert all(0.0 < step.rate <= 1.0 for step in alignment)
    assert math.isfinite(log_likelihood)


def test_an_exact_read_is_mostly_its_best_alignment() -> None:
    codes = pack("AA1234BB")
    whole = forward(symbols(codes), 8, symbols(codes), 8, CHANNEL)
    assert 0.5 * whole < math.exp(ALIGNER.align(codes, codes)[0]) <= whole


def test_sentences_name_the_difference_and_the_odds() -> None:
    said = sentence("AA1234BB", "AA1Z34BB")
    assert said.startswith("Read AA1Z34BB, listed AA1234BB: read Z where the list has 2; cameras confuse these in 0.")
    assert "An ordinary vehicle would give this read 8.0 times less often than the listed one." in said
    assert "every character agrees" in sentence("AA1234BB", "AA1234BB")
    assert "the A of the list was not read" in sentence("AA1234BB", "A1234BB")
    assert "read one I more" in sentence("AA1234BB", "AA1234BBI")
    assert "the 3 of the list was unreadable" in sentence("AA1234BB", "AA12?4BB")
    assert "the pattern fits" in sentence("AA12?4BB", "AA1234BB")


def test_sentences_say_when_the_odds_are_against() -> None:
    assert "10 times more often" in sentence("AA1234BB", "A1234BB", Odds(1e-10, 1e-9, 0.0))
    assert "Another listed vehicle would" in sentence("AA1234BB", "A1234BB", Odds(1e-10, 1e-9, 2e-9))
    assert "over a million times" in sentence("AA1234BB", "AA1234BB", Odds(1e-2, 1e-9, 0.0))


def test_the_runner_up_is_named() -> None:
    assert sentence("AA1234BB", "AA1Z34BB", runner_up="AA1734BB").endswith("The next plate of the list is AA1734BB.")


@pytest.mark.parametrize(
    ("rate", "words"), [(0.012, "1.2 %"), (0.25, "25 %"), (0.00033, "0.033 %"), (1e-9, "under 0.001 %"), (1.0, "100 %")]
)
def test_rates_in_words(rate: float, words: str) -> None:
    assert percent(rate) == words
