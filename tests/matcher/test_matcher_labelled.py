"""Files of labelled pairs: what is taken, and what is said of rows that are none."""

from __future__ import annotations

import pytest

from platematch.errors import InvalidInput
from platematch.matcher.labelled import read_csv, read_ndjson


def test_all_columns_of_a_csv() -> None:
    pairs = read_csv(
        b"truth;read;camera_id;region;char_confidences;candidates;candidate_confidences\r\n"
        b"AA1234BB;AA1Z34BB;gate-1;UA;.9 .9 .9 .4 .9 .9 .9 .9;AA1234BB AA1734BB;.5 .1\r\n"
    )
    (read,) = pairs.reads
    assert pairs.truths == ["AA1234BB"]
    assert not pairs.wrong
    assert (read.plate, read.camera_id, read.region) == ("AA1Z34BB", "gate-1", "UA")
    assert read.char_confidences == [0.9, 0.9, 0.9, 0.4, 0.9, 0.9, 0.9, 0.9]
    assert [(c.plate, c.confidence) for c in read.candidates] == [("AA1234BB", 0.5), ("AA1734BB", 0.1)]


def test_wrong_rows_are_told_and_the_others_survive() -> None:
    pairs = read_csv(
        b"truth,read,char_confidences,candidates,candidate_confidences\n"
        b"AA1234BB,AA1234BB,,,\n"
        b",AA1234BB,,,\n"
        b"AA1234BB,AA1234BB,high,,\n"
        b"AA1234BB,AA1234BB,1.5,,\n"
        b"AA1234BB,AA1234BB,,AA AB,0.5\n"
        b"AA1234BB,AA1234BB,,,,,one too many\n"
        b"AA1234BB,AA123456789012345678,,,\n"
        b"KA7777HT,KA7777HT,,,\n"
    )
    assert pairs.truths == ["AA1234BB", "KA7777HT"]
    assert [wrong.row for wrong in pairs.wrong] == [2, 3, 4, 5, 6, 7]
    told = [wrong.message for wrong in pairs.wrong]
    assert "truth" in told[0]
    assert "numbers from 0 to 1" in told[1]
    assert "char_confidences" in told[2]
    assert "2 candidates have 1" in told[3]
    assert "more fields" in told[4]
    assert "more than 16" in told[5]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "truth and read"),
        (b"plate,read\n", "no column is called 'plate'"),
        (b"truth,other\n", "no column is called 'other'"),
        (b"truth\n", "truth and read"),
        (b"truth,read\n\xff", "not in UTF-8"),
        (b'truth,read\nAA1234BB,"AA', "line"),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(data: bytes, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        read_csv(data)


def test_lines_of_json() -> None:
    pairs = read_ndjson(
        b'{"truth": "AA1234BB", "read": "AA1234B8", "candidates": [{"plate": "AA1234BB", "confidence": 0.4}]}\n\n'
        b"no json\n"
        b'{"truth": "AA1234BB", "plate": "AA1234B8"}\n'
    )
    assert pairs.truths == ["AA1234BB"]
    assert pairs.reads[0].candidates[0].confidence == 0.4
    assert [wrong.row for wrong in pairs.wrong] == [2, 3]
