from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from platematch.matcher.align import Aligner
from platematch.matcher.channel import channel, symbols
from platematch.matcher.explain import explain
from platematch.matcher.kernels import forward
from platematch.matcher.languages import ENGLISH, KINDS_IN_UKRAINIAN, UKRAINIAN
from platematch.matcher.looks import COLOURS, TYPES
from platematch.matcher.match import Evidence, Explanation
from platematch.matcher.posterior import Odds
from platematch.matcher.wording import worded
from platematch.plates import ANY, OTHER, pack
from platematch.plates.lookalikes import LOOKALIKES

CHANNEL = channel()
ALIGNER = Aligner(CHANNEL)
CODES = st.binary(min_size=1, max_size=16).map(
    lambda raw: bytes(c % 40 + 1 if c < 250 else (ANY, OTHER)[c % 2] for c in raw)
)


NEAR: Any = {
    "read": "AA1Z34BB",
    "listed": "АА1234ВВ",
    "alignment": ALIGNER.align(pack("AA1234BB"), pack("AA1Z34BB"))[1],
    "odds": Odds(4e-9, 5.2e-10, 0.0),
    "prior": 4e-9,
    "likelihood": 0.9,
}


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
    whole = forward(symbols(codes), 8, symbols(codes), 8, np.zeros(16), CHANNEL)
    assert 0.5 * whole < math.exp(ALIGNER.align(codes, codes)[0]) <= whole


def test_sentences_name_the_difference_and_the_odds() -> None:
    said = sentence("AA1234BB", "AA1Z34BB")
    assert said.startswith(
        "Read AA1Z34BB, listed AA1234BB: read Z where the list has 2 (about 1 in 190 reads of 2 show"
    )
    assert (
        "An ordinary vehicle would give this read about once in 2 billion reads, the listed one about once in 280 "
        "million. All told, the listed one is 8 times likelier: probability 89 %."
    ) in said
    assert "every character agrees" in sentence("AA1234BB", "AA1234BB")
    assert "the A at the start was not read" in sentence("AA1234BB", "A1234BB")
    assert "the 2 in the middle was not read" in sentence("AA1234BB", "AA134BB")
    assert "an extra I was read at the end" in sentence("AA1234BB", "AA1234BBI")
    assert "the 3 could not be read" in sentence("AA1234BB", "AA12?4BB")
    assert "the pattern fits" in sentence("AA12?4BB", "AA1234BB")
    assert "the pattern nearly fits; read I where the list has 1" in sentence("AA12?4BB", "AAI234BB")


def test_sentences_say_when_the_odds_are_against() -> None:
    assert "10 times less likely: probability 9.1 %" in sentence("AA1234BB", "A1234BB", Odds(1e-10, 1e-9, 0.0))
    assert "Another listed vehicle would" in sentence("AA1234BB", "A1234BB", Odds(1e-10, 1e-9, 2e-8))
    both = sentence("AA1234BB", "A1234BB", Odds(1e-10, 1e-9, 1e-9))
    assert (
        "Another vehicle, listed or not, would give this read about once in 500 million reads, this one about" in both
    )
    assert "as likely: probability 50 %" in sentence("AA1234BB", "A1234BB", Odds(1e-9, 1e-9, 0.0))


def test_the_runner_up_is_named_with_its_probability() -> None:
    assert sentence("AA1234BB", "AA1Z34BB", runner_up="AA1734BB").endswith(
        "The next likeliest plate of the list is AA1734BB."
    )
    why = explain(**NEAR, runner_up="AA1734BB", runner_up_probability=0.36, ambiguous=True)
    assert why.sentence.endswith(
        "The next likeliest plate of the list is AA1734BB (36 %). Ambiguous: only the picture can tell."
    )
    assert why.sentence_uk.endswith(
        "Наступний за ймовірністю номер у списку: AA1734BB (36 %). Неоднозначно: вирішити можна лише за знімком."
    )
    behind = explain(**NEAR, runner_up="AA1734BB", runner_up_probability=0.98)
    assert behind.sentence.endswith("A likelier plate of the list is AA1734BB (98 %).")
    assert behind.sentence_uk.endswith("Імовірніший номер у списку: AA1734BB (98 %).")


def test_the_text_of_an_alternative_or_of_two_lines_is_told_as_such() -> None:
    exact = ALIGNER.align(pack("AA1234BB"), pack("AA1234BB"))[1]
    other = explain(**NEAR | {"read": "aa 1734-bb", "alignment": exact}, runner_up=None)
    assert other.sentence.startswith(
        "Read AA1734BB, possibly AA1234BB (the camera's own alternative), listed АА1234ВВ: every character agrees."
    )
    assert other.sentence_uk.startswith("Прочитано AA1734BB, можливо AA1234BB (інший варіант камери), у списку")
    turned = explain(**NEAR | {"read": "AABB1234", "alignment": exact}, runner_up=None)
    assert turned.sentence.startswith("Read AABB1234, in one line AA1234BB, listed АА1234ВВ: every character agrees.")
    assert turned.sentence_uk.startswith("Прочитано AABB1234, одним рядком AA1234BB, у списку АА1234ВВ")


def test_a_difference_that_occurs_twice_is_told_once() -> None:
    said = sentence("AA1221BB", "AA1ZZ1BB")
    assert said.count("read Z where") == 1
    assert "2 show Z), twice." in said


def test_a_pattern_is_weighed_by_all_that_fits_it() -> None:
    said = sentence("AA12?4BB", "AA1234BB", Odds(1e-8, 1e-10, 0.0))
    assert (
        "does not fit would give this read about once in 10 billion reads, one that fits about once in 100 mi" in said
    )


def test_evidence_is_told_by_what_it_speaks_for() -> None:
    facts = [
        Evidence("color", "silver", "чорний", 0.05),
        Evidence("make", "Toyota", "BMW", 0.02),
        Evidence("country", "UA", "UA", 1.2),
        Evidence("confidence", "", "", 3.0),
        Evidence("type", "van", "car", 1.0),
    ]
    why = explain(**NEAR, runner_up=None, evidence=facts)
    assert "For it: country UA, as on the list; how sure the camera was of each character (3.6 times likelier)." in (
        why.sentence
    )
    assert (
        "Against it: the camera saw silver Toyota, but the list has black BMW (1,000 times less likely)."
        in why.sentence
    )
    assert (
        "Проти: камера бачила: сріблястий Toyota; у списку: чорний BMW (у 1\u00a0000 разів менш імовірно)"
        in why.sentence_uk
    )
    assert "van" not in why.sentence
    assert why.evidence == facts


def test_the_ukrainian_sentence_tells_the_same() -> None:
    why = explain(**NEAR, runner_up=None)
    assert why.sentence_uk == (
        "Прочитано AA1Z34BB, у списку АА1234ВВ: замість 2 прочитано Z (приблизно 1 зі 190 зчитувань символу 2 дає Z). "
        "Такий текст звичайний автомобіль дав би приблизно раз на 1,9 млрд зчитувань, автомобіль зі списку – приблизно "
        "раз на 280 млн. Загалом автомобіль зі списку у 7,7 раза імовірніший: імовірність 88 %."
    )
    assert "АА1234ВВ" in why.sentence, "the plate stands as it is listed, in its own alphabet"


def test_a_raised_probability_is_worded_anew() -> None:
    why = explain(**NEAR, runner_up=None)
    anew = worded(why, read="AA1Z34BB", listed="АА1234ВВ", probability=0.9996)
    assert anew.sentence.endswith("2,500 times likelier: probability 99.96 %.")
    assert replace(anew, sentence="", sentence_uk="") == replace(why, sentence="", sentence_uk="")


def test_explanations_without_the_newer_fields_are_still_read() -> None:
    former = {"sentence": "-", "alignment": [], "prior": 4e-9, "likelihood": 0.5, "background": 1e-9, "rivals": 0.0}
    why = msgspec.msgpack.decode(msgspec.msgpack.encode(former), type=Explanation)
    assert (why.sentence_uk, why.evidence, why.runner_up_probability, why.ambiguous) == ("", [], None, False)


def test_vehicles_are_named_by_their_kinds_in_each_language() -> None:
    facts = [
        Evidence("color", "silver-gray", "СРІБЛЯСТИЙ", 3.0),
        Evidence("make", "skoda_octavia", "SKODA - OCTAVIA", 4.0),
        Evidence("type", "sedan-standard", "ЛЕГКОВИЙ", 1.2),
        Evidence("country", "UA", "UA", 1.05),
    ]
    why = explain(**NEAR, runner_up=None, evidence=facts)
    assert "For it: silver Skoda car, as on the list (14 times likelier)." in why.sentence
    assert "За: сріблястий легковий автомобіль Skoda, як у списку (у 14 разів імовірніше)." in why.sentence_uk


def test_every_kind_has_a_ukrainian_name() -> None:
    kinds = {*COLOURS.words.values(), *TYPES.words.values()}
    assert set(KINDS_IN_UKRAINIAN) == kinds
    for kind, name in KINDS_IN_UKRAINIAN.items():
        assert kind in (COLOURS.kind(name), TYPES.kind(name))


@pytest.mark.parametrize(
    ("ratio", "english", "ukrainian"),
    [
        (1.3, "1.3 times", "у 1,3 раза"),
        (3.0, "3 times", "у 3 рази"),
        (5.0, "5 times", "у 5 разів"),
        (12.0, "12 times", "у 12 разів"),
        (21.0, "21 times", "у 21 раз"),
        (112_345.0, "110,000 times", "у 110\u00a0000 разів"),
        (2e6, "over a million times", "більш ніж у мільйон разів"),
    ],
)
def test_ratios_in_words(ratio: float, english: str, ukrainian: str) -> None:
    assert (ENGLISH.ratio(ratio), UKRAINIAN.ratio(ratio)) == (english, ukrainian)


@pytest.mark.parametrize(
    ("rate", "english", "ukrainian"),
    [
        (0.005, "about 1 in 200", "приблизно 1 з 200"),
        (0.0053, "about 1 in 190", "приблизно 1 зі 190"),
        (0.3, "about 1 in 3.3", "приблизно 1 з 3,3"),
        (1e-9, "under 1 in 100,000", "менш ніж 1 зі 100\u00a0000"),
    ],
)
def test_chances_in_words(rate: float, english: str, ukrainian: str) -> None:
    assert (ENGLISH.chance(rate), UKRAINIAN.chance(rate)) == (english, ukrainian)


@pytest.mark.parametrize(
    ("probability", "english", "ukrainian"),
    [
        (0.5, "50 %", "50 %"),
        (0.9953, "99.53 %", "99,53 %"),
        (0.999999, "over 99.99 %", "понад 99,99 %"),
        (0.0123, "1.2 %", "1,2 %"),
        (1e-9, "under 0.01 %", "менш ніж 0,01 %"),
    ],
)
def test_probabilities_in_words(probability: float, english: str, ukrainian: str) -> None:
    assert (ENGLISH.percent(probability), UKRAINIAN.percent(probability)) == (english, ukrainian)


@pytest.mark.parametrize(
    ("reads", "english", "ukrainian"),
    [
        (2.84e8, "about once in 280 million", "приблизно раз на 280 млн"),
        (4.5e9, "about once in 4.5 billion", "приблизно раз на 4,5 млрд"),
        (2.71e12, "about once in 2.7 trillion", "приблизно раз на 2,7 трлн"),
        (7e19, "less than once in 1,000 trillion", "рідше ніж раз на 1\u00a0000 трлн"),
    ],
)
def test_how_rare_a_read_is_in_words(reads: float, english: str, ukrainian: str) -> None:
    assert (ENGLISH.once(reads), UKRAINIAN.once(reads)) == (english, ukrainian)


@pytest.mark.parametrize(
    ("count", "english", "ukrainian"), [(2, "twice", "двічі"), (3, "3 times", "тричі"), (5, "5 times", "5 разів")]
)
def test_repetitions_in_words(count: int, english: str, ukrainian: str) -> None:
    assert (ENGLISH.times(count), UKRAINIAN.times(count)) == (english, ukrainian)
