"""The memory of a matcher: its size, its limits, and who may share it."""

from __future__ import annotations

import mmap
import resource
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from platematch.errors import NotFound, TooLarge
from platematch.matcher import Matcher, Sieve, memory_size
from platematch.matcher.block import DEFAULT_ENTRIES, LISTS, MAX_ENTRIES, RESTING, ROWS_PER_ENTRY, block_of, private
from platematch.reads import PlateRead
from platematch.watchlist import Entry, Watchlist

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def watchlist(name: str = "a") -> Watchlist:
    return Watchlist(watchlist_id=name, name=name, purpose="recovery", owner="police")


def entry(plate: str, entry_id: str | None = None) -> Entry:
    return Entry(entry_id=entry_id or plate, plate=plate, reason="stolen")


def small() -> Matcher:
    matcher = Matcher(memory=private(10))
    matcher.put_watchlist(watchlist(), NOW, 1)
    return matcher


def put_all(matcher: Matcher, entries: list[Entry]) -> None:
    for one in entries:
        matcher.put("a", one)


def test_it_has_room_for_as_many_entries_as_it_is_for() -> None:
    for entries in (1, 10, 1000, 123_456):
        rows = len(block_of(private(entries)).lists)
        assert rows >= ROWS_PER_ENTRY * entries + RESTING
    sizes = [memory_size(entries) for entries in (1, 10, 1000, 10**6, DEFAULT_ENTRIES, MAX_ENTRIES)]
    assert sizes == sorted(sizes)
    assert all(size % mmap.PAGESIZE == 0 for size in sizes)


@pytest.mark.parametrize("entries", [0, -1, MAX_ENTRIES + 1])
def test_sizes_that_no_block_has(entries: int) -> None:
    with pytest.raises(ValueError, match="1 to 1000000000"):
        memory_size(entries)


def test_memory_that_is_too_small() -> None:
    with pytest.raises(ValueError, match=f"one entry takes {memory_size(1)}"):
        Matcher(memory=mmap.mmap(-1, memory_size(1) - mmap.PAGESIZE))


def test_many_matchers_at_once_take_little() -> None:
    """Each has room for DEFAULT_ENTRIES; were that room taken, the first would need all memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    matchers = [Matcher() for _ in range(50)]
    for matcher in matchers:
        matcher.put_watchlist(watchlist(), NOW, 1)
        matcher.put("a", entry("AA1234BB"))
    assert all(matcher.match([PlateRead(plate="AA1234BB")], [NOW])[0] for matcher in matchers)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_where_the_system_gives_no_room_it_is_said_what_to_do() -> None:
    code = (
        "import resource; from pathlib import Path; from platematch.errors import StartError\n"
        "from platematch.matcher import Matcher\n"
        "mapped = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (mapped + (4 << 30), resource.RLIM_INFINITY))\n"
        "try: Matcher()\n"
        "except StartError as error: print(error.message)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "ulimit -v" in done.stdout


def test_what_does_not_fit_is_refused_before_anything_is_changed() -> None:
    matcher = small()
    fitting = [entry(f"AA{i:04}BB") for i in range(10)]
    matcher.check_room(fitting)
    assert matcher.load("a", fitting) == []
    many = [entry(f"KA{i:04}XC") for i in range(1000)]
    for change in (lambda: matcher.check_room(many), lambda: matcher.load("a", many)):
        with pytest.raises(TooLarge, match="do not fit in memory; allow more entries"):
            change()
    patterns = [entry(f"*{a}{b}*") for a in "ABCEHIKM" for b in "ABCEHIKM"]
    with pytest.raises(TooLarge):
        matcher.check_room(patterns)
    with pytest.raises(TooLarge):
        put_all(matcher, patterns)
    matcher.check_room([entry("*"), entry("W" * 17)])  # no plates, which load() leaves out
    assert "AA0003BB" in {match.entry_id for match in matcher.match([PlateRead(plate="AA0003BB")], [NOW])[0]}
    matcher.remove_watchlist("a")
    matcher.put_watchlist(watchlist(), NOW, 2)
    matcher.load("a", fitting)
    assert len(matcher) == len(fitting)


def test_lists_have_a_limit_and_numbers_are_used_again() -> None:
    matcher = small()
    for i in range(1, LISTS):
        matcher.put_watchlist(watchlist(str(i)), NOW, 1)
    with pytest.raises(TooLarge, match=f"{LISTS} watchlists"):
        matcher.put_watchlist(watchlist("more"), NOW, 1)
    matcher.put_watchlist(watchlist("1"), NOW, 2)
    matcher.put("2", entry("AA1234BB"))
    matcher.remove_watchlist("2")
    with pytest.raises(NotFound):
        matcher.put("2", entry("AA1234BB"))
    matcher.put_watchlist(watchlist("more"), NOW, 3)
    assert matcher.match([PlateRead(plate="AA1234BB")], [NOW]) == [[]]
    matcher.put("more", entry("AA1234BB"))
    (match,) = matcher.match([PlateRead(plate="AA1234BB")], [NOW])[0]
    assert match.watchlist_id == "more"


def test_the_version_is_in_the_memory() -> None:
    memory = private(10)
    matcher, sieve = Matcher(memory=memory), Sieve(memory)
    assert matcher.version == sieve.version == 0
    matcher.put_watchlist(watchlist(), NOW, 5)
    assert matcher.version == sieve.version == 5
    matcher.version = 2**40
    assert sieve.version == 2**40
