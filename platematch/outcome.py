"""What becomes of reads: what each sender is told, and the counts of it all."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Sequence

import numpy as np
from msgspec import Struct
from typing_extensions import Buffer

from platematch.problem import Problem, Rejection
from platematch.store.hits import StoredHit


class Told(Struct, frozen=True):
    """What became of one read, for its sender.

    covert: those of its hits' lists that exist only for keys that name them. version: of the lists that a hit was
    matched against; 0 where the batch's own counts.
    """

    duplicate: bool
    hits: Sequence[StoredHit] = ()
    covert: frozenset[str] = frozenset()
    version: int = 0


NOTHING = Told(duplicate=False)
NOTHING_AGAIN = Told(duplicate=True)
Result = Told | Problem
Answer = Told | Awaitable[Result]


class Outcome(Struct):
    """What became of the items of one request; accepted + duplicates + rejected = items sent. covert: as in Told."""

    accepted: int
    duplicates: int
    rejected: list[Rejection]
    hits: list[StoredHit]
    version: int
    covert: frozenset[str] = frozenset()


class Counts:
    """What has come in since the start, for the metrics. confidences_ignored: lists as long as no plate's text."""

    def __init__(self, memory: Buffer | None = None) -> None:
        """memory: at least 32 bytes, zeros at first; whoever maps it sees the counts. None: they are nobody else's."""
        self._cells = np.zeros(4, np.int64) if memory is None else np.frombuffer(memoryview(memory), np.int64, 4)

    def add(self, outcome: Outcome) -> None:
        """Count what became of one request's items."""
        self._cells[:3] += (outcome.accepted, outcome.duplicates, len(outcome.rejected))

    def add_ignored(self) -> None:
        """Count a read whose confidences are of no use."""
        self._cells[3] += 1

    accepted = property(lambda self: int(self._cells[0]))
    duplicates = property(lambda self: int(self._cells[1]))
    rejected = property(lambda self: int(self._cells[2]))
    confidences_ignored = property(lambda self: int(self._cells[3]))


def outcome_of(results: Iterable[Result], version: int) -> Outcome:
    """What a request's sender is told, from what became of each of its items. version: what the batches counted."""
    outcome = Outcome(0, 0, [], [], version)
    for place, result in enumerate(results):
        if not isinstance(result, Told):
            outcome.rejected.append(Rejection(place, result))
            continue
        outcome.duplicates += result.duplicate
        outcome.accepted += not result.duplicate
        if result.hits:
            outcome.hits += result.hits
            outcome.covert |= result.covert
            outcome.version = max(outcome.version, result.version)
    return outcome
