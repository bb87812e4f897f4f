"""The sieve against the matcher whose memory it reads: what it lets fall, the matcher does not report."""

from __future__ import annotations

import mmap
import os
import random
import string
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platematch.matcher import Matcher, Sieve, memory_size
from platematch.matcher.block import block_of
from platematch.matcher.learning import learn_pairs
from platematch.matcher.observe import rows_by_row
from platematch.matcher.record import CameraRead
from platematch.plates import pack_batch
from platematch.reads import Candidate, PlateRead
from platematch.watchlist import Entry, MatchPolicy, Watchlist

NOW = datetime(2030, 1, 1, tzinfo=UTC)
SIZE = memory_size(1000)

plates = st.builds(
    lambda start, digits, end: start + digits + end,
    st.sampled_from(["AA", "A", "BE", "HH"]),
    st.text("1278ZB", min_size=1, max_size=4),
    st.sampled_from(["BB", "AA", "B", "B8", "EAA"]),
)
listed = plates | st.sampled_from(["AA12??BB", "*12*", "BEAA9212", "HHAB1234"])
regions = st.sampled_from([None, "UA", "DE"])
policies = st.builds(
    lambda prior, least, exact, covert: {
        "match": MatchPolicy(prior=prior),
        "min_probability": least,
        "exact_only": exact,
        "covert": covert,
    },
    st.sampled_from([None, 1e-12, 1e-9, 1e-6, 1e-3]),
    st.sampled_from([0.001, 0.01, 0.5, 0.99]),
    st.booleans(),
    st.booleans(),
)
reads = st.builds(
    lambda plate, region, others: PlateRead(
        plate=plate, region=region, candidates=[Candidate(plate=o) for o in others]
    ),
    plates | st.text("AB12?Z", max_size=9) | st.sampled_from(["BE9212AA", "BEAA9212", "W" * 17]),
    regions,
    st.lists(plates, max_size=3),
)
changes = st.lists(
    st.tuples(st.sampled_from(["put", "put", "put", "remove", "drop"]), st.integers(0, 7), listed, regions, policies),
    max_size=20,
)


def watchlist(name: str = "a", **policy: object) -> Watchlist:
    return Watchlist(watchlist_id=name, name=name, purpose="recovery", owner="police", **policy)  # type: ignore[arg-type]


def entry(plate: str, entry_id: str | None = None, region: str | None = None) -> Entry:
    return Entry(entry_id=entry_id or plate, plate=plate, reason="stolen", region=region)


@settings(max_examples=60, deadline=None)
@given(changes, st.lists(reads, max_size=8))
def test_what_falls_through_matches_nothing(steps: list, sought: list[PlateRead]) -> None:  # type: ignore[type-arg]
    memory = mmap.mmap(-1, SIZE)
    matcher, sieve = Matcher(memory=memory), Sieve(memory)
    for what, number, plate, region, policy in steps:
        name = "ab"[number % 2]
        if what == "drop":
            matcher.remove_watchlist(name)
        elif what == "remove":
            matcher.remove(name, str(number))
        else:
            matcher.put_watchlist(watchlist(name, **policy), NOW, number)
            matcher.put(name, entry(plate, str(number), region))
    sought = [*sought, *(PlateRead(plate=plate, region=region) for _, _, plate, region, _ in steps)]
    may = sieve.may_match(sought)
    found = [bool(matches) for matches in matcher.match(sought, [NOW] * len(sought))]
    assert may.shape == (len(sought),)
    assert [read for read, m, f in zip(sought, may, found, strict=True) if f and not m] == []
    packed = pack_batch([read.plate for read in sought], rows_by_row(sought))
    assert (sieve.may_match(sought, packed=packed) == may).all()
    assert sieve.version == matcher.version


def test_it_lets_fall_what_a_bound_rules_out() -> None:
    memory = mmap.mmap(-1, SIZE)
    matcher, sieve = Matcher(memory=memory), Sieve(memory)
    matcher.put_watchlist(watchlist(), NOW, 1)
    matcher.load("a", [entry("AA1234BB"), entry("BC??78KK")])
    sieve.warm()
    texts = ["AA1234BB", "AA1Z34BB", "A1234BB", "BC5678KK", "AA1234BC", "AA9999CC", "", "W" * 17]
    sought = [PlateRead(plate=text) for text in texts]
    assert sieve.may_match(sought).tolist() == [True, True, True, True, False, False, False, False]
    assert sieve.may_match([]).tolist() == []
    matcher.put_watchlist(watchlist(match=MatchPolicy(prior=1e-3)), NOW, 2)
    assert sieve.may_match(sought).tolist() == [True, True, True, True, True, False, False, False]
    matcher.put_watchlist(watchlist(min_probability=0.9), NOW, 3)
    assert sieve.may_match(sought).tolist() == [True, True, False, True, False, False, False, False]
    matcher.remove_watchlist("a")
    assert not sieve.may_match(sought).any()


def test_what_confidences_are_worth_narrows_once_it_is_told() -> None:
    """Whatever was learnt: what falls through matches nothing, and with the worths less is near."""
    rng = random.Random(4)
    truths = [f"AA{rng.randrange(10_000):04}BB" for _ in range(600)]
    seen = []
    for truth in truths:
        place = rng.choice([2, 3, 4, 5])
        wrong = rng.random() < 0.2
        text = truth[:place] + rng.choice("0123456789") + truth[place + 1 :] if wrong else truth
        stated = [0.5 if i == place and wrong else rng.choice([0.9, 0.99]) for i in range(8)]
        others = [Candidate(plate=truth, confidence=0.3)] if wrong else []
        seen.append(CameraRead(plate=text, char_confidences=stated, candidates=others, camera_id=rng.choice("xyz")))
    memory = mmap.mmap(-1, SIZE)
    matcher, sieve = Matcher(memory=memory), Sieve(memory)
    matcher.put_watchlist(watchlist(), NOW, 1)
    matcher.load("a", [entry(f"AA{i:04}BB", str(i)) for i in range(0, 10_000, 40)])
    learnt = learn_pairs(truths, seen)
    assert learnt.default.calibration.characters.evidence > 0
    matcher.learn(learnt)
    assert sieve.behind
    unknown = sieve.may_match(seen)
    sieve.worths = learnt.worths()
    assert not sieve.behind
    told = sieve.may_match(seen)
    found = np.array([bool(matches) for matches in matcher.match(seen, [NOW] * len(seen))])
    assert not (found & ~told).any()
    assert not (told & ~unknown).any()
    assert told.sum() < unknown.sum() / 2


def test_validity_does_not_count() -> None:
    """The sieve is asked without a time, so what was or will be listed may match."""
    memory = mmap.mmap(-1, SIZE)
    matcher, sieve = Matcher(memory=memory), Sieve(memory)
    matcher.put_watchlist(watchlist(valid_from=NOW, expires_at=NOW + timedelta(days=1)), NOW, 1)
    matcher.put("a", entry("AA1234BB"))
    for days in (-1, 0, 1):
        (found,) = matcher.match([PlateRead(plate="AA1234BB")], [NOW + timedelta(days=days)])
        assert bool(found) is (days == 0)
        assert sieve.may_match([PlateRead(plate="AA1234BB")]).all()


def test_of_a_large_list_it_lets_most_traffic_fall() -> None:
    rng = random.Random(4)
    memory = mmap.mmap(-1, memory_size(60_000))
    matcher, sieve = Matcher(memory=memory), Sieve(memory)
    matcher.put_watchlist(watchlist(), NOW, 1)
    matcher.load("a", [entry(plate) for plate in {ukrainian(rng) for _ in range(50_000)}])
    sought = [PlateRead(plate=_misread(ukrainian(rng), rng)) for _ in range(5000)]
    may = sieve.may_match(sought)
    found = np.array([bool(matches) for matches in matcher.match(sought, [NOW] * len(sought))])
    assert not (found & ~may).any()
    assert found.any()
    assert may.mean() < 0.02


def ukrainian(rng: random.Random) -> str:
    letters = "".join(rng.choices("ABCEHIKMOPTX", k=4))
    return f"{letters[:2]}{rng.randrange(10_000):04}{letters[2:]}"


def _misread(plate: str, rng: random.Random) -> str:
    place = rng.randrange(len(plate))
    if rng.random() < 0.8:
        return plate
    return plate[:place] + rng.choice(string.ascii_uppercase + string.digits + "?") + plate[place + 1 :]


CHANGER = """
import mmap, os, random, sys, threading
from datetime import UTC, datetime
from platematch.matcher import Matcher
from platematch.watchlist import Entry, Watchlist
threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()  # with who started it
now, rng = datetime(2030, 1, 1, tzinfo=UTC), random.Random(1)
matcher = Matcher(memory=mmap.mmap(int(sys.argv[1]), 0))
def create(name):
    matcher.put_watchlist(Watchlist(watchlist_id=name, name=name, purpose="-", owner="-"), now, matcher.version + 1)
def entry(plate, number):
    return Entry(entry_id=str(number), plate=plate, reason="-")
stay = sys.argv[2].split()
create("stay")
matcher.load("stay", [entry(plate, i) for i, plate in enumerate(stay)])
print("ready", flush=True)
while True:
    create("gone")
    matcher.load("gone", [entry(f"KA{i:04}XC", i) for i in range(500)])
    for i in range(500):
        matcher.put("gone", entry(f"KA{rng.randrange(10_000):04}XC", i))
        matcher.put("stay", entry(stay[i % len(stay)], i % len(stay)))
    matcher.remove_watchlist("gone")
"""


@contextmanager
def changer(stay: list[str]) -> Iterator[mmap.mmap]:
    """Memory whose owner, a process of its own, changes it until it is killed."""
    size = memory_size(10_000)
    descriptor = os.memfd_create("matcher")
    try:
        os.ftruncate(descriptor, size)
        command = [sys.executable, "-c", CHANGER, str(descriptor), " ".join(stay)]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, pass_fds=[descriptor], stdin=pipe, stdout=pipe, text=True) as process:
            assert process.stdout is not None
            try:
                assert process.stdout.readline() == "ready\n"
                yield mmap.mmap(descriptor, size, prot=mmap.PROT_READ)
                assert process.poll() is None
            finally:
                process.kill()
    finally:
        os.close(descriptor)


def test_another_process_misses_nothing_that_stays() -> None:
    """Entries that are replaced by themselves stay; between the changes most other reads fall through."""
    stay = [f"AA{i:04}BB" for i in range(0, 10_000, 100)] + ["BE9212AA", "BC??78KK"]
    sought = [PlateRead(plate=plate.replace("?", "3")) for plate in stay] + [PlateRead(plate="XX9999XX")] * 100
    versions, fallen = set(), 0
    with changer(stay) as memory:
        sieve = Sieve(memory)
        for _ in range(20_000):
            versions.add(sieve.version)
            may = sieve.may_match(sought)
            assert may[: len(stay)].all()
            fallen += int((~may[len(stay) :]).sum())
            if len(versions) > 10 and fallen > 0:
                break
    assert len(versions) > 10
    assert fallen > 0


def test_what_changes_while_it_is_looked_at_may_match() -> None:
    """Rows that are freed all the time, as another process would: what is near may then be an entry of before."""
    memory = mmap.mmap(-1, SIZE)
    matcher, sieve = Matcher(memory=memory), Sieve(memory)
    matcher.put_watchlist(watchlist(), NOW, 1)
    matcher.put("a", entry("AA1234BB"))
    near, far = PlateRead(plate="AA1234BC"), PlateRead(plate="XX9999XX")
    assert sieve.may_match([near, far]).tolist() == [False, False]
    done = threading.Event()

    def change() -> None:
        while not done.is_set():
            block_of(memory).freed[0] += 1

    changing = threading.Thread(target=change)
    changing.start()
    try:
        answers = [sieve.may_match([near, far]).tolist() for _ in range(20_000)]
    finally:
        done.set()
        changing.join()
    assert [True, False] in answers
    assert not any(may for _, may in answers)


def test_memory_without_a_matcher() -> None:
    with pytest.raises(ValueError, match="holds no index"):
        Sieve(mmap.mmap(-1, SIZE))
    with pytest.raises(ValueError, match="100 bytes of memory"):
        Sieve(bytes(100))
