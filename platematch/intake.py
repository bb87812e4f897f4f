"""Reads on their way in: one batch per turn of the event loop, checked, recognised if repeated, matched, recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import structlog
from msgspec import Struct
from numpy.typing import NDArray

from platematch import plates
from platematch.hits.hit import Listing, Matched
from platematch.matcher import Matcher
from platematch.matcher.match import Match
from platematch.matcher.observe import rows_by_row
from platematch.problem import Problem, Rejection, invalid_item
from platematch.reads import Read, derived_read_id
from platematch.recent import Key, Known, Recent
from platematch.settings import Settings
from platematch.store import hits as hit_rows
from platematch.store.hits import Recorded, StoredHit
from platematch.store.store import Store

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)  # device clocks start there
BATCH = 1024  # reads matched without giving way to other work

log = structlog.get_logger("platematch.intake")

NOTHING = Recorded(duplicate=False, hits=[])


class Outcome(Struct):
    """What became of the items of one request; accepted + duplicates + rejected = items sent."""

    accepted: int
    duplicates: int
    rejected: list[Rejection]
    hits: list[StoredHit]
    version: int


@dataclass(slots=True)
class Counts:
    """What has come in since the start, for the metrics. confidences_ignored: lists as long as no plate's text."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    confidences_ignored: int = 0


@dataclass(slots=True, eq=False)
class _Arrival:
    """The items of one request, or a slice of them, and what became of them so far.

    pending: the ids (camera_id, read_id) whose hits the answer shall repeat, and whether each is a repeat.
    version: of the lists that its reads were matched against.
    """

    items: Sequence[Read | Problem]
    offset: int
    received_at: datetime
    outcome: asyncio.Future[Outcome]
    rejected: list[Rejection]
    pending: list[tuple[Key, bool]]
    version: int = 0


class Intake:
    """Takes the reads of all requests; `accept` returns when every hit among them is on disk."""

    def __init__(self, settings: Settings, store: Store, matcher: Matcher, clock: Callable[[], datetime]) -> None:
        self.counts = Counts()
        self.recent = Recent(settings.recent_reads)
        self._max_length = settings.max_plate_length
        self._skew = timedelta(seconds=settings.clock_skew_s)
        self._late = timedelta(seconds=settings.late_s)
        self._store = store
        self._matcher = matcher
        self._clock = clock
        self._arrivals: list[_Arrival] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def accept(self, items: Sequence[Read | Problem], received_at: datetime) -> Outcome:
        """Match and record reads; an item that could not be decoded comes as its Problem. See Pipeline.accept."""
        loop = asyncio.get_running_loop()
        arrivals = [
            _Arrival(items[start : start + BATCH], start, received_at, loop.create_future(), [], [])
            for start in range(0, len(items), BATCH)
        ]
        if arrivals and not self._arrivals:
            loop.call_soon(self._turn)
        self._arrivals += arrivals
        parts = await asyncio.gather(*(arrival.outcome for arrival in arrivals))
        return Outcome(
            accepted=sum(part.accepted for part in parts),
            duplicates=sum(part.duplicates for part in parts),
            rejected=[rejection for part in parts for rejection in part.rejected],
            hits=[hit for part in parts for hit in part.hits],
            version=max((part.version for part in parts), default=self._matcher.version),
        )

    async def close(self, timeout_s: float) -> None:
        """Wait until what was taken has been recorded and answered."""
        while self._arrivals:
            self._turn()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout_s)

    def _turn(self) -> None:
        """Match what has arrived, up to a batch, and leave the rest to the loop's next turn."""
        if not self._arrivals:
            return
        arrivals = [self._arrivals.pop(0)]
        size = len(arrivals[0].items)
        while self._arrivals and size + len(self._arrivals[0].items) <= BATCH:
            arrivals.append(self._arrivals.pop(0))
            size += len(arrivals[-1].items)
        if self._arrivals:
            asyncio.get_running_loop().call_soon(self._turn)
        try:
            self._run(arrivals)
        except Exception:  # the edge of a batch: a request that breaks it must not break its neighbours
            log.exception("batch_failed", requests=len(arrivals))
            for arrival in arrivals:
                self._run_alone(arrival)

    def _run_alone(self, arrival: _Arrival) -> None:
        arrival.rejected, arrival.pending = [], []
        try:
            self._run([arrival])
        except Exception as error:  # noqa: BLE001 the request's own edge: its sender gets the error
            if not arrival.outcome.done():
                arrival.outcome.set_exception(error)

    def _run(self, arrivals: list[_Arrival]) -> None:
        fresh, known = self._sort(arrivals)
        known.update(self._match(fresh))
        for arrival in arrivals:
            arrival.version = self._matcher.version
            answers = [known[key] for key, _ in arrival.pending]
            if any(not isinstance(answer, Recorded) for answer in answers):
                self._start(self._answer_later(arrival, answers))
            else:
                self._answer(arrival, [answer for answer in answers if isinstance(answer, Recorded)])

    def _sort(self, arrivals: list[_Arrival]) -> tuple[_Fresh, dict[Key, Known]]:
        """Reject what cannot be taken and tell repeats from reads that are seen for the first time."""
        reads = [item for arrival in arrivals for item in arrival.items if isinstance(item, Read)]
        codes, lengths = plates.pack_batch([read.plate for read in reads], rows_by_row(reads))
        fresh = _Fresh([], [], [], codes, lengths)
        known: dict[Key, Known] = {}
        row = -1
        for arrival in arrivals:
            for index, item in enumerate(arrival.items, arrival.offset):
                if not isinstance(item, Read):
                    arrival.rejected.append(Rejection(index, item))
                    continue
                row += 1
                repeated = item.read_id is not None and self._is_known((item.camera_id, item.read_id), known)
                problem = None if repeated else self._problem(item, int(lengths[row]), arrival.received_at)
                if problem is not None:
                    arrival.rejected.append(Rejection(index, problem))
                    continue
                plate = plates.unpack(codes[row])
                if item.read_id is None:
                    item.read_id = derived_read_id(item.camera_id, item.captured_at, plate)
                key = (item.camera_id, item.read_id)
                repeated = self._is_known(key, known)
                if not repeated:
                    fresh.add(item, plate, row, arrival.received_at)
                    known[key] = None
                elif key not in known:
                    known[key] = self.recent[key]
                arrival.pending.append((key, repeated))
        return fresh, known

    def _is_known(self, key: Key, known: dict[Key, Known]) -> bool:
        return key in known or key in self.recent

    def _problem(self, read: Read, length: int, received_at: datetime) -> Problem | None:
        problem = plate_problem(read.plate, length, self._max_length)
        if problem is not None:
            return problem
        if read.captured_at < EARLIEST:
            return invalid_item(f"captured_at is {read.captured_at.isoformat()}: no camera saw that", "$.captured_at")
        if read.captured_at - received_at > self._skew:
            ahead = int((read.captured_at - received_at).total_seconds())
            return invalid_item(f"captured_at is {ahead} s ahead of the server's clock", "$.captured_at")
        if read.char_confidences is not None and len(read.char_confidences) != length:
            read.char_confidences = None
            self.counts.confidences_ignored += 1
        return None

    def _match(self, fresh: _Fresh) -> dict[Key, Known]:
        """Match the batch; hand what matched to the store and remember every id."""
        known: dict[Key, Known] = {}
        matched: list[Matched] = []
        found = (
            self._matcher.match(
                fresh.reads,
                [read.captured_at for read in fresh.reads],
                packed=(fresh.codes[fresh.rows], fresh.lengths[fresh.rows]),
            )
            if fresh.reads
            else []
        )
        for read, plate, received_at, matches in zip(fresh.reads, fresh.plates, fresh.received, found, strict=True):
            key = (read.camera_id, read.read_id or "")
            known[key] = NOTHING
            if matches:
                listings = [self._listing(match) for match in matches]
                late = received_at - read.captured_at > self._late
                matched.append(Matched(read, plate, matches, listings, late, self._matcher.version))
                known[key] = asyncio.get_running_loop().create_future()
        for key, answer in known.items():
            self.recent.put(key, answer)
        if matched:
            self._start(self._record(matched, known))
        return known

    def _listing(self, match: Match) -> Listing:
        listed = self._matcher.listing(match.watchlist_id, match.entry_id)
        if listed is None:  # lists change between turns only
            raise LookupError(f"{match.watchlist_id}/{match.entry_id} matched, but is not listed")
        return Listing(*listed)

    async def _record(self, matched: list[Matched], known: dict[Key, Known]) -> None:
        keys = [(item.read.camera_id, item.read.read_id or "") for item in matched]
        futures = [future for key in keys if isinstance(future := known[key], asyncio.Future)]
        try:
            recorded = await self._store.record(matched, self._clock())
        except Exception as error:  # noqa: BLE001 whatever failed, the senders must come again
            for key, future in zip(keys, futures, strict=True):
                self.recent.forget(key)
                future.set_exception(error)
                future.exception()  # a sender that went away leaves nobody else to look at it
            return
        for key, future, result in zip(keys, futures, recorded, strict=True):
            if key in self.recent:
                self.recent.put(key, result)
            future.set_result(result)

    async def _answer_later(self, arrival: _Arrival, answers: list[Known]) -> None:
        recorded: list[Recorded] = []
        try:
            for (camera_id, read_id), answer in zip((key for key, _ in arrival.pending), answers, strict=True):
                if answer is None:
                    hits = await self._store.read(hit_rows.of_read, camera_id, read_id)
                    recorded.append(Recorded(True, hits))
                else:
                    recorded.append(answer if isinstance(answer, Recorded) else await asyncio.shield(answer))
        except Exception as error:  # noqa: BLE001 the request's own edge: its sender gets the error
            if not arrival.outcome.done():
                arrival.outcome.set_exception(error)
            return
        self._answer(arrival, recorded)

    def _answer(self, arrival: _Arrival, recorded: list[Recorded]) -> None:
        duplicates = sum(
            repeated or result.duplicate for (_, repeated), result in zip(arrival.pending, recorded, strict=True)
        )
        outcome = Outcome(
            accepted=len(arrival.pending) - duplicates,
            duplicates=duplicates,
            rejected=arrival.rejected,
            hits=[hit for result in recorded for hit in result.hits],
            version=arrival.version,
        )
        self.counts.accepted += outcome.accepted
        self.counts.duplicates += duplicates
        self.counts.rejected += len(outcome.rejected)
        if not arrival.outcome.done():
            arrival.outcome.set_result(outcome)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def plate_problem(plate: str, length: int, max_length: int) -> Problem | None:
    """What is wrong with a read's plate of `length` symbols, None where nothing is."""
    if length == 0:
        return invalid_item(f"plate {plate!r} holds no letter or digit", "$.plate")
    if length > max_length:
        return invalid_item(f"plate has {length} characters, at most {max_length} are taken", "$.plate")
    return None


@dataclass(slots=True)
class _Fresh:
    """The reads of a turn that are new: rows index codes (n, 16) uint8 and lengths (n,) int32 of the whole turn."""

    reads: list[Read]
    plates: list[str]
    rows: list[int]
    codes: NDArray[np.uint8]
    lengths: NDArray[np.int32]
    received: list[datetime] = field(default_factory=list)

    def add(self, read: Read, plate: str, row: int, received_at: datetime) -> None:
        self.reads.append(read)
        self.plates.append(plate)
        self.rows.append(row)
        self.received.append(received_at)
