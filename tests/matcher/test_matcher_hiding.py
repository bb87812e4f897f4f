"""Sums are kept back until enough different plates are in them; then only those of the plates that are let go."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from platematch.matcher.counting import COUNTED
from platematch.matcher.counts import LEAST_READS, MOST_CAMERAS
from platematch.matcher.hiding import TOO_LONG, Waiting, hidden, spread
from platematch.matcher.model import Fixed
from platematch.matcher.record import CameraRead
from platematch.matcher.tally import Tally

START = Fixed.home("UA").default
SEVERITIES = len(START.channel.shares)
TALLY = Tally(START.channel, START.formats)
FEW = int(LEAST_READS) - 1


def plates(count: int, seed: int = 1) -> list[str]:
    rng = random.Random(seed)
    return [f"{rng.choice('ABCK')}A{rng.randrange(10_000):04}{rng.choice('BHM')}T" for _ in range(count)]


def reads(texts: list[str], camera_id: str | None) -> list[CameraRead]:
    return [CameraRead(plate=text, camera_id=camera_id) for text in texts]


def add(waiting: Waiting, seen: list[CameraRead]) -> None:
    waiting.add(TALLY.traffic(seen), [read.plate for read in seen], seen)


def test_a_camera_waits_for_enough_plates() -> None:
    waiting = Waiting(SEVERITIES)
    add(waiting, reads(plates(FEW, 1), "few") + reads(plates(FEW + 4, 2), "many"))
    free = waiting.release()
    assert set(free.cameras) == {"many"}
    assert free.total.reads == pytest.approx(free.cameras["many"].reads), "the rest could be told from the difference"
    add(waiting, reads(plates(5, 3), "few"))
    assert set(waiting.release().cameras) == {"few"}
    assert waiting.release().total.reads == 0


@pytest.mark.parametrize("regulars", [1, 3, 9])
def test_a_few_vehicles_that_pass_ever_again_are_never_let_go(regulars: int) -> None:
    waiting = Waiting(SEVERITIES)
    own = plates(regulars)
    for _ in range(4):
        add(waiting, reads((own * 500)[:500], "yard") + reads((own * 500)[:500], None))
        free = waiting.release()
        assert free.total.reads == 0
        assert not free.cameras
        assert not free.total.positions
    assert waiting.release_last().total.reads == 0


def test_a_parked_car_holds_a_camera_up_until_it_is_gone() -> None:
    waiting = Waiting(SEVERITIES)
    add(waiting, reads(["AA1234BB"] * int(TOO_LONG + 1), "street"))
    assert not waiting.release().cameras
    add(waiting, reads(plates(80), "street"))
    assert waiting.release().cameras["street"].reads == pytest.approx(80)


def test_cameras_with_few_reads_count_together_at_the_end() -> None:
    texts = plates(80)
    seen = [CameraRead(plate=text, camera_id=f"c{i % 4}") for i, text in enumerate(texts)]
    waiting = Waiting(SEVERITIES)
    waiting.add(TALLY.pairs(texts, seen), texts, seen)
    whole = waiting.release_last()
    assert not whole.cameras
    assert whole.total.reads == pytest.approx(80)
    few = Waiting(SEVERITIES)
    few.add(TALLY.pairs(texts[:40], seen[:40]), texts[:40], seen[:40])
    assert few.release_last().total.reads == 0


def test_no_more_cameras_wait_than_there_is_room_for() -> None:
    waiting = Waiting(SEVERITIES)
    texts = plates(2 * MOST_CAMERAS)
    seen = [CameraRead(plate=text, camera_id=f"false-{i}") for i, text in enumerate(texts)]
    add(waiting, reads(plates(FEW, 9), "true"))
    add(waiting, seen)
    free = waiting.release()
    add(waiting, reads(plates(4, 8), "true"))
    assert set(waiting.release().cameras) == {"true"}, "the smallest make room"
    assert not free.cameras


def test_none_may_dominate() -> None:
    assert hidden(Counter(range(50)))
    assert not hidden(Counter(range(49)))
    assert hidden(Counter({0: 6, **dict.fromkeys(range(1, 60), 1)}))
    assert not hidden(Counter({0: 60, **dict.fromkeys(range(1, 60), 1)}))
    assert not hidden(Counter())


def test_positions_are_let_go_when_digits_vary() -> None:
    table = np.zeros((3, COUNTED))
    table[:, 11] = 100.0
    assert not spread(table)
    table[:2, 11] = 0.0
    table[:2, 1:11] = 10.0
    assert spread(table)
    table[0, 1] = 40.0
    assert not spread(table)
    assert not spread(np.zeros((3, COUNTED)))
    assert not spread(table[:2] / 10.0)
