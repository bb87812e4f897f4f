from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matcher_oracle import enumerated
from matcher_oracle import forward as plain_forward

from platematch.matcher.channel import OTHER_ROW, SYMBOL_ROWS, channel, own, symbols
from platematch.matcher.kernels import ANY_ROW, Channel, Plates, Texts, forward, likelihoods
from platematch.plates import ALPHABET, ANY, OTHER, pack

CHANNEL = channel(("0123456789", "ABC"))
ROWS = st.integers(0, SYMBOL_ROWS + 1)
SYMBOLS = st.integers(0, SYMBOL_ROWS - 1)
DOUBTS = st.one_of(st.just(0.0), st.floats(-1.0, 200.0))


def padded(rows: list[int] | bytes) -> np.ndarray:
    result = np.zeros(16, dtype=np.uint8)
    result[: len(rows)] = list(rows)
    return result


def probability(
    plate: list[int], read: list[int], tables: Channel = CHANNEL, doubts: list[float] | None = None
) -> float:
    each = np.zeros(16)
    each[: len(read)] = doubts or [0.0] * len(read)
    return float(forward(padded(plate), len(plate), padded(read), len(read), each, tables))


def chance(plate: str, read: str) -> float:
    return probability(symbols(pack(plate)).tolist(), symbols(pack(read)).tolist())


@settings(max_examples=150, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=16), st.lists(st.tuples(SYMBOLS, DOUBTS), max_size=16))
def test_forward_is_its_plain_twin(plate: list[int], read: list[tuple[int, float]]) -> None:
    symbols, doubts = [symbol for symbol, _ in read], [doubt for _, doubt in read]
    expected = plain_forward(plate, symbols, CHANNEL, doubts)
    assert probability(plate, symbols, CHANNEL, doubts) == pytest.approx(expected, rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=4), st.lists(st.tuples(SYMBOLS, DOUBTS), max_size=4))
def test_forward_sums_all_alignments(plate: list[int], read: list[tuple[int, float]]) -> None:
    symbols, doubts = [symbol for symbol, _ in read], [doubt for _, doubt in read]
    expected = enumerated(plate, symbols, CHANNEL, doubts)
    assert probability(plate, symbols, CHANNEL, doubts) == pytest.approx(expected, rel=1e-9)


def test_a_doubted_character_is_rather_another_and_a_sure_one_is_not() -> None:
    plate, read = (symbols(pack(text)).tolist() for text in ("AA1234BB", "AA1Z34BB"))
    doubtful, sure = ([d if i == 3 else 0.0 for i in range(8)] for d in (20.0, -0.9))
    assert probability(plate, read, CHANNEL, doubtful) > 15 * probability(plate, read)
    assert probability(plate, read, CHANNEL, sure) < 0.2 * probability(plate, read)
    assert probability(read, read, CHANNEL, sure) == pytest.approx(probability(read, read), rel=0.01)


def test_reads_of_a_plate_sum_to_one() -> None:
    """With an alphabet of three symbols and long enough reads nothing is left out."""
    emit = np.zeros((2, 256, SYMBOL_ROWS))
    emit[:, 1:4, 1:4] = [[0.8, 0.1, 0.1], [0.05, 0.9, 0.05], [0.2, 0.2, 0.6]]
    added = np.zeros((2, 2, SYMBOL_ROWS))
    added[:, :, 1:4] = [0.2, 0.3, 0.5]
    gaps = np.array([[0.05, 0.02, 0.01, 0.004], [0.2, 0.1, 0.02, 0.008]])
    tables = Channel(emit, added, gaps, np.array([0.7, 0.3]), own())
    total = sum(probability([1, 3], list(read), tables) for n in range(8) for read in product((1, 2, 3), repeat=n))
    assert total == pytest.approx(1.0, abs=1e-6)


def test_each_emission_row_is_a_distribution() -> None:
    assert CHANNEL.emit[:, : SYMBOL_ROWS + 2].sum(axis=2) == pytest.approx(1.0)
    assert CHANNEL.added.sum(axis=2) == pytest.approx(1.0)
    assert CHANNEL.shares.sum() == pytest.approx(1.0)
    assert (CHANNEL.emit[:, : SYMBOL_ROWS + 2] > 0).all()


def test_an_unread_character_tells_nothing_of_it() -> None:
    assert len({float(p) for p in CHANNEL.emit[0, 1:OTHER_ROW, ANY_ROW]}) == 1


def test_symbols_maps_every_code() -> None:
    codes = bytes([0, 1, 36, OTHER, ANY, 253])
    assert symbols(codes).tolist() == [0, 1, 36, OTHER_ROW, ANY_ROW, OTHER_ROW]
    assert symbols(bytes([len(ALPHABET) - 1])).tolist() == [len(ALPHABET) - 1]


def test_most_reads_are_exact_and_look_alikes_beat_the_rest() -> None:
    assert 0.85 < chance("AA1234BB", "AA1234BB") < 0.95
    assert chance("AA1234BB", "AA1Z34BB") > 10 * chance("AA1234BB", "AA1W34BB")


def test_edges_are_lost_and_grown_more_easily_than_the_inside() -> None:
    assert chance("AA1234BB", "A1234BB") > 5 * chance("AA1234BB", "AA234BB")
    assert chance("AA1234BB", "IAA1234BB") > 5 * chance("AA1234BB", "AA1I234BB")


def test_likelihoods_weigh_alternative_texts() -> None:
    plates = np.array([padded(symbols(pack(p))) for p in ("AA1234BB", "AA1234BB", "BC5678KK")])
    texts = np.array([padded(symbols(pack(t))) for t in ("AA1234BB", "AA1Z34BB", "BC5678KK")])
    found = likelihoods(
        Plates(plates, np.full(3, 8, dtype=np.int32), np.array([0, 1, 1])),
        Texts(np.array([0, 2, 3]), texts, np.full(3, 8, dtype=np.int32), np.array([0.8, 0.2, 1.0]), np.zeros((3, 16))),
        CHANNEL,
    )
    both = 0.8 * chance("AA1234BB", "AA1234BB") + 0.2 * chance("AA1234BB", "AA1Z34BB")
    expected = [both, chance("AA1234BB", "BC5678KK"), chance("BC5678KK", "BC5678KK")]
    assert found == pytest.approx(expected, rel=1e-9)


def test_too_many_alphabets_are_refused() -> None:
    with pytest.raises(ValueError, match="room for"):
        channel(["AB"] * 256)
