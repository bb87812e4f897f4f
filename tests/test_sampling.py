"""The sample of reads: bounded, without repeats, without what nobody counts."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from platematch.outcome import NOTHING, NOTHING_AGAIN
from platematch.problem import invalid_item
from platematch.reads import Read
from platematch.sampling import MOST_WAITING, Sampler

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def reads(count: int, cameras: int = 4) -> list[Read]:
    return [
        Read(plate=f"AA{i:04}BB", camera_id=f"gate-{i % cameras}", captured_at=NOW, picture=b"jpeg")
        for i in range(count)
    ]


def test_no_more_than_the_rate_in_a_second() -> None:
    sampler = Sampler(10)
    for _ in range(3):
        sampler.offer(reads(200), [NOTHING] * 200, NOW)
    assert len(sampler.take()) == 10
    sampler.offer(reads(4), [NOTHING] * 4, NOW + timedelta(seconds=1))
    taken = sampler.take()
    assert len(taken) == 4
    assert sampler.take() == []
    assert not hasattr(taken[0], "picture")
    assert not hasattr(taken[0], "captured_at")


def test_a_loud_camera_leaves_the_others_their_share() -> None:
    sampler = Sampler(100)
    for _ in range(10):
        sampler.offer(reads(500, cameras=1), [NOTHING] * 500, NOW)
    quiet = [Read(plate="AA1234BB", camera_id="quiet", captured_at=NOW)]
    sampler.offer(quiet, [NOTHING], NOW)
    assert Counter(read.camera_id for read in sampler.take()) == {"gate-0": 25, "quiet": 1}


def test_repeats_and_rejected_items_are_left_out() -> None:
    sampler = Sampler(10)
    one, two, three = reads(3)
    sampler.offer([one, two, invalid_item("-"), three], [NOTHING, NOTHING_AGAIN, invalid_item("-"), NOTHING], NOW)
    assert {read.plate for read in sampler.take()} == {one.plate, three.plate}


def test_what_waits_is_bounded_and_none_is_taken_at_rate_0() -> None:
    sampler = Sampler(0)
    sampler.offer(reads(5), [NOTHING] * 5, NOW)
    assert sampler.take() == []
    full = Sampler(100)
    full.offer(reads(1), [NOTHING], NOW)
    waiting = full.take()
    full.put(waiting * (MOST_WAITING + 5))
    full.put(waiting)
    assert len(full.take()) == MOST_WAITING
