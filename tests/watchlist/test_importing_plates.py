"""Which texts of a hot-list file are plates."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platematch.errors import InvalidPlate
from platematch.watchlist.importing.plates import check


@pytest.mark.parametrize("plate", ["АА1234ВВ", "aa 1234-bb", "ВЕАА9212", "1234 КИЯ", "B 1", "0000A", "A" * 16])
def test_plates(plate: str) -> None:
    check(plate, wildcards=False)
    check(plate, wildcards=True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("-.-", "no letter or digit"),
        ("* - % .", "no letter or digit"),
        ("0", "zeros"),
        ("00000", "zeros"),
        ("АА?234ВВ", "wildcards"),
        ("АА*", "wildcards"),
        ("AA1234字", "script"),
        ("A" * 17, "17 characters"),
        ("-" * 65, "65 characters"),
    ],
)
def test_dirt(text: str, reason: str) -> None:
    with pytest.raises(InvalidPlate, match=reason) as error:
        check(text, wildcards=False)
    assert error.value.field == "plate"


def test_wildcards_where_they_are_meant() -> None:
    check("AA?234*", wildcards=True)
    for pattern in ("*", "?", "A*", "??1*"):
        with pytest.raises(InvalidPlate, match="2 fixed"):
            check(pattern, wildcards=True)


@given(st.text(max_size=80), st.booleans())
def test_any_text(text: str, wildcards: bool) -> None:
    with contextlib.suppress(InvalidPlate):
        check(text, wildcards=wildcards)
        assert any(character.isalnum() for character in text)
