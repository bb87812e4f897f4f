"""The one writer: a thread that takes what waits in a bounded queue and commits it as one transaction."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError

from platematch.errors import PlatematchError, StoreUnavailable
from platematch.store.marks import NO_MARKS, Marks, marks, set_marks

log = structlog.get_logger("platematch.store")

GROUP = 256
PROBE_S = 1.0

# Does the items of one kind that wait next to each other; gives each one's result, or the error meant for its caller.
Work = Callable[[Connection, Sequence[Any]], Sequence[Any]]


@dataclass(slots=True)
class _Job:
    work: Work
    item: Any
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


class Overtaken(Exception):
    """Somebody else has written the lists, so what this process knows of them is not true any more; it has to end."""


class _Away(StoreUnavailable):
    """The database has gone, before the transaction or at its commit: whoever else waits would fail alike."""


class Writer:
    """Commits in groups; if one fails, its items are done again one by one, so that a bad one harms no other.

    Nothing is kept between transactions but what the database holds, so there is nothing to undo after a failure.
    probe: a write that changes nothing, tried every second after a failure until the store is well again.
    settled: called in the writer's thread right after a commit, committed later on the event loop, with the marks that
    the transaction's work left.
    ended: done when the thread has ended, with the error if one ended it; from then on nothing is taken.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        queue_size: int,
        probe: Callable[[Connection], None],
        settled: Callable[[Marks], None],
        committed: Callable[[Marks], None],
    ) -> None:
        self.healthy = True
        self._engine = engine
        self._probe = probe
        self._settled = settled
        self._committed = committed
        self._queue: queue.Queue[_Job | None] = queue.Queue(queue_size)
        self._closed = False
        self._doing: list[_Job] = []
        self.ended: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="platematch-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work, item: Any) -> asyncio.Future[Any]:
        """Queue an item; the future resolves after its commit. StoreUnavailable at once where the queue is full."""
        if self._closed:
            raise StoreUnavailable("the store is closing; try again when the service is back")
        loop = asyncio.get_running_loop()
        job = _Job(work, item, loop, loop.create_future())
        try:
            self._queue.put_nowait(job)
        except queue.Full:
            raise StoreUnavailable("the store has more work than it can take; try again in a moment") from None
        return job.future

    def doubt(self, error: BaseException) -> None:
        """The database was found away: not healthy until a probe has shown the contrary. From any thread."""
        if self.healthy:
            log.warning("store_away", error=str(getattr(error, "orig", error)))
        self.healthy = False

    def __len__(self) -> int:
        """How many items wait."""
        return self._queue.qsize()

    def close(self) -> None:
        """Finish what waits, take no more, end the thread. Blocks."""
        self._closed = True
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - the thread's edge: whoever watches `ended` gets it
            self._closed, self.healthy = True, False
            self._refuse_all()
            failure = RuntimeError(f"the store's writer ended by {error!r}")
            failure.__cause__ = error
            self.ended.set_exception(failure)
        else:
            self.ended.set_result(None)

    def _work(self) -> None:
        while True:
            jobs, last = self._take()
            self._doing = jobs
            if jobs:
                self._settle(jobs)
            elif not last and not self.healthy:
                self._look_again()
            if last:
                return

    def _take(self) -> tuple[list[_Job], bool]:
        """What waits, up to a group, and whether it is the end; waits for the first."""
        jobs: list[_Job] = []
        try:
            job = self._queue.get(timeout=PROBE_S)
            while job is not None:
                jobs.append(job)
                if len(jobs) == GROUP:
                    return jobs, False
                job = self._queue.get_nowait()
        except queue.Empty:
            return jobs, False
        return jobs, True

    def _settle(self, jobs: list[_Job]) -> None:
        """Do the jobs and tell each its outcome."""
        try:
            self._resolve(jobs, *self._transaction(jobs))
        except _Away as error:
            self._resolve(jobs, [StoreUnavailable(error.message) for _ in jobs])
        except Overtaken:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a job raises is its caller's; the thread must live
            if len(jobs) == 1:
                self._resolve(jobs, [_for_caller(error)])
            else:
                self._one_by_one(jobs)

    def _one_by_one(self, jobs: list[_Job]) -> None:
        for place, job in enumerate(jobs):
            try:
                self._resolve([job], *self._transaction([job]))
            except _Away as error:
                self._resolve(jobs[place:], [StoreUnavailable(error.message) for _ in jobs[place:]])
                return
            except Overtaken:
                raise
            except Exception as error:  # noqa: BLE001 - as above
                self._resolve([job], [_for_caller(error)])

    def _transaction(self, jobs: Sequence[_Job]) -> tuple[list[Any], Marks]:
        """The jobs' outcomes and marks, once they are committed; raises where anything of it failed."""
        with self._begun() as conn:
            set_marks(conn, {})
            outcomes = [outcome for work, items in _runs(jobs) for outcome in work(conn, items)]
            left = marks(conn)
        self._settled(left)
        return outcomes, left

    @contextmanager
    def _begun(self) -> Iterator[Connection]:
        """A connection in a transaction that is committed at the end; _Away where the database has gone."""
        with self._begin() as conn:
            try:
                yield conn
                self._commit(conn)
            except BaseException as error:
                # A commit that failed may leave its transaction open; closing the connection surely ends it.
                conn.invalidate()
                if is_outage(error):
                    self.doubt(error)
                raise
        if not self.healthy:
            log.info("store_back")
        self.healthy = True

    def _commit(self, conn: Connection) -> None:
        try:
            conn.commit()
        except DBAPIError as error:
            if error.connection_invalidated:  # nobody knows whether it was committed: it must not be done again here
                raise self._away(error) from error
            raise

    def _begin(self, *, again: bool = True) -> Connection:
        try:
            conn = self._engine.connect()
            try:
                conn.begin()
            except BaseException:
                conn.invalidate()
                conn.close()
                raise
            return conn
        except DBAPIError as error:
            if again and error.connection_invalidated:  # it had died in its idle time: so far nothing is wrong
                return self._begin(again=False)
            raise self._away(error) from error

    def _away(self, error: DBAPIError) -> _Away:
        self.doubt(error)
        return _Away(_reason(error))

    def _look_again(self) -> None:
        try:
            with self._begun() as conn:
                self._probe(conn)
        except Overtaken:
            raise
        except Exception:  # noqa: BLE001, S110 - told when it began; the next look comes
            pass

    def _refuse_all(self) -> None:
        """Nobody will do what waits, nor what was being done."""
        waiting = self._doing
        while True:
            try:
                waiting += [job for job in (self._queue.get_nowait(),) if job is not None]
            except queue.Empty:
                break
        self._resolve(
            waiting, [StoreUnavailable("the store has failed; try again when the service is back")] * len(waiting)
        )

    def _resolve(self, jobs: Sequence[_Job], outcomes: Sequence[Any], left: Marks = NO_MARKS) -> None:
        """One wake-up per event loop for all of the jobs."""
        for loop, pairs in groupby(zip(jobs, outcomes, strict=True), key=lambda pair: pair[0].loop):
            try:
                loop.call_soon_threadsafe(self._deliver, list(pairs), left)
            except RuntimeError:  # the loop has ended, and with it whoever waited
                continue

    def _deliver(self, pairs: Sequence[tuple[_Job, Any]], left: Marks) -> None:
        for job, outcome in pairs:
            if job.future.done():
                continue
            if isinstance(outcome, BaseException):
                job.future.set_exception(outcome)
            else:
                job.future.set_result(outcome)
        if left:
            self._committed(left)


def each(conn: Connection, calls: Sequence[Callable[[Connection], Any]]) -> list[Any]:
    """Work that does every call behind a savepoint: an error meant for its caller undoes that call only."""
    outcomes: list[Any] = []
    for call in calls:
        former = marks(conn)
        try:
            with conn.begin_nested():
                outcomes.append(call(conn))
        except PlatematchError as error:
            set_marks(conn, former)
            outcomes.append(error)
    return outcomes


def _runs(jobs: Sequence[_Job]) -> Iterator[tuple[Work, list[Any]]]:
    for work, run in groupby(jobs, key=lambda job: job.work):
        yield work, [job.item for job in run]


def is_outage(error: BaseException) -> bool:
    """Whether the database failed, rather than what was asked of it."""
    wrong = (IntegrityError, DataError, ProgrammingError, NotSupportedError)
    return isinstance(error, DBAPIError) and not isinstance(error, wrong)


def is_away(error: DBAPIError) -> bool:
    """Whether it is the connection to the database that failed."""
    return error.connection_invalidated or "connection" in str(error.orig)


def problem_of(error: DBAPIError) -> str:
    """What the database says, in one line; not where it is, for the line is shown to everybody."""
    if is_away(error):
        return "the database does not answer"
    return str(error.orig).partition("\n")[0]


def _reason(error: DBAPIError) -> str:
    return f"the store cannot be written now ({problem_of(error)}); try again in a moment"


def _for_caller(error: Exception) -> Exception:
    if isinstance(error, DBAPIError) and is_outage(error):
        outage = StoreUnavailable(_reason(error))
        outage.__cause__ = error
        return outage
    return error
