"""Reads on their way in: one batch per turn of the event loop, checked, recognised if repeated, and handed on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

import numpy as np
import structlog
from msgspec.structs import replace
from numpy.typing import NDArray

from platematch import plates
from platematch.matcher.observe import rows_by_row
from platematch.outcome import NOTHING, Answer, Counts, Outcome, Result, Told, outcome_of
from platematch.problem import Problem, invalid_item
from platematch.reads import Read, derived_read_id
from platematch.recent import Key
from platematch.sampling import Sampler
from platematch.settings import Settings

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)  # device clocks start there
BATCH = 1024  # reads matched without giving way to other work

log = structlog.get_logger("platematch.intake")


@dataclass(slots=True)
class Fresh:
    """The n reads of a batch that are new; plates as codes (n, 16) uint8 and lengths (n,) int32; received: when."""

    reads: list[Read] = field(default_factory=list)
    received: list[datetime] = field(default_factory=list)
    codes: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 16), np.uint8))
    lengths: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))

    def add(self, read: Read, received_at: datetime) -> None:
        """One more; its plate is to follow."""
        self.reads.append(read)
        self.received.append(received_at)


class Sink(Protocol):
    """Where reads go: to the matcher and the store, or to the process that has them."""

    @property
    def version(self) -> int:
        """The version of the lists now."""

    def recall(self, read: Read, received_at: datetime) -> Answer | None:
        """The answer to a read whose id was seen before; None where it was not."""

    def take(self, fresh: Fresh) -> Sequence[Answer]:
        """What becomes of reads with ids that were not seen before, each there once; they are remembered."""


@dataclass(slots=True, eq=False)
class _Arrival:
    """The items of one request, or a slice of them, and what became of them so far, at the same places.

    taken: where among the fresh reads of the batch the items are that were not answered at sight, and whether each
    is a repeat within the batch. waiting: the answers that are still to come, likewise.
    """

    items: Sequence[Read | Problem]
    received_at: datetime
    outcome: asyncio.Future[list[Result]]
    results: list[Result] = field(default_factory=list)
    taken: list[tuple[int, int, bool]] = field(default_factory=list)
    waiting: list[tuple[int, Awaitable[Result], bool]] = field(default_factory=list)
    version: int = 0


class Intake:
    """Takes the reads of all requests; `accept` returns when every hit among them is on disk."""

    def __init__(self, settings: Settings, sink: Sink, counts: Counts, sampler: Sampler) -> None:
        """sampler: takes some of the reads, to learn from."""
        self.counts = counts
        self._sampler = sampler
        self._max_length = settings.max_plate_length
        self._skew = timedelta(seconds=settings.clock_skew_s)
        self._sink = sink
        self._arrivals: list[_Arrival] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def accept(self, items: Sequence[Read | Problem], received_at: datetime) -> Outcome:
        """Match and record reads; an item that could not be decoded comes as its Problem. See Pipeline.accept."""
        results, version = await self._each(items, received_at)
        outcome = outcome_of(results, version)
        self.counts.add(outcome)
        self._sampler.offer(items, results, received_at)
        return outcome

    async def settle(self, read: Read, received_at: datetime) -> Result:
        """As accept, of one read that another process took in and counts."""
        results, version = await self._each([read], received_at)
        result = results[0]
        return replace(result, version=version) if isinstance(result, Told) else result

    async def close(self, timeout_s: float) -> None:
        """Wait until what was taken has been recorded and answered."""
        while self._arrivals:
            self._turn()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout_s)

    async def _each(self, items: Sequence[Read | Problem], received_at: datetime) -> tuple[list[Result], int]:
        """What became of each item, and the version that they were matched against."""
        loop = asyncio.get_running_loop()
        arrivals = [
            _Arrival(items[start : start + BATCH], received_at, loop.create_future())
            for start in range(0, len(items), BATCH)
        ]
        if arrivals and not self._arrivals:
            loop.call_soon(self._turn)
        self._arrivals += arrivals
        parts = await asyncio.gather(*(arrival.outcome for arrival in arrivals))
        version = max((arrival.version for arrival in arrivals), default=self._sink.version)
        return [result for part in parts for result in part], version

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
        try:
            self._run([arrival])
        except Exception as error:  # noqa: BLE001 the request's own edge: its sender gets the error
            if not arrival.outcome.done():
                arrival.outcome.set_exception(error)

    def _run(self, arrivals: list[_Arrival]) -> None:
        version = self._sink.version  # before matching: at least this one counted
        fresh = self._sort(arrivals)
        answers = self._sink.take(fresh) if fresh.reads else []
        for arrival in arrivals:
            arrival.version = version
            for place, number, again in arrival.taken:
                self._put(arrival, place, answers[number], again)
            if arrival.waiting:
                self._start(self._answer_later(arrival))
            elif not arrival.outcome.done():
                arrival.outcome.set_result(arrival.results)

    def _sort(self, arrivals: list[_Arrival]) -> Fresh:
        """Reject what cannot be taken and tell repeats from reads that are seen for the first time."""
        reads = [item for arrival in arrivals for item in arrival.items if isinstance(item, Read)]
        codes, lengths = plates.pack_batch([read.plate for read in reads], rows_by_row(reads))
        fresh, numbers = Fresh(), dict[Key, int]()
        rows: list[int] = []
        row = -1
        for arrival in arrivals:
            arrival.results, arrival.taken, arrival.waiting = [NOTHING] * len(arrival.items), [], []
            for place, item in enumerate(arrival.items):
                if not isinstance(item, Read):
                    arrival.results[place] = item
                    continue
                row += 1
                if self._is_new(arrival, place, item, codes[row], int(lengths[row]), numbers):
                    fresh.add(item, arrival.received_at)
                    rows.append(row)
        fresh.codes, fresh.lengths = codes[rows], lengths[rows]
        return fresh

    def _is_new(
        self,
        arrival: _Arrival,
        place: int,
        read: Read,
        codes: NDArray[np.uint8],
        length: int,
        numbers: dict[Key, int],
    ) -> bool:
        """Whether the read is to be taken; if not, its answer or its problem is in its place.

        One that came without an id has one afterwards. numbers: of the batch's new ids, by id.
        """
        if read.read_id is not None and self._is_repeat(arrival, place, read, numbers):
            return False
        problem = self._problem(read, length, arrival.received_at)
        if problem is not None:
            arrival.results[place] = problem
            return False
        if read.read_id is None:
            read.read_id = derived_read_id(read.camera_id, read.captured_at, plates.unpack(codes))
            if self._is_repeat(arrival, place, read, numbers):
                return False
        number = numbers[read.camera_id, read.read_id] = len(numbers)
        arrival.taken.append((place, number, False))
        return True

    def _is_repeat(self, arrival: _Arrival, place: int, read: Read, numbers: dict[Key, int]) -> bool:
        """Whether the read's id was seen before, in this batch or lately; what is known of it is then its answer."""
        key = (read.camera_id, read.read_id or "")
        number = numbers.get(key)
        if number is not None:
            arrival.taken.append((place, number, True))
            return True
        answer = self._sink.recall(read, arrival.received_at)
        if answer is not None:
            self._put(arrival, place, answer, False)
        return answer is not None

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
            self.counts.add_ignored()
        return None

    def _put(self, arrival: _Arrival, place: int, answer: Answer, again: bool) -> None:
        if isinstance(answer, Told):
            arrival.results[place] = _again(answer) if again else answer
        else:
            arrival.waiting.append((place, answer, again))

    async def _answer_later(self, arrival: _Arrival) -> None:
        try:
            for place, answer, again in arrival.waiting:
                result = await asyncio.shield(answer)
                arrival.results[place] = _again(result) if again else result
        except Exception as error:  # noqa: BLE001 the request's own edge: its sender gets the error
            if not arrival.outcome.done():
                arrival.outcome.set_exception(error)
            return
        if not arrival.outcome.done():
            arrival.outcome.set_result(arrival.results)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _again(result: Result) -> Result:
    return replace(result, duplicate=True) if isinstance(result, Told) else result


def plate_problem(plate: str, length: int, max_length: int) -> Problem | None:
    """What is wrong with a read's plate of `length` symbols, None where nothing is."""
    if length == 0:
        return invalid_item(f"plate {plate!r} holds no letter or digit", "$.plate")
    if length > max_length:
        return invalid_item(f"plate has {length} characters, at most {max_length} are taken", "$.plate")
    return None
