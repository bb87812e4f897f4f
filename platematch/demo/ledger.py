"""What really happened in the city, beside what the service made of it: found, missed, false."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from platematch.plates import canonical
from platematch.simulation import Passage

REMEMBERED = 200_000
"""Posts whose truth is kept; a hit comes milliseconds after its post, so far fewer would do."""

MISSED_ONE_IN = 10
FALSE_ONE_IN = 50
UNSEEN_ONE_IN = 3


@dataclass
class Posted:
    """The truth behind one post. sent: time.monotonic()."""

    passage: Passage
    sent: float


class Passed(NamedTuple):
    """A listed vehicle's passage that the service has taken, and the plates that were read of it, by whomever."""

    passage: Passage
    texts: Sequence[str]


@dataclass
class Judged:
    """One alert. posted: the truth behind its read; None where the city posted no such read, as a visitor may."""

    data: dict[str, Any]
    posted: Posted | None
    genuine: bool
    latency_s: float | None

    @property
    def by_picture(self) -> bool:
        """Whether the service itself read the plate, in a picture."""
        return self.posted is not None and self.posted.passage.camera.vendor == "picture"


@dataclass
class Ledger:
    """Counts of a whole play. A vehicle is found when an alert for its own entry came from a read of itself.

    pictures: those posted to be read by the service: "taken", of these "read" (some plate) and "exact", and "missed",
    which were never posted, as their camera was still busy with the one before.
    """

    reads: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    pictures: Counter[str] = field(default_factory=Counter)
    passed: dict[str, list[Passed]] = field(default_factory=dict)
    exact: int = 0
    near: set[str] = field(default_factory=set)
    found: set[str] = field(default_factory=set)
    alerts: list[Judged] = field(default_factory=list)
    _truth: dict[tuple[str, str], Posted] = field(default_factory=dict)
    _order: deque[tuple[str, str]] = field(default_factory=deque)

    def sending(self, passage: Passage, now: float) -> None:
        """A post is on its way."""
        by_picture = passage.camera.vendor == "picture"
        told = passage.read.read_id or "" if by_picture else canonical(passage.read.plate)
        key = (passage.camera.camera_id, told)
        if key not in self._truth:
            self._order.append(key)
        self._truth[key] = Posted(passage, now)
        while len(self._order) > REMEMBERED:
            del self._truth[self._order.popleft()]

    def taken(self, passage: Passage, texts: Sequence[str]) -> None:
        """The service has answered the post with a 2xx. texts: the plates read, by the camera or by the service."""
        exact = canonical(passage.vehicle.plate) in map(canonical, texts)
        if passage.camera.vendor == "picture":
            self.pictures.update(taken=1, read=int(bool(texts)), exact=int(exact))
        else:
            self.reads[passage.camera.vendor] += 1
            self.exact += exact
        if passage.listed:
            self.passed.setdefault(passage.vehicle.plate, []).append(Passed(passage, texts))
        elif passage.near:
            self.near.add(passage.vehicle.plate)

    def alert(self, data: dict[str, Any], arrived: float) -> Judged:
        """Judge a `hit.created` event by the truth behind its read."""
        read = data["read"]
        posted = self._posted(read)
        genuine = posted is not None and canonical(posted.passage.vehicle.plate) == canonical(data["entry"]["plate"])
        judged = Judged(data, posted, genuine, arrived - posted.sent if posted else None)
        self.alerts.append(judged)
        if genuine and posted is not None:
            self.found.add(posted.passage.vehicle.plate)
        return judged

    def _posted(self, read: dict[str, Any]) -> Posted | None:
        """The truth behind a read: by its text, or where that was read in a picture, by the id of the picture."""
        camera_id, picture_id = read["camera_id"], str(read.get("read_id", "")).partition(":")[0]
        return self._truth.get((camera_id, canonical(read["plate"]))) or self._truth.get((camera_id, picture_id))

    @property
    def pictured(self) -> set[str]:
        """The listed vehicles of which a picture was taken to be read."""
        return {
            plate
            for plate, passages in self.passed.items()
            if any(passed.passage.camera.vendor == "picture" for passed in passages)
        }

    @property
    def unseen(self) -> set[str]:
        """Those of them that no picture gave an alert for, whatever other cameras did."""
        return self.pictured - {
            judged.posted.passage.vehicle.plate
            for judged in self.alerts
            if judged.posted and judged.genuine and judged.by_picture
        }

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

    def most_unseen(self) -> int:
        """How many may go unseen in their pictures: one in three, but two at least."""
        return max(2, len(self.pictured) // UNSEEN_ONE_IN)

    def within_bounds(self) -> bool:
        """Whether found and false are as promised; a play in which nothing listed passed shows nothing."""
        return (
            bool(self.found)
            and len(self.missed) <= self.most_missed()
            and len(self.false) <= self.most_false()
            and len(self.unseen) <= self.most_unseen()
            and not self.refused
        )
