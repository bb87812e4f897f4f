"""The sender: takes due deliveries from the outbox, posts them, records the attempts and plans the next ones."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from random import SystemRandom

import aiohttp
import structlog
from aiohttp.abc import AbstractResolver

from platematch.webhooks.endpoint import Attempt, Due, Outbox
from platematch.webhooks.lane import AHEAD, Lane
from platematch.webhooks.post import Reply, Resolver, open_session, post
from platematch.webhooks.schedule import Outcome, next_due, outcome

log = structlog.get_logger(__name__)

# Without a wake the outbox is looked at this often, which also bounds the harm of a clock that is set.
LONGEST_REST_S = 30.0
STORE_PAUSE_S = 1.0
LAST_RECORD_S = 1.0
JITTER = SystemRandom()  # not the shared generator, whose order others may rely on


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Sender:
    """Delivers at least once, with the same webhook-id at each try; one endpoint's trouble delays no other's.

    Each endpoint has a Lane, and each try one of `total` slots, handed out first come first served; endpoints whose
    last try took over a second share half of them. Attempts are recorded in batches: while one is being committed
    the next gathers. A delivery stays in hand until its attempt is recorded, so that a store which is away for a
    while causes no second sending; only a crash does.

    timeout_s: for one try as a whole. now: the clock, aware UTC. random: 0..1, the jitter. on_attempt: called with each
    attempt when it is over. resolver: for names, in place of the system's.
    """

    def __init__(
        self,
        outbox: Outbox,
        *,
        allow_private: bool,
        timeout_s: float = 15.0,
        concurrency_per_endpoint: int = 4,
        total: int = 256,
        now: Callable[[], datetime] = _utc_now,
        random: Callable[[], float] = JITTER.random,
        on_attempt: Callable[[Attempt], None] | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._outbox = outbox
        self._allow_private = allow_private
        self._timeout_s = timeout_s
        self._widest = concurrency_per_endpoint
        self._total = total
        self._now = now
        self._random = random
        self._on_attempt = on_attempt
        self._resolver = resolver
        self._slots = asyncio.Semaphore(total)
        self._slow_slots = asyncio.Semaphore(max(1, total // 2))
        self._lanes: dict[str, Lane] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._finished: list[Attempt] = []
        self._settled: set[int] = set()  # recorded since the last query began, so it may show them as pending still
        self._something_finished = asyncio.Event()
        self._woken = asyncio.Event()
        self._stopped = asyncio.Event()
        self._stopped.set()
        self._closing = False
        self._drained = False
        self._drain_s = 0.0

    def wake(self) -> None:
        """Look for due deliveries now. To be called in the event loop's thread."""
        self._woken.set()

    async def close(self, drain_s: float) -> None:
        """Take nothing more, give the tries under way drain_s to end, record them, and end run()."""
        self._drain_s = drain_s
        self._closing = True
        self._woken.set()
        await self._stopped.wait()

    async def run(self) -> None:
        """Send until close() is called."""
        self._stopped.clear()
        resolver = self._resolver or Resolver()
        try:
            async with open_session(
                allow_private=self._allow_private,
                timeout_s=self._timeout_s,
                connections=self._total,
                resolver=resolver,
            ) as session:
                await self._run(session)
        finally:
            await resolver.close()
            self._stopped.set()

    async def _run(self, session: aiohttp.ClientSession) -> None:
        recorder = asyncio.create_task(self._record_until_drained())
        try:
            while not self._closing:
                await self._rest(await self._take(session))
            for lane in self._lanes.values():
                lane.put_back()
            if self._workers:
                await asyncio.wait(self._workers, timeout=self._drain_s)
            self._drained = True
            self._something_finished.set()
            await asyncio.wait({recorder}, timeout=LAST_RECORD_S)
        finally:
            left = [*self._workers, recorder]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    # Taking

    async def _take(self, session: aiohttp.ClientSession) -> float:
        """Take what is due and set workers on it; the seconds until more will be."""
        self._woken.clear()
        self._settled.clear()
        now = self._now()
        full = frozenset(lane.webhook_id for lane in self._lanes.values() if lane.full)
        for lane in self._lanes.values():
            lane.more = lane.webhook_id in full
        try:
            self._admit(await self._outbox.take_due(now, AHEAD * self._widest, full), session)
            due_at = await self._outbox.next_due(now)
        except Exception as error:  # noqa: BLE001 - whatever ails the store, the sender outlives it
            log.warning("webhooks.outbox_unavailable", error=str(error))
            return STORE_PAUSE_S
        return LONGEST_REST_S if due_at is None else (due_at - self._now()).total_seconds()

    def _admit(self, dues: Sequence[Due], session: aiohttp.ClientSession) -> None:
        if self._closing:
            return
        for webhook_id, count in Counter(due.webhook_id for due in dues).items():
            lane = self._lanes.setdefault(webhook_id, Lane(webhook_id, self._widest))
            lane.more = count >= AHEAD * self._widest
        fresh = [due for due in dues if due.delivery_id not in self._settled]
        touched = {due.webhook_id for due in fresh if self._lanes[due.webhook_id].admit(due)}
        for webhook_id in touched:
            self._staff(self._lanes[webhook_id], session)

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(max(seconds, 0.0), LONGEST_REST_S)):
                await self._woken.wait()

    # Sending

    def _staff(self, lane: Lane, session: aiohttp.ClientSession) -> None:
        for _ in range(lane.idle_workers_wanted()):
            lane.workers += 1
            worker = asyncio.create_task(self._work(lane, session))
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    async def _work(self, lane: Lane, session: aiohttp.ClientSession) -> None:
        try:
            while lane.waiting and lane.workers <= lane.width:
                async with self._slot(lane):
                    if lane.waiting:
                        await self._try(lane, lane.waiting.popleft(), session)
        finally:
            lane.workers -= 1

    @contextlib.asynccontextmanager
    async def _slot(self, lane: Lane) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as held:
            if lane.slow:
                await held.enter_async_context(self._slow_slots)
            await held.enter_async_context(self._slots)
            yield

    async def _try(self, lane: Lane, due: Due, session: aiohttp.ClientSession) -> None:
        started = self._now()
        lane.active += 1
        try:
            reply = await post(session, due, self._now)
        except Exception as error:
            log.exception("webhooks.try_broke", webhook_id=due.webhook_id, delivery_id=due.delivery_id)
            reply = Reply(status=None, latency_ms=0.0, error=f"{type(error).__name__} in the sender, see its log")
        finally:
            lane.active -= 1
        self._conclude(lane, self._attempt(due, started, reply))
        self._staff(lane, session)

    def _attempt(self, due: Due, started: datetime, reply: Reply) -> Attempt:
        result = outcome(reply.status)
        again = result is Outcome.RETRY
        return Attempt(
            delivery_id=due.delivery_id,
            webhook_id=due.webhook_id,
            at=started,
            delivered=result is Outcome.DELIVERED,
            status=reply.status,
            latency_ms=reply.latency_ms,
            error=reply.error,
            answer=reply.answer,
            next_due=next_due(due.attempt, self._now(), reply.retry_after, self._random()) if again else None,
            disable="the receiver answered 410 Gone" if result is Outcome.GONE else None,
        )

    def _conclude(self, lane: Lane, attempt: Attempt) -> None:
        failed_before = lane.failing
        lane.learn(outcome(attempt.status), attempt.latency_ms)
        if lane.failing != failed_before:
            log.info(
                "webhooks.endpoint_failing" if lane.failing else "webhooks.endpoint_recovered",
                webhook_id=lane.webhook_id,
                error=attempt.error,
            )
        self._finished.append(attempt)
        self._something_finished.set()
        if self._on_attempt is not None:
            self._on_attempt(attempt)

    # Recording

    async def _record_until_drained(self) -> None:
        while self._finished or not self._drained:
            await self._something_finished.wait()
            self._something_finished.clear()
            batch, self._finished = self._finished, []
            if batch and not await self._record(batch):
                self._finished[:0] = batch
                self._something_finished.set()
                if self._drained:
                    return
                await asyncio.sleep(STORE_PAUSE_S)

    async def _record(self, batch: Sequence[Attempt]) -> bool:
        try:
            await self._outbox.record_attempts(batch)
        except Exception as error:  # noqa: BLE001 - whatever ails the store, the sender outlives it
            log.warning("webhooks.attempts_unrecorded", attempts=len(batch), error=str(error))
            return False
        for attempt in batch:
            lane = self._lanes[attempt.webhook_id]
            lane.in_hand.discard(attempt.delivery_id)
            self._settled.add(attempt.delivery_id)
            if attempt.next_due is not None or (lane.more and not lane.full):
                self._woken.set()
        return True
