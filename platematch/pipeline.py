"""The path of a read: accept(reads) matches and records them, apply(change) changes a list; read this file first."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime

import structlog
from msgspec import Struct

from platematch import plates
from platematch.access import StoredKey
from platematch.errors import InvalidPlate, PlatematchError, SettingsError, StartError, TooLarge
from platematch.intake import Intake, plate_problem
from platematch.learner import Learner
from platematch.matcher import Matcher, check_plate
from platematch.matcher.match import Match
from platematch.memory import Memory
from platematch.outcome import Counts, Outcome
from platematch.plates.formats import FORMATS
from platematch.problem import Problem
from platematch.reads import PlateRead, Read
from platematch.recorder import Recorder
from platematch.sampling import PER_SECOND, Sampler
from platematch.settings import Settings
from platematch.store import hits as hit_rows
from platematch.store import keys as key_rows
from platematch.store import watchlists as watchlist_rows
from platematch.store.store import Store
from platematch.watchlist import (
    Change,
    Changed,
    Entry,
    PutEntry,
    PutWatchlist,
    RemoveWatchlist,
    ReplaceEntries,
    Watchlist,
)
from platematch.webhooks.endpoint import Attempt
from platematch.webhooks.sender import Sender

EXPIRY_SWEEP_S = 30.0
PREVIEW_FLOOR = 1e-6

log = structlog.get_logger("platematch.pipeline")


class Preview(Struct):
    """The ranked answer to a read that was only asked about. background: P(read | just another vehicle)."""

    matches: list[Match]
    background: float
    version: int


def utc_now() -> datetime:
    """The clock of the running service; everything below the pipeline is told the time."""
    return datetime.now(UTC)


class Pipeline:
    """One service: its store, its live index, its webhook sender. Made by `start`, ended by `close`.

    memory: what other processes of the service may map; secret: what they need to know its ids by.
    attempts: webhook attempts since the start, by outcome. failed: set when a part that runs in the background has
    ended by itself; such a service is to be ended and started again.
    """

    def __init__(self, settings: Settings, store: Store, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.store = store
        self.memory = Memory.make(settings)
        self.secret = secrets.token_bytes(32)
        self.matcher = Matcher(home_country=settings.home_country, memory=self.memory.index)
        self.recorder = Recorder(settings, store, self.matcher, self.memory.ids(self.secret), clock)
        self.sampler = Sampler(PER_SECOND if settings.learning else 0)
        self.learner = Learner(store, self.matcher.learn, settings.home_country, self.sampler)
        self.intake = Intake(settings, self.recorder, Counts(self.memory.counts[0]), self.sampler)
        self.sender = Sender(
            store,
            allow_private=settings.webhook_allow_private,
            timeout_s=settings.webhook_timeout_s,
            now=clock,
            on_attempt=self._count_attempt,
        )
        self.attempts: Counter[str] = Counter()
        self.failed = asyncio.Event()
        self._clock = clock
        self._changing = asyncio.Lock()
        self._background: list[asyncio.Task[None]] = []
        self._closing = False

    @classmethod
    async def start(cls, settings: Settings, clock: Callable[[], datetime] = utc_now) -> Pipeline:
        """Open the store, bring the lists into the index, compile the kernels; StartError where that is impossible."""
        if settings.home_country not in FORMATS:
            known = ", ".join(name for name in FORMATS if name != "unknown")
            raise SettingsError(f"setting home_country is {settings.home_country!r}, but must be one of {known}")
        store = await asyncio.to_thread(
            Store.open,
            settings.store_url,
            queue_size=settings.queue_size,
            window_s=settings.sighting_window_s,
            neighbour_m=settings.neighbour_m,
            public_url=settings.base_url,
        )
        try:
            pipeline = cls(settings, store, clock)
            await pipeline._load()
        except BaseException:
            await store.close()
            raise
        store.on_deliveries = pipeline.sender.wake
        pipeline._watch("webhook sender", pipeline.sender.run())
        pipeline._watch("expiry sweep", pipeline._sweep())
        pipeline._watch("store writer", store.ended())
        pipeline._watch("store listener", store.listen())
        pipeline._watch("learner", pipeline.learner.run())
        return pipeline

    def _watch(self, name: str, work: Coroutine[None, None, None]) -> None:
        """Run the work in the background; should it end before the service does, the service has failed."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        task.add_done_callback(self._ended)
        self._background.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if self._closing:
            return
        error = None if task.cancelled() else task.exception()
        log.critical("background_work_ended", work=task.get_name(), exc_info=error)
        self.failed.set()

    async def _load(self) -> None:
        version, watchlists, entries = await self.store.read(watchlist_rows.snapshot)
        try:
            for watchlist, listed_at, changed_in in watchlists:
                self.matcher.put_watchlist(watchlist, listed_at, changed_in)
            for watchlist_id, listed in entries.items():
                await asyncio.to_thread(self.matcher.load, watchlist_id, listed)
        except TooLarge as error:
            raise StartError(f"the lists in the store do not fit into memory: {error.message}") from None
        self.matcher.version = version
        await self.learner.load()
        await asyncio.to_thread(self.matcher.warm)
        for key in reversed(await self.store.read(hit_rows.recent_read_ids, self.settings.recent_reads)):
            self.recorder.hits.put(key, None)

    async def close(self) -> None:
        """Finish what was taken: matched reads are recorded, webhooks under way are waited for, the store closes."""
        self._closing = True
        await self.intake.close(self.settings.drain_s / 2)
        await self.sender.close(self.settings.drain_s / 4)
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self.learner.close()
        await self.store.close()

    @property
    def ready(self) -> bool:
        """Whether reads can be taken now: the store can be written, and no part of the service has failed."""
        return self.store.healthy() and not self.failed.is_set()

    @property
    def version(self) -> int:
        """The version of the lists that reads are matched against now."""
        return self.matcher.version

    async def accept(self, items: Sequence[Read | Problem], received_at: datetime) -> Outcome:
        """Match and record reads; items that could not even be decoded come as their Problem and are counted.

        When it returns, every hit is on disk. StoreUnavailable: the whole request should be sent again.
        """
        return await self.intake.accept(items, received_at)

    async def find_key(self, key_id: str) -> StoredKey | None:
        """The stored key of the id, None where there is none."""
        return await self.store.read(key_rows.find, key_id)

    def preview(self, read: PlateRead) -> Preview:
        """Which entries the read could be, best first; nothing is stored. InvalidPlate: the text is no plate."""
        problem = plate_problem(read.plate, len(plates.pack(read.plate)), self.settings.max_plate_length)
        if problem is not None:
            raise InvalidPlate(problem.detail, field=problem.field)
        matches = self.matcher.match([read], [self._clock()], floor=PREVIEW_FLOOR)[0]
        return Preview(matches, self.matcher.background(read), self.version)

    async def apply(self, change: Change, actor: str) -> Changed:
        """Commit a change of a list, bring it into the live index, answer, in that order; once begun it is finished."""
        return await asyncio.shield(asyncio.ensure_future(self._apply(change, actor)))

    async def _apply(self, change: Change, actor: str) -> Changed:
        await asyncio.to_thread(_check, _entries(change), self.settings.max_plate_length)
        async with self._changing:
            await asyncio.to_thread(self._check_room, change)
            changed = await self.store.change(change, self._clock(), actor)
            if isinstance(change, ReplaceEntries) and change.dry_run:
                return changed
            try:
                await asyncio.to_thread(self._bring_into_index, change, changed)
            except Exception:  # an index that lacks a committed change must not go on matching
                log.critical("change_not_applied", exc_info=True)
                os._exit(70)
            return changed

    def _check_room(self, change: Change) -> None:
        """Raise TooLarge for what would not fit into the index once it is committed."""
        if isinstance(change, PutWatchlist):
            self.matcher.check_list(change.watchlist.watchlist_id)
        elif entries := _entries(change):
            self.matcher.check_room(entries)

    def _bring_into_index(self, change: Change, changed: Changed) -> None:
        """In a thread: reads are matched meanwhile, also while a table of the index is made anew."""
        if isinstance(change, RemoveWatchlist):
            self.matcher.remove_watchlist(change.watchlist_id)
        elif isinstance(change, PutWatchlist):
            self._stamp(change.watchlist, changed)
        else:
            for entry_id in changed.gone:
                self.matcher.remove(change.watchlist_id, entry_id)
            for entry in changed.put:
                self.matcher.put(change.watchlist_id, entry)
            self._stamp(self.matcher.watchlist(change.watchlist_id), changed)
        self.matcher.version = changed.version

    def _stamp(self, watchlist: Watchlist | None, changed: Changed) -> None:
        if watchlist is not None and changed.listed_at is not None:
            self.matcher.put_watchlist(watchlist, changed.listed_at, changed.version)

    def _count_attempt(self, attempt: Attempt) -> None:
        self.attempts["delivered" if attempt.delivered else "failed" if attempt.next_due is None else "retried"] += 1

    async def _sweep(self) -> None:
        """Withdraw the hits of entries whose time is over."""
        while True:
            await asyncio.sleep(EXPIRY_SWEEP_S)
            try:
                await self.store.write(hit_rows.expire, self._clock())
            except PlatematchError as error:
                log.warning("expiry_sweep_failed", problem=error.message)
            except Exception:  # whatever broke one sweep, the next must come
                log.exception("expiry_sweep_failed")


def _entries(change: Change) -> Sequence[Entry]:
    if isinstance(change, PutEntry):
        return [change.entry]
    return change.entries if isinstance(change, ReplaceEntries) else []


def _check(entries: Sequence[Entry], max_length: int) -> None:
    try:
        for entry in entries:
            check_plate(entry.plate, wildcards=True, max_length=max_length)
    except InvalidPlate as error:
        raise InvalidPlate(error.message, field="$.plate") from None
