from __future__ import annotations

import pytest

from platematch.errors import InvalidPlate
from platematch.matcher.patterns import check_plate, keys
from platematch.plates import unpack

LENGTHS = {6, 7, 8}


def rows(text: str, region: str | None = None) -> set[str]:
    return {unpack(key.rstrip(b"\0")) for key in keys(text, region, LENGTHS)}


@pytest.mark.parametrize("text", ["АА1234ВВ", "aa 1234-bb", "A", "W" * 16])
def test_plates_are_accepted(text: str) -> None:
    check_plate(text, wildcards=False)
    check_plate(text, wildcards=True)


@pytest.mark.parametrize("text", ["AA12??BB", "*1234*", "AA*BB", "A?1", "AA**11"])
def test_patterns_are_accepted_where_wildcards_are(text: str) -> None:
    check_plate(text, wildcards=True)
    with pytest.raises(InvalidPlate, match="wildcard"):
        check_plate(text, wildcards=False)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no letter or digit"),
        (" - ", "no letter or digit"),
        ("W" * 17, "over 16"),
        ("A" * 17 + "*", "over 16"),
        ("?", "fits almost any"),
        ("*", "fits almost any"),
        ("A*", "fits almost any"),
        ("???????A", "fits almost any"),
        ("*A*1*B*", "over 2 runs"),
        ("AA\u304b1234", "script"),
    ],
)
def test_what_no_read_could_match_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidPlate, match=reason):
        check_plate(text, wildcards=True)
    with pytest.raises(InvalidPlate, match=reason):
        keys(text, None, LENGTHS)


def test_a_plate_has_its_spellings() -> None:
    assert rows("АА1234ВВ") == {"AA1234BB"}
    assert rows("ВЕАА9212") >= {"BE9212AA"}


def test_a_wildcard_is_one_row() -> None:
    assert rows("aa12??bb") == {"AA12??BB"}


def test_a_run_is_filled_to_the_lengths_of_plates() -> None:
    assert rows("AA*BB") == {"AA??BB", "AA???BB", "AA????BB"}
    assert rows("*12345") == {"?12345", "??12345", "???12345"}


def test_two_runs_are_filled_in_every_way() -> None:
    assert rows("*12345*") == {
        "?12345", "12345?", "??12345", "?12345?", "12345??",
        "???12345", "??12345?", "?12345??", "12345???",
    }  # fmt: skip


def test_a_run_beyond_all_lengths_is_left_empty() -> None:
    assert rows("AA12345678*") == {"AA12345678"}
