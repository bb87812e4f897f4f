"""Reads to the matcher, and what matched to the store; the owner's end of the intake."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from platematch import plates
from platematch.hits.hit import Listing, Matched
from platematch.intake import Fresh
from platematch.matcher import Matcher
from platematch.matcher.match import Match
from platematch.outcome import NOTHING, NOTHING_AGAIN, Answer, Told
from platematch.reads import Read
from platematch.recent import Hits, Ids, Key, Known
from platematch.settings import Settings
from platematch.store import hits as hit_rows
from platematch.store.hits import Recorded, StoredHit
from platematch.store.store import Store

T = TypeVar("T")
Listed = tuple[Match, Listing]


class Recorder:
    """An intake's Sink that matches by itself and answers a read that hit when the hit is on disk."""

    def __init__(
        self, settings: Settings, store: Store, matcher: Matcher, ids: Ids, clock: Callable[[], datetime]
    ) -> None:
        self.hits = Hits(settings.recent_reads, ids)
        self._ids = ids
        self._late = timedelta(seconds=settings.late_s)
        self._store = store
        self._matcher = matcher
        self._clock = clock
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def version(self) -> int:
        """The version of the lists now."""
        return self._matcher.version

    def recall(self, read: Read, received_at: datetime) -> Answer | None:
        """See Sink."""
        key = _key(read)
        if key in self.hits:
            known = self.hits[key]
            return self._told(known, again=True) if isinstance(known, Recorded) else self._later(key, known, again=True)
        return NOTHING_AGAIN if self._ids.digest(key) in self._ids.bare else None

    def take(self, fresh: Fresh) -> Sequence[Answer]:
        """See Sink."""
        version = self._matcher.version  # before matching: what is newer may not have counted
        found = self._matcher.match(
            fresh.reads, [read.captured_at for read in fresh.reads], packed=(fresh.codes, fresh.lengths)
        )
        listed = [self._listed(matches) for matches in found]
        matched = [self._matched(fresh, i, pairs, version) for i, pairs in enumerate(listed) if pairs]
        futures = iter(self._start(matched))
        return [
            self._later(_key(read), next(futures), again=False) if pairs else self._without_hits(_key(read))
            for read, pairs in zip(fresh.reads, listed, strict=True)
        ]

    def _without_hits(self, key: Key) -> Told:
        """Another process may have been faster with the same id."""
        return NOTHING if self._ids.bare.add(self._ids.digest(key)) else NOTHING_AGAIN

    def _listed(self, matches: Sequence[Match]) -> list[Listed]:
        """The matches whose entries are still there as they were: another thread may change the lists meanwhile."""
        pairs = [(match, self._matcher.listing(match.watchlist_id, match.entry_id)) for match in matches]
        return [(match, Listing(*found)) for match, found in pairs if found and found[1].plate == match.plate]

    def _matched(self, fresh: Fresh, i: int, listed: Sequence[Listed], version: int) -> Matched:
        read = fresh.reads[i]
        late = fresh.received[i] - read.captured_at > self._late
        matches, listings = [match for match, _ in listed], [listing for _, listing in listed]
        return Matched(read, plates.unpack(fresh.codes[i]), matches, listings, late, version)

    def _start(self, matched: Sequence[Matched]) -> Sequence[asyncio.Future[Recorded]]:
        """Begin to record, and remember the ids meanwhile."""
        if not matched:
            return []
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in matched]
        for item, future in zip(matched, futures, strict=True):
            self.hits.put(_key(item.read), future)
        self._keep(self._record(matched, futures))
        return futures

    async def _record(self, matched: Sequence[Matched], futures: Sequence[asyncio.Future[Recorded]]) -> None:
        try:
            recorded = await self._store.record(matched, self._clock())
        except Exception as error:  # noqa: BLE001 whatever failed, the senders must come again
            for item, future in zip(matched, futures, strict=True):
                self.hits.forget(_key(item.read))
                future.set_exception(error)
                future.exception()  # a sender that went away leaves nobody else to look at it
            return
        for item, future, result in zip(matched, futures, recorded, strict=True):
            if _key(item.read) in self.hits:
                self.hits.put(_key(item.read), result)
            future.set_result(result)

    def _later(self, key: Key, known: Known, *, again: bool) -> asyncio.Future[Told]:
        return self._keep(self._tell(key, known, again))

    async def _tell(self, key: Key, known: Known, again: bool) -> Told:
        if known is None:
            return self._told(Recorded(True, await self._store.read(hit_rows.of_read, *key)), again)
        return self._told(known if isinstance(known, Recorded) else await asyncio.shield(known), again)

    def _told(self, recorded: Recorded, again: bool) -> Told:
        covert = self._covert(recorded.hits)
        return Told(again or recorded.duplicate, recorded.hits, covert)

    def _covert(self, hits: Iterable[StoredHit]) -> frozenset[str]:
        """The hits' lists that are covert now, or gone and so count as covert."""
        lists = {hit.watchlist_id: self._matcher.watchlist(hit.watchlist_id) for hit in hits}
        return frozenset(name for name, watchlist in lists.items() if watchlist is None or watchlist.covert)

    def _keep(self, work: Coroutine[None, None, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # of a request's failed answers its sender gets the first; the others are looked at here


def _key(read: Read) -> Key:
    return read.camera_id, read.read_id or ""
