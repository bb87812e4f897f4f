from __future__ import annotations

import numpy as np
import pytest

from platematch.matcher.observe import MAX_CANDIDATES, TWO_LINE, Observations, observe, rows_by_row
from platematch.matcher.soft import STEEPNESS, TRUST, UNSTATED
from platematch.plates import pack_batch, unpack
from platematch.reads import Candidate, PlateRead


def texts_of(seen: Observations, read: int) -> dict[str, float]:
    first, end = seen.texts.starts[read : read + 2]
    return {
        unpack(seen.codes[t, : seen.texts.lengths[t]].tobytes()): pytest.approx(float(seen.texts.weights[t]))
        for t in range(first, end)
    }


def test_a_plain_read_is_one_text() -> None:
    seen = observe([PlateRead(plate="aa 1234-bb"), PlateRead(plate="ВС5678КК")])
    assert texts_of(seen, 0) == {"AA1234BB": 1.0}
    assert texts_of(seen, 1) == {"BC5678KK": 1.0}
    assert seen.readers.tolist() == [0, 1]


def test_candidates_share_what_the_main_text_leaves() -> None:
    read = PlateRead(
        plate="AA1Z34BB",
        candidates=[Candidate(plate="AA1234BB", confidence=0.9), Candidate(plate="AA1I34BB", confidence=0.3)],
    )
    seen = observe([PlateRead(plate="BC5678KK"), read, PlateRead(plate="BC5679KK")])
    whole = 1.0 + TRUST * (1.0 + (0.3 / 0.9) ** STEEPNESS)
    second, third = TRUST / whole, TRUST * (0.3 / 0.9) ** STEEPNESS / whole
    assert texts_of(seen, 1) == {"AA1Z34BB": 1 / whole, "AA1234BB": second, "AA1I34BB": third}
    assert texts_of(seen, 0) == {"BC5678KK": 1.0}
    assert texts_of(seen, 2) == {"BC5679KK": 1.0}
    assert seen.readers.tolist() == [0, 1, 1, 1, 2]
    assert list(seen.mains) == [1, 1, 1]


@pytest.mark.parametrize("confidence", [None, 0.0])
def test_candidates_without_confidence_share_alike(confidence: float | None) -> None:
    candidates = [Candidate(plate=f"AA123{i}BB", confidence=confidence) for i in range(1, 3)]
    weights = texts_of(observe([PlateRead(plate="AA1230BB", candidates=candidates)]), 0)
    assert weights["AA1231BB"] == weights["AA1232BB"]


def test_a_candidate_that_repeats_a_text_adds_to_it() -> None:
    candidates = [Candidate(plate="AA1234BB", confidence=0.5), Candidate(plate="aa-1234-bb", confidence=0.5)]
    assert texts_of(observe([PlateRead(plate="AA1234BB", candidates=candidates)]), 0) == {"AA1234BB": 1.0}


def test_candidates_beyond_the_first_are_left_out() -> None:
    candidates = [Candidate(plate=f"AA12{i:02}BB") for i in range(40)]
    assert len(texts_of(observe([PlateRead(plate="BC5678KK", candidates=candidates)]), 0)) == MAX_CANDIDATES + 1


def test_a_two_line_shape_is_both_forms_unless_the_region_says() -> None:
    seen = observe([PlateRead(plate="BEAA9212", region=region) for region in (None, "UA", "DE")])
    assert texts_of(seen, 0) == {"BE9212AA": TWO_LINE, "BEAA9212": 1.0 - TWO_LINE}
    assert texts_of(seen, 1) == {"BE9212AA": 1.0}
    assert texts_of(seen, 2) == {"BEAA9212": 1.0}
    assert list(seen.mains) == [2, 1, 1]


def test_packed_plates_give_the_same() -> None:
    reads = [PlateRead(plate="BEAA9212"), PlateRead(plate="BEAA9212", region="DE"), PlateRead(plate="AA1234BB")]
    packed = pack_batch([read.plate for read in reads], rows_by_row(reads))
    for i in range(len(reads)):
        assert texts_of(observe(reads, packed), i) == texts_of(observe(reads), i)


@pytest.mark.parametrize("plate", ["", " .-", "W" * 17])
def test_unusable_texts_weigh_nothing(plate: str) -> None:
    seen = observe([PlateRead(plate=plate), PlateRead(plate="AA1234BB", candidates=[Candidate(plate=plate)])])
    assert seen.texts.lengths.tolist() == [0, 8, 0]
    assert seen.texts.weights.tolist() == [0.0, pytest.approx(1.0 / (1.0 + UNSTATED)), 0.0]
    assert np.array_equal(seen.texts.starts, [0, 1, 3])


def test_a_text_with_two_unread_characters_is_searched_with_two_errors() -> None:
    reads = [PlateRead(plate=plate) for plate in ("AA1234BB", "AA?234BB", "AA??34BB", "??1234BB")]
    assert observe(reads).errors.tolist() == [1, 1, 2, 2]
