"""The set of digests: against what it promises, between processes that share it, and after one was killed."""

import mmap
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platematch._native import Seen

LINE = 16
SMALLEST = Seen.memory_size(0)
digests = st.integers(0, 600) | st.integers(0, 2**64 - 1)

ADDER = """
import mmap, random, sys
from platematch._native import Seen
seen = Seen(mmap.mmap(int(sys.argv[1]), 0))
digests = list(range(int(sys.argv[2])))
random.Random(sys.argv[3]).shuffle(digests)
print("ready", flush=True)
sys.stdin.readline()
print(*(digest for digest in digests if seen.add(digest)))
"""
ENDLESS = """
import mmap, itertools, os, sys, threading
from platematch._native import Seen
seen = Seen(mmap.mmap(int(sys.argv[1]), 0))
threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()  # with who started it
print("ready", flush=True)
for digest in itertools.count():
    seen.add(digest)
    seen.discard(digest // 2)
"""


def of(entries: int) -> Seen:
    return Seen(mmap.mmap(-1, Seen.memory_size(entries)))


@contextmanager
def shared(size: int) -> Iterator[tuple[int, mmap.mmap]]:
    descriptor = os.memfd_create("seen")
    try:
        os.ftruncate(descriptor, size)
        yield descriptor, mmap.mmap(descriptor, size)
    finally:
        os.close(descriptor)


def process(code: str, descriptor: int, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, str(descriptor), *map(str, arguments)],
        pass_fds=[descriptor],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.booleans() | st.just(True), digests), max_size=400))
def test_what_it_says_is_what_it_holds(steps: list[tuple[bool, int]]) -> None:
    """The last LINE that were added and stayed are there, what was never added is not, and the answers agree."""
    seen, order = of(0), dict[int, None]()
    for adds, digest in steps:
        there = digest in seen
        assert there <= (digest in order)
        assert (seen.add(digest) is not there) if adds else (seen.discard(digest) is there)
        assert (digest in seen) is adds
        if not adds or not there:
            order.pop(digest, None)
        if adds and not there:
            order[digest] = None
        assert all(late in seen for late in list(order)[-LINE:])


def test_it_holds_as_many_as_it_is_for_and_then_the_latest() -> None:
    seen = of(10_000)
    for digest in range(100_000):
        assert seen.add(digest * 3)
    latest = sum(digest * 3 in seen for digest in range(90_000, 100_000))
    assert latest > 9900
    held = sum(digest * 3 in seen for digest in range(100_000))
    assert held <= Seen.memory_size(10_000) // 8
    assert not any(digest * 3 + 1 in seen for digest in range(100_000))


def test_a_line_loses_its_oldest_lap_after_lap() -> None:
    """In the smallest set of 16 lines, whichever digests share a line: those it keeps are always its last."""
    seen, added = of(0), list(range(5000))
    for digest in added:
        seen.add(digest)
    kept = [digest for digest in added if digest in seen]
    assert len(kept) == LINE * LINE
    for digest in kept:
        assert seen.discard(digest)
        assert not seen.discard(digest)
    assert not any(digest in seen for digest in added)
    assert all(seen.add(digest) for digest in kept[:LINE])


def test_one_of_several_processes_is_told_so() -> None:
    entries = 40_000
    with shared(Seen.memory_size(4 * entries)) as (descriptor, memory):
        adders = [process(ADDER, descriptor, entries, i % 2) for i in range(4)]
        for adder in adders:
            assert adder.stdout is not None
            assert adder.stdout.readline() == "ready\n"
        told = [digest for adder in adders for digest in _start(adder)]
        assert sorted(told) == list(range(entries))
        seen = Seen(memory)
        assert all(digest in seen for digest in range(entries))


def _start(adder: subprocess.Popen[str]) -> Iterator[int]:
    printed, _ = adder.communicate("go\n", timeout=60)
    yield from map(int, printed.split())


def test_a_killed_process_leaves_it_whole() -> None:
    with shared(SMALLEST) as (descriptor, memory):
        seen = Seen(memory)
        for round_ in range(5):
            adder = process(ENDLESS, descriptor)
            assert adder.stdout is not None
            assert adder.stdout.readline() == "ready\n"
            for digest in range(2**40, 2**40 + 1000):
                seen.add(digest)
            adder.send_signal(signal.SIGKILL)
            adder.communicate()
            fresh = range(2**50 + round_ * 1000, 2**50 + (round_ + 1) * 1000)
            assert all(seen.add(digest) for digest in fresh)
            assert all(digest in seen for digest in fresh[-LINE:])
            assert sum(digest in seen for digest in fresh) == LINE * LINE


def test_memory_that_will_not_do() -> None:
    memory = bytearray(SMALLEST + 8)
    with pytest.raises(ValueError, match="2047 bytes, and 2048 are needed"):
        Seen(memoryview(memory)[: SMALLEST - 1])
    with pytest.raises(ValueError, match="multiple of 8"):
        Seen(memoryview(memory)[1 : SMALLEST + 1])
    with pytest.raises(BufferError):
        Seen(bytes(SMALLEST))
    with pytest.raises(TypeError):
        Seen(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("entries", [-1, 2**32 + 1])
def test_sizes_that_no_set_has(entries: int) -> None:
    with pytest.raises(ValueError, match="0 to 2"):
        Seen.memory_size(entries)


def test_numbers_that_are_no_digests() -> None:
    seen = of(0)
    for number in (-1, 2**64):
        with pytest.raises(OverflowError):
            seen.add(number)
        with pytest.raises(OverflowError):
            seen.discard(number)
        with pytest.raises(OverflowError):
            assert number in seen
    with pytest.raises(TypeError):
        seen.add("1")  # type: ignore[arg-type]
    assert seen.add(2**64 - 1)
    assert 2**64 - 1 in seen
