"""A sample of the reads that are taken in, waiting for a moment to be counted; bounded in rate and in number."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from platematch.matcher.record import CameraRead
from platematch.outcome import Result, Told
from platematch.problem import Problem
from platematch.reads import Read

PER_SECOND, OF_CAMERA = 100, 0.25
"""Reads counted in each second, at most, and the share of them that one camera may have: millions in a day, for a
hundredth of a core, and none of them can drown out the others."""
ROUND = 4
"""So many times as many reads as there is room for are looked at, of which some are not to be taken."""
MOST_WAITING = 20_000


class Sampler:
    """Reads of one process, hits and others alike; what counts leaves picture, time and place behind at once."""

    def __init__(self, per_second: int = PER_SECOND) -> None:
        """per_second: 0 takes none."""
        self._per_second = per_second
        self._per_camera = math.ceil(OF_CAMERA * per_second)
        self._left = 0
        self._taken: Counter[str] = Counter()
        self._second = -1
        self._waiting: list[CameraRead] = []
        self._random = random.Random()  # noqa: S311 - which reads are counted is no secret

    def offer(self, items: Sequence[Read | Problem], results: Sequence[Result], at: datetime) -> None:
        """Take some of the reads among n items that arrived at a time, as many as this second has room for.

        results (n,): what became of each; repeats and what was rejected are not taken.
        """
        second = int(at.timestamp())
        if second != self._second:
            self._second, self._left = second, self._per_second
            self._taken.clear()
        room = min(self._left, MOST_WAITING - len(self._waiting))
        if room <= 0:
            return
        chosen = self._chosen(items, results, room)
        self._left -= len(chosen)
        self._waiting += [
            CameraRead(
                plate=read.plate,
                region=read.region,
                char_confidences=read.char_confidences,
                candidates=read.candidates,
                camera_id=read.camera_id,
            )
            for read in chosen
        ]

    def _chosen(self, items: Sequence[Read | Problem], results: Sequence[Result], room: int) -> list[Read]:
        """As many at random as there is room for, also for each camera."""
        chosen: list[Read] = []
        for place in self._random.sample(range(len(items)), min(len(items), ROUND * room)):
            item, result = items[place], results[place]
            if not (isinstance(item, Read) and isinstance(result, Told)) or result.duplicate:
                continue
            if len(chosen) < room and self._taken[item.camera_id] < self._per_camera:
                self._taken[item.camera_id] += 1
                chosen.append(item)
        return chosen

    def put(self, reads: Sequence[CameraRead]) -> None:
        """Reads that another process has sampled."""
        self._waiting += reads[: max(0, MOST_WAITING - len(self._waiting))]

    def take(self) -> list[CameraRead]:
        """What waits; it is forgotten here."""
        waiting, self._waiting = self._waiting, []
        return waiting
