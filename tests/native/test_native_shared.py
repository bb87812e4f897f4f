"""The index in memory that processes share: searched while another process changes it, and after that one died."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from numpy.typing import NDArray
from plain_forms import left_of, parts

from platematch._native import Index
from platematch.plates import pack_batch
from platematch.plates.lookalikes import FOLD

ROWS = 4000
STAY = [f"AA{i:04}BB" for i in range(0, 10_000, 50)] + ["KA12??XC", "??1234??"]
SEQUENCE = 320
"""Where the header has the sequence; the numbers that a change publishes follow."""

WHILE_ASKED = """
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
"""
"""Ends a process with the one that started it, should that crash."""
OWNER = """
import mmap, sys
import numpy as np
from platematch._native import Index
from platematch.plates import pack_batch
from platematch.plates.lookalikes import FOLD
index = Index(FOLD, memory=mmap.mmap(int(sys.argv[1]), 0), rows=int(sys.argv[2]))
codes, _ = pack_batch(sys.argv[3].split())
ids = np.arange(len(codes), dtype=np.uint32)
extra = [row.tobytes() for row in pack_batch([f"KA{i:04}XC" for i in range(2999)] + ["K?0001XC"])[0]]
index.build(codes, ids)
print("ready", flush=True)
while True:
    for i, row in enumerate(extra):
        index.insert(row, 1000 + i)
    for i, row in enumerate(extra):
        assert index.delete(row, 1000 + i)
    index.build(codes, ids)
"""
SCRIBBLER = """
import mmap, sys, time
import numpy as np
memory, rng = mmap.mmap(int(sys.argv[1]), 0), np.random.default_rng(3)
sequence, numbers = np.frombuffer(memory, np.uint64, 1, int(sys.argv[2])), np.frombuffer(memory, np.uint32)
sound, used = numbers.copy(), int(sys.argv[2]) // 4 + 2 + np.flatnonzero(numbers[int(sys.argv[2]) // 4 + 2 :])
print("ready", flush=True)
while True:
    if rng.random() < 0.05:
        time.sleep(0.002)  # for an answer now and then
    places = rng.choice(used, len(used) // 3)
    wrong = rng.choice(np.array([0, 1, 2**31, 2**32 - 1, *rng.integers(0, 2**32, 4)], dtype=np.uint32), len(places))
    sequence[0] += 1
    numbers[places] = wrong
    numbers[places] = sound[places]
    sequence[0] += 1
"""


@contextmanager
def shared(size: int) -> Iterator[int]:
    descriptor = os.memfd_create("index")
    try:
        os.ftruncate(descriptor, size)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def running(code: str, descriptor: int, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A process that said that it is ready; it is killed at the end, wherever it is then."""
    command = [sys.executable, "-c", WHILE_ASKED + code, str(descriptor), *map(str, arguments)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, pass_fds=[descriptor], stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
            assert process.poll() is None
        finally:
            process.kill()


def reading(descriptor: int) -> Index:
    return Index.attach(mmap.mmap(descriptor, 0, prot=mmap.PROT_READ))


def changing(descriptor: int, rows: int = ROWS) -> Index:
    return Index(FOLD, memory=mmap.mmap(descriptor, 0), rows=rows)


def found(index: Index, codes: NDArray[np.uint8], lengths: NDArray[np.int32]) -> list[tuple[int, int]]:
    reads, ids = index.search(codes, lengths)
    return list(zip(reads.tolist(), ids.tolist(), strict=True))


def test_another_process_finds_what_stays() -> None:
    codes, lengths = pack_batch(STAY[:-2])
    own = Index(FOLD)
    own.build(pack_batch(STAY)[0], np.arange(len(STAY), dtype=np.uint32))
    expected = set(found(own, codes, lengths))
    with (
        shared(Index.memory_size(ROWS)) as descriptor,
        running(OWNER, descriptor, ROWS, " ".join(STAY)),
    ):
        index = reading(descriptor)
        sizes = set()
        for _ in range(150):
            answer = found(index, codes, lengths)
            assert expected <= set(answer)
            assert answer == sorted(set(answer))
            sizes.add(len(index))
        assert len(sizes) > 3


def test_a_dead_owner_leaves_what_can_be_searched_or_refused() -> None:
    codes, lengths = pack_batch(STAY)
    with shared(Index.memory_size(ROWS)) as descriptor:
        with running(OWNER, descriptor, ROWS, " ".join(STAY)):
            index = reading(descriptor)
        try:
            assert {i for _, i in found(index, codes, lengths)} >= set(range(len(STAY)))
        except TimeoutError:
            memory = mmap.mmap(descriptor, 0)
            assert memory[SEQUENCE] % 2 == 1


def test_a_change_that_was_never_finished_is_told() -> None:
    codes, lengths = pack_batch(STAY)
    with shared(Index.memory_size(ROWS)) as descriptor:
        owner, index, memory = changing(descriptor), reading(descriptor), mmap.mmap(descriptor, 0)
        before = int.from_bytes(memory[SEQUENCE : SEQUENCE + 8], "little")
        owner.insert(codes[0].tobytes(), 7)
        assert int.from_bytes(memory[SEQUENCE : SEQUENCE + 8], "little") == before + 2
        memory[SEQUENCE : SEQUENCE + 8] = (before + 3).to_bytes(8, "little")
        with pytest.raises(TimeoutError, match="died"):
            index.search(codes, lengths)
        memory[SEQUENCE : SEQUENCE + 8] = (before + 4).to_bytes(8, "little")
        assert (0, 7) in found(index, codes, lengths)


def test_nothing_that_a_reader_comes_upon_harms_it() -> None:
    """Between two numbers of the sequence every number of the index is something else, tables and links too."""
    codes, lengths = pack_batch(STAY)
    reads = np.tile(codes, (5, 1)), np.tile(lengths, 5)
    rows = len(STAY)
    with shared(Index.memory_size(rows)) as descriptor:
        changing(descriptor, rows).build(codes, np.arange(rows, dtype=np.uint32))
        index = reading(descriptor)
        expected = found(index, *reads)
        answered = 0
        with running(SCRIBBLER, descriptor, SEQUENCE):
            for _ in range(60):
                try:
                    assert found(index, *reads) == expected
                    answered += 1
                except TimeoutError:
                    pass
        assert answered > 0


def test_a_reader_goes_by_no_number_beyond_the_memory() -> None:
    codes, lengths = pack_batch(STAY)
    memory = mmap.mmap(-1, Index.memory_size(ROWS))
    owner = Index(FOLD, memory=memory, rows=ROWS)
    owner.build(codes, np.arange(len(codes), dtype=np.uint32), np.full((len(codes), 2), [2, 0], dtype=np.uint8))
    index = Index.attach(memory)
    expected, published = found(index, codes, lengths), memory[SEQUENCE + 8 : SEQUENCE + 32]
    memory[SEQUENCE + 8 : SEQUENCE + 32] = b"\xff" * 24  # tables' size, sides, wildcards
    index.search(codes, lengths)
    memory[SEQUENCE + 8 : SEQUENCE + 32] = published
    assert found(index, codes, lengths) == expected
    numbers = np.frombuffer(memory, np.uint32, offset=mmap.PAGESIZE)
    numbers[numbers != 0] = 2**32 - 2
    with pytest.raises(TimeoutError):
        index.search(codes, lengths)


def test_a_full_index_says_so_and_lets_others_in_their_place() -> None:
    """Of the longest texts, which take the most room in the table, through more changes than there are rows."""
    rng = np.random.default_rng(2)
    texts = np.array([rng.permutation(36)[:16] + 1 for _ in range(1000)], dtype=np.uint8)
    ids = np.arange(1000, dtype=np.uint32)
    index = Index(FOLD, rows=200)
    for i in range(200):
        index.insert(texts[i].tobytes(), i)
    assert (len(index), index.room()) == (200, 0)
    with pytest.raises(ValueError, match="id 200 is not below 200"):
        index.insert(texts[200].tobytes(), 200)
    with pytest.raises(ValueError, match="id 7 has a row of another plate"):
        index.insert(texts[200].tobytes(), 7)
    index.insert(texts[0].tobytes(), 0)  # it is there already
    for i in range(200, 1000):
        assert index.delete(texts[i - 200].tobytes(), i % 200)
        index.insert(texts[i].tobytes(), i % 200)
    last = np.full(200, 16, dtype=np.int32)
    assert set(found(index, texts[800:], last)) >= {(i, i) for i in range(200)}
    with pytest.raises(ValueError, match="not below 200"):
        index.build(texts[:201], ids[:201])
    assert index.room() == 0
    index.build(texts[:200], ids[:200])
    assert set(found(index, texts[:200], last)) >= {(i, i) for i in range(200)}


def test_a_full_table_says_so_and_stays_as_it_is() -> None:
    """Rows that reach far take the room of many."""
    rng = np.random.default_rng(3)
    texts = np.array([rng.permutation(36)[:16] + 1 for _ in range(2000)], dtype=np.uint8)
    reaches, ids = np.full((2000, 2), 2, dtype=np.uint8), np.arange(2000, dtype=np.uint32)
    index = Index(FOLD, rows=2000)

    def fill() -> None:
        for i in range(2000):
            index.insert(texts[i].tobytes(), i, errors=2, missing_ends=2)

    with pytest.raises(MemoryError, match="rows and no room"):
        fill()
    put = len(index)
    a_row = len(set().union(*(left_of(part, 2) for part in parts(bytes(range(16)), 2))))
    assert put == pytest.approx((2000 * 40 + 64 * 822) / 0.65 * 0.8 / a_row, rel=0.05)  # the table, full to 80 percent
    with pytest.raises(MemoryError):
        index.build(texts, ids, reaches)
    whole, part = np.full(put, 16, dtype=np.int32), np.full(put, 13, dtype=np.int32)
    pairs = {(i, i) for i in range(put)}
    assert set(found(index, texts[:put], whole)) == pairs
    assert set(found(index, np.roll(texts[:put], -1, axis=1), part)) == pairs
    assert index.delete(texts[0].tobytes(), 0)
    index.insert(texts[put].tobytes(), put)
    index.build(texts, ids)
    assert len(index) == 2000


def test_memory_that_is_not_needed_any_more_is_given_back() -> None:
    codes, _ = pack_batch([f"AA{i:05}BB" for i in range(40_000)])
    with shared(Index.memory_size(100_000)) as descriptor:
        index = changing(descriptor, 100_000)
        for i, row in enumerate(codes):
            index.insert(row.tobytes(), i)
        grown = os.fstat(descriptor).st_blocks * 512
        assert grown < 400 * len(codes)
        index.build(codes[:10], np.arange(10, dtype=np.uint32))
        assert os.fstat(descriptor).st_blocks * 512 < grown / 20
        index.build(codes, np.arange(len(codes), dtype=np.uint32))
        assert os.fstat(descriptor).st_blocks * 512 < 2 * grown


def test_sides_are_clean_when_they_are_used_again() -> None:
    """Small sides are wiped by hand, large ones by the system; both go forth and back."""
    plates = [f"AA{i:05}BB" for i in range(20_000)]
    codes, lengths = pack_batch(plates)
    index = Index(FOLD)
    for n in (10, 20_000, 300, 20_000, 10, 10):
        index.build(codes[:n], np.arange(n, dtype=np.uint32))
        ids = index.search(codes, lengths)[1]
        assert set(ids.tolist()) == set(range(n))
        assert index.room() + n == 2**24


def test_memory_that_will_not_do() -> None:
    size = Index.memory_size(10)
    memory = mmap.mmap(-1, size + mmap.PAGESIZE)
    with pytest.raises(ValueError, match="holds no index"):
        Index.attach(memory)
    with pytest.raises(ValueError, match=f"{size} are needed"):
        Index(FOLD, memory=memoryview(memory)[: size - 1], rows=10)
    with pytest.raises(ValueError, match="multiple of 4096"):
        Index(FOLD, memory=memoryview(memory)[8:], rows=10)
    with pytest.raises(BufferError):
        Index(FOLD, memory=mmap.mmap(-1, size, prot=mmap.PROT_READ), rows=10)
    for rows in (0, -1, 2**31 + 1):
        with pytest.raises(ValueError, match="1 to 2147483648"):
            Index(FOLD, rows=rows)
        with pytest.raises(ValueError, match="1 to 2147483648"):
            Index.memory_size(rows)
    Index(FOLD, memory=memory, rows=10)
    with pytest.raises(ValueError, match="not all of it"):
        Index.attach(memoryview(memory)[: size - mmap.PAGESIZE])


def test_an_attached_index_does_not_change() -> None:
    memory = mmap.mmap(-1, Index.memory_size(10))
    owner = Index(FOLD, memory=memory, rows=10)
    index = Index.attach(memory)
    codes, lengths = pack_batch(["AA1234BB"])
    for change in (index.insert, index.delete):
        with pytest.raises(TypeError, match="searched only"):
            change(codes.tobytes(), 1)
    with pytest.raises(TypeError, match="searched only"):
        index.build(codes, np.ones(1, dtype=np.uint32))
    owner.insert(codes.tobytes(), 1)
    assert found(index, codes, lengths) == [(0, 1)]
    del owner  # the memory stays as it is
    assert found(index, codes, lengths) == [(0, 1)]
