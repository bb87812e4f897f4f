"""What the sender holds for one endpoint, so that its trouble stays its own."""

from __future__ import annotations

from collections import deque

from platematch.webhooks.endpoint import Due
from platematch.webhooks.schedule import Outcome

# An endpoint that answers later than this may only use the slots set aside for slow ones.
SLOW_MS = 1000.0
# Deliveries taken ahead for each slot, so that a busy endpoint costs one query for many deliveries.
AHEAD = 8


class Lane:
    """One endpoint's deliveries in hand. Its width, the tries made at once, grows by one with each success to
    `widest` and falls to one at a failure; then nothing is taken ahead either, as it would only wait and age.
    """

    def __init__(self, webhook_id: str, widest: int) -> None:
        self.webhook_id = webhook_id
        self.waiting: deque[Due] = deque()
        self.in_hand: set[int] = set()  # waiting, being tried, or tried and not yet recorded
        self.workers = 0
        self.active = 0
        self.width = 1
        self.failing = False
        self.slow = False
        self.more = False  # the store may hold further due deliveries that were not taken
        self._widest = widest

    @property
    def capacity(self) -> int:
        """How many deliveries may be in hand; one of a failing endpoint, so that nothing follows an unrecorded 410."""
        return 1 if self.failing else AHEAD * self.width

    @property
    def full(self) -> bool:
        """Whether the next query may leave this endpoint out."""
        return len(self.in_hand) > self.capacity // 2

    def admit(self, due: Due) -> bool:
        """Take the delivery in hand, unless it is already or there is no room."""
        if due.delivery_id in self.in_hand:
            return False
        if len(self.in_hand) >= self.capacity:
            self.more = True
            return False
        self.in_hand.add(due.delivery_id)
        self.waiting.append(due)
        return True

    def idle_workers_wanted(self) -> int:
        """How many workers to start so that all that waits is tried as soon as the width allows."""
        return min(self.width, self.active + len(self.waiting)) - self.workers

    def learn(self, outcome: Outcome, latency_ms: float) -> None:
        """Adapt to how the last try went."""
        self.slow = latency_ms > SLOW_MS
        self.failing = outcome is not Outcome.DELIVERED
        self.width = 1 if self.failing else min(self.width + 1, self._widest)
        if self.failing:
            self.put_back()

    def put_back(self) -> None:
        """Leave what waits to the store, where it is pending still."""
        self.more = self.more or bool(self.waiting)
        self.in_hand.difference_update(due.delivery_id for due in self.waiting)
        self.waiting.clear()
