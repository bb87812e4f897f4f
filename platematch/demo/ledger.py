"""What really happened in the city, beside what the service made of it: found, missed, false."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from platematch.plates import canonical
from platematch.simulation import Passage

REMEMBERED = 200_000
"""Posts whose truth is kept; a hit comes milliseconds after its post, so far fewer would do."""

MISSED_ONE_IN = 10
FALSE_ONE_IN = 50


@dataclass
class Posted:
    """The truth behind one post. sent: time.monotonic()."""

    passage: Passage
    sent: float


@dataclass
class Judged:
    """One alert. posted: the truth behind its read; None where the city posted no such read, as a visitor may."""

    data: dict[str, Any]
    posted: Posted | None
    genuine: bool
    latency_s: float | None


@dataclass
class Ledger:
    """Counts of a whole play. A vehicle is found when an alert for its own entry came from a read of itself."""

    reads: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    passed: dict[str, list[Passage]] = field(default_factory=dict)
    exact: int = 0
    near: set[str] = field(default_factory=set)
    found: set[str] = field(default_factory=set)
    alerts: list[Judged] = field(default_factory=list)
    _truth: dict[tuple[str, str], Posted] = field(default_factory=dict)
    _order: deque[tuple[str, str]] = field(default_factory=deque)

    def sending(self, passage: Passage, now: float) -> None:
        """A post is on its way."""
        key = (passage.camera.camera_id, canonical(passage.read.plate))
        if key not in self._truth:
            self._order.append(key)
        self._truth[key] = Posted(passage, now)
        while len(self._order) > REMEMBERED:
            del self._truth[self._order.popleft()]

    def taken(self, passage: Passage) -> None:
        """The service has answered the post with a 2xx."""
        self.reads[passage.camera.vendor] += 1
        self.exact += canonical(passage.read.plate) == canonical(passage.vehicle.plate)
        if passage.listed:
            self.passed.setdefault(passage.vehicle.plate, []).append(passage)
        elif passage.near:
            self.near.add(passage.vehicle.plate)

    def alert(self, data: dict[str, Any], arrived: float) -> Judged:
        """Judge a `hit.created` event by the truth behind its read."""
        read = data["read"]
        posted = self._truth.get((read["camera_id"], canonical(read["plate"])))
        genuine = posted is not None and canonical(posted.passage.vehicle.plate) == canonical(data["entry"]["plate"])
        judged = Judged(data, posted, genuine, arrived - posted.sent if posted else None)
        self.alerts.append(judged)
        if genuine and posted is not None:
            self.found.add(posted.passage.vehicle.plate)
        return judged

    @property
    def false(self) -> list[Judged]:
        """Alerts for another vehicle than the listed one."""
        return [judged for judged in self.alerts if judged.posted and not judged.genuine]

    @property
    def foreign(self) -> list[Judged]:
        """Alerts from reads that the city did not post: of somebody who tries the service beside it."""
        return [judged for judged in self.alerts if not judged.posted]

    @property
    def missed(self) -> list[str]:
        """Listed vehicles that passed without an alert of their own."""
        return [plate for plate in self.passed if plate not in self.found]

    def most_missed(self) -> int:
        """How many may be missed: one in ten, but one at least, as a short play has few to miss."""
        return max(1, len(self.passed) // MISSED_ONE_IN)

    def most_false(self) -> int:
        """How many alerts may be false: one in fifty, but one at least."""
        return max(1, len(self.alerts) // FALSE_ONE_IN)

    def within_bounds(self) -> bool:
        """Whether found and false are as promised; a play in which nothing listed passed shows nothing."""
        return (
            bool(self.found)
            and len(self.missed) <= self.most_missed()
            and len(self.false) <= self.most_false()
            and not self.refused
        )
