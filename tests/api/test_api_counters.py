"""Counts in shared memory: they add up over processes, outlive who counted, and never leave their memory."""

from __future__ import annotations

from platematch.api.counters import LATENCIES_S, SUM, Counters, totals

SIZE = 1 << 16


def test_the_counts_of_processes_add_up() -> None:
    memories = [bytearray(SIZE), bytearray(SIZE)]
    one, other = (Counters(memory) for memory in memories)
    one.observe("GET", "/a", 200, 0.0007)
    one.observe("POST", "/b", 200, 100.0)
    other.observe("GET", "/a", 200, 0.0007)
    other.count_unreadable("openalpr")
    found = totals(memories)
    assert found["requests", "GET", "/a", "200"][0] == 2
    assert found["requests", "POST", "/b", "200"][0] == 1
    assert found["unreadable", "openalpr"][0] == 1
    assert found["latency", "/a"][1] == 2
    assert found["latency", "/b"][len(LATENCIES_S)] == 1
    assert found["latency", "/b"][SUM] == 100.0


def test_a_process_that_takes_the_place_of_another_counts_on() -> None:
    memory = bytearray(SIZE)
    for _ in range(3):
        Counters(memory).observe("GET", "/a", 200, 0.1)
    assert totals([memory])["requests", "GET", "/a", "200"][0] == 3


def test_labels_without_end_do_not_leave_the_memory() -> None:
    memory = bytearray(SIZE)
    counters = Counters(memory)
    for number in range(1000):
        counters.observe("GET", f"/{number}", 200, 0.1)
    counters.observe("GET", "/" + "x" * 1000, 200, 0.1)
    assert ("requests", "GET", "/0", "200") in totals([memory])
    assert len(totals([memory])) < 1000
