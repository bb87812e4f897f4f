"""The index against its plain definition, on random and on spiteful lists, and under threads."""

import threading
from collections.abc import Sequence
from itertools import product
from time import monotonic

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from plain_index import PlainIndex, Row

from platematch._native import Index
from platematch.plates import ANY, pack, pack_batch
from platematch.plates.lookalikes import FOLD

IDENTITY = bytes(range(256))
some = settings(max_examples=150, deadline=None)

# Few symbols, so that texts meet: two look-alikes of a class, a stranger, an unknown letter and a wildcard.
SYMBOLS = [*pack("0OA8B"), 254, ANY]
plates = st.lists(st.sampled_from(SYMBOLS), max_size=16).map(bytes)
short = st.lists(st.sampled_from(SYMBOLS[:4]), max_size=4).map(bytes)
reaches = st.sampled_from([(1, 0)] * 4 + [(1, 1), (1, 2), (2, 0), (2, 1), (2, 2)])
rows = st.builds(
    lambda codes, number, reach: Row(codes, number, *reach),
    plates | short,
    st.integers(0, 30) | st.integers(0, 2**24 - 1),
    reaches,
)
lists = st.lists(rows, max_size=30, unique_by=lambda row: row.number)
reads = st.lists(st.tuples(plates | short, st.sampled_from([1, 1, 2])), max_size=30)


def padded(texts: Sequence[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    codes = np.zeros((len(texts), 16), dtype=np.uint8)
    for i, text in enumerate(texts):
        codes[i, : min(len(text), 16)] = list(text[:16])
    return codes, np.array([len(text) for text in texts], dtype=np.int32)


def found(index: Index, reads: Sequence[bytes], errors: Sequence[int] | None = None) -> list[tuple[int, int]]:
    soft = None if errors is None else np.array(errors, dtype=np.uint8)
    numbers, ids = index.search(*padded(reads), soft)
    assert (numbers.dtype, ids.dtype) == (np.int32, np.uint32)
    return list(zip(numbers.tolist(), ids.tolist(), strict=True))


def arrays(listed: Sequence[Row]) -> tuple[NDArray[np.uint8], NDArray[np.uint32], NDArray[np.uint8]]:
    return (
        padded([row.codes for row in listed])[0],
        np.array([row.number for row in listed], dtype=np.uint32),
        np.array([row[2:] for row in listed], dtype=np.uint8).reshape(-1, 2),
    )


def built(fold: bytes, listed: Sequence[Row]) -> Index:
    index = Index(fold)
    index.build(*arrays(listed))
    return index


def insert(index: Index, row: Row) -> None:
    index.insert(row.codes.ljust(16, b"\0"), row.number, errors=row.errors, missing_ends=row.missing_ends)


def neighbours(text: bytes) -> list[bytes]:
    """The text and everything one error away, over the few symbols."""
    cuts = [(text[:i], text[i:]) for i in range(len(text) + 1)]
    changed = [a + bytes([s]) + b[1:] for (a, b), s in product(cuts[:-1], SYMBOLS)]
    return [
        text,
        *changed,
        *(a + b[1:] for a, b in cuts[:-1]),
        *(a + bytes([s]) + b for (a, b), s in product(cuts, SYMBOLS)),
    ]


@some
@given(lists, reads, st.sampled_from([FOLD, IDENTITY]))
def test_built_at_once(listed, reads, fold):
    plain = PlainIndex(fold)
    plain.build(listed)
    index = built(fold, listed)
    assert len(index) == len(plain.rows)
    texts, errors = [text for text, _ in reads], [soft for _, soft in reads]
    assert found(index, texts, errors) == plain.search(texts, errors)
    assert found(index, texts) == plain.search(texts)


@some
@given(plates, st.integers(1, 12))
def test_every_neighbour_is_found(text, size):
    """One row; each of its neighbours as a read. And the other way round: every neighbour a row."""
    around = [near for near in neighbours(text[:size]) if len(near) <= 16]
    plain = PlainIndex(FOLD)
    plain.build([Row(text[:size], 3)])
    assert found(built(FOLD, [Row(text[:size], 3)]), around) == plain.search(around)
    plain.build([Row(near, i) for i, near in enumerate(around)])
    assert found(built(FOLD, list(plain.rows.values())), [text[:size]]) == plain.search([text[:size]])


@some
@given(
    lists,
    st.lists(st.tuples(st.sampled_from(["insert", "delete", "delete a listed one", "build"]), rows), max_size=40),
    reads,
)
def test_changes_between_searches(listed, changes, reads):
    plain = PlainIndex(FOLD)
    plain.build(listed)
    index = built(FOLD, listed)
    texts, errors = [text for text, _ in reads], [soft for _, soft in reads]
    for change, row in changes:
        if change == "insert":
            try:
                plain.insert(row)
            except ValueError:
                with pytest.raises(ValueError, match="has a row of another"):
                    insert(index, row)
            else:
                insert(index, row)
        elif change == "build":
            kept = [other for other in plain.rows.values() if other.number % 3 != 0 and other.number != row.number]
            plain.build([*kept, row])
            index.build(*arrays([*kept, row]))
        else:
            if change == "delete a listed one" and plain.rows:
                row = min(plain.rows.values(), key=lambda other: abs(other.number - row.number))
            assert index.delete(row.codes.ljust(16, b"\0"), row.number) == plain.delete(row.codes, row.number)
        assert len(index) == len(plain.rows)
        near = [row.codes, *texts[:3]]
        assert found(index, near) == plain.search(near)
    assert found(index, texts, errors) == plain.search(texts, errors)


def test_growth_and_deletion():
    """Thousands of rows one by one, most taken off again, twice over: nothing is lost and nothing stays."""
    rng = np.random.default_rng(5)
    texts = [
        bytes(row[:length])
        for row, length in zip(rng.integers(1, 37, (3000, 16), dtype=np.uint8), rng.integers(4, 11, 3000), strict=True)
    ]
    index = Index(FOLD)
    for _ in range(2):
        for i, text in enumerate(texts):
            index.insert(text.ljust(16, b"\0"), i)
        assert len(index) == 3000
        for i in rng.permutation(3000)[:2900].tolist():
            assert index.delete(texts[i].ljust(16, b"\0"), i)
        left = set(found(index, texts))
        assert len(index) == 100
        assert {i for _, i in left} == {i for read, i in left if read == i}
        assert len({i for _, i in left}) == 100


def test_a_large_list_finds_what_was_misread():
    rng = np.random.default_rng(6)
    codes = np.zeros((20_000, 16), dtype=np.uint8)
    codes[:, :8] = rng.integers(1, 37, (20_000, 8))
    index = Index(FOLD)
    index.build(codes, np.arange(20_000, dtype=np.uint32))
    misread, lost = codes.copy(), np.zeros_like(codes)
    at = rng.integers(0, 8, 20_000)
    misread[np.arange(20_000), at] = rng.integers(1, 37, 20_000)
    for i, gap in enumerate(at.tolist()):
        lost[i, :7] = np.delete(codes[i, :8], gap)
    for reads, length in ((codes, 8), (misread, 8), (lost, 7)):
        numbers, ids = index.search(reads, np.full(20_000, length, dtype=np.int32))
        pairs = numbers.astype(np.int64) << 32 | ids
        assert (np.diff(pairs) > 0).all()
        assert np.isin(np.arange(20_000) * (2**32 + 1), pairs).all()


def filled_and_emptied(codes: Sequence[bytes]) -> float:
    """Seconds to insert the rows and to delete them, first in first out."""
    index = Index(FOLD)
    began = monotonic()
    for i, row in enumerate(codes):
        index.insert(row, i)
    for i, row in enumerate(codes):
        assert index.delete(row, i)
    assert len(index) == 0
    return monotonic() - began


def test_one_plate_many_times_costs_no_more_than_many_plates():
    """Were repeats walked through, 40,000 of them would cost some hundred times as much as as many plates."""
    many = [row.tobytes() for row in pack_batch([f"AA{i:05}BB" for i in range(40_000)])[0]]
    assert filled_and_emptied([many[0]] * len(many)) < 10 * filled_and_emptied(many)


def test_rows_of_one_plate_and_of_its_look_alikes_are_told_apart():
    index, texts = Index(FOLD), [pack("AA1234B8"), pack("AA1234BB")] * 50
    for i, text in enumerate(texts):
        index.insert(text.ljust(16, b"\0"), i)
    assert found(index, [texts[0]]) == [(0, i) for i in range(100)]
    assert not index.delete(texts[1].ljust(16, b"\0"), 0)
    for i in range(0, 100, 2):
        assert index.delete(texts[i].ljust(16, b"\0"), i)
    assert found(index, [texts[0]]) == [(0, i) for i in range(1, 100, 2)]


def test_reads_too_long_or_of_no_length_find_nothing():
    index = built(FOLD, [Row(pack("A" * 16), 1), Row(b"", 2)])
    reads = np.full((4, 16), pack("A")[0], dtype=np.uint8)
    numbers, ids = index.search(reads, np.array([17, -1, 16, 0], dtype=np.int32))
    assert list(zip(numbers.tolist(), ids.tolist(), strict=True)) == [(2, 1), (3, 2)]


def test_build_replaces_and_an_empty_index_finds_nothing():
    index = built(FOLD, [Row(pack("AA1234BB"), 1)])
    index.build(np.zeros((0, 16), dtype=np.uint8), np.zeros(0, dtype=np.uint32))
    assert len(index) == 0
    assert found(index, [pack("AA1234BB")]) == []
    assert found(index, []) == []


def test_searches_beside_changes():
    """Four threads search for rows that stay while another inserts, deletes and rebuilds around them."""
    codes, lengths = pack_batch([f"AA{i:04}BB" for i in range(0, 10_000, 50)])
    extra, _ = pack_batch([f"KA{i:04}XC" for i in range(3000)])
    ids = np.arange(len(codes), dtype=np.uint32)
    index = Index(FOLD)
    index.build(codes, ids)
    stop, failures = threading.Event(), []

    def search() -> None:
        while not stop.is_set():
            numbers, matched = index.search(codes, lengths)
            if not np.isin(ids, matched[numbers == matched]).all():
                failures.append("a row that stays was not found")
                return

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(2):
            for i, row in enumerate(extra):
                index.insert(row.tobytes(), 1000 + i)
            for i, row in enumerate(extra):
                assert index.delete(row.tobytes(), 1000 + i)
            index.build(codes, ids)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert len(index) == len(codes)


@pytest.mark.parametrize("fold", [b"", bytes(256), IDENTITY[:-1], IDENTITY[:-1] + b"\x01", b"\x01" + IDENTITY[1:]])
def test_a_fold_that_is_none(fold):
    with pytest.raises(ValueError, match="256 bytes"):
        Index(fold)


def test_arguments_of_the_wrong_shape_or_type():
    index = Index(FOLD)
    codes, lengths = padded([pack("AA1234BB")])
    ids = np.zeros(1, dtype=np.uint32)
    wrong_codes = [codes[:, :8], codes[0], codes.astype(np.int8), codes.astype(np.uint16)]
    for wrong in wrong_codes:
        with pytest.raises((ValueError, BufferError)):
            index.search(wrong, lengths)
        with pytest.raises((ValueError, BufferError)):
            index.build(wrong, ids)
    for wrong_lengths in (lengths.astype(np.int64), lengths.astype(np.float32), np.zeros(2, dtype=np.int32)):
        with pytest.raises(ValueError, match="lengths"):
            index.search(codes, wrong_lengths)
    with pytest.raises(ValueError, match="ids"):
        index.build(codes, ids.astype(np.int32))
    with pytest.raises(ValueError, match="16 bytes"):
        index.insert(b"AA", 1)
    for number in (-1, 2**32):
        with pytest.raises(OverflowError):
            index.delete(bytes(16), number)
    with pytest.raises(TypeError):
        index.insert(bytes(16), "1")
    assert len(index) == 0


def test_ids_that_a_build_refuses_leave_everything_as_it_was():
    index = built(FOLD, [Row(pack("AA1234BB"), 1)])
    codes, _ = padded([pack("KA1234XC")] * 2)
    for ids, reason in (([3, 3], "twice"), ([3, 2**24], "not below 16777216")):
        with pytest.raises(ValueError, match=reason):
            index.build(codes, np.array(ids, dtype=np.uint32))
    for reach in ((0, 0), (3, 0), (1, 3)):
        with pytest.raises(ValueError, match="reaches 1 or 2 errors"):
            index.build(codes, np.arange(2, dtype=np.uint32), np.array([(1, 0), reach], dtype=np.uint8))
        with pytest.raises(ValueError, match="reaches 1 or 2 errors"):
            index.insert(codes[0].tobytes(), 9, errors=reach[0], missing_ends=reach[1])
    assert found(index, [pack("AA1234BB"), pack("KA1234XC")]) == [(0, 1)]


def test_a_plate_many_times_is_found_many_times_whichever_rows_go():
    """The head of a chain, its end and its middle are taken out, under each reach apart."""
    rng = np.random.default_rng(8)
    listed = [Row(pack(["AA1234BB", "AA12348B", "AA1?34BB"][i % 3]), i, 1 + i % 2, i % 5 % 3) for i in range(600)]
    plain, index = PlainIndex(FOLD), built(FOLD, listed)
    plain.build(listed)
    near = [pack("AA1234BB"), pack("A1234BB"), pack("AA1234"), pack("AA1299BB")]
    for row in (listed[i] for i in rng.permutation(600).tolist()):
        assert index.delete(row.codes.ljust(16, b"\0"), row.number)
        plain.delete(row.codes, row.number)
        if row.number % 20 == 0:
            assert found(index, near) == plain.search(near)
    assert len(index) == 0
    assert found(index, near, [2] * 4) == []
