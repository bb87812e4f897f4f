"""Learns while the service runs: reads sampled are counted off the hot path, kept as sums, and made into models.

No plate outlives the batch that it is counted in: what is stored, exported and shown are the sums of
matcher.counts, let go of only when enough reads are in them to hide among.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from datetime import datetime

import structlog
from sqlalchemy import Connection

from platematch.errors import InvalidInput, NotFound, PlatematchError
from platematch.matcher.counts import LEAST_READS, Counts, Experience, Source
from platematch.matcher.hiding import Waiting
from platematch.matcher.learning import Learnt, learn
from platematch.matcher.model import Fixed
from platematch.matcher.record import CameraRead, ExperienceRecord
from platematch.matcher.tally import AT_ONCE, Tally
from platematch.sampling import Sampler
from platematch.store import audit
from platematch.store import learnt as learnt_rows
from platematch.store.learnt import TOTAL, Row, SourceName
from platematch.store.store import Store

COUNT_S, SAVE_S, REFRESH_S = 30.0, 600.0, 600.0
"""How often the sample is counted, the sums are stored, and the models are made anew from them."""
ROWS_AT_ONCE = 16
"""Stored in one transaction; each takes some tens of kilobytes, and hits must not wait for all of them."""

log = structlog.get_logger("platematch.learner")


class Learner:
    """One service's experience. Made with the store open, `load` before the first read, `run` beside the service.

    learnt: the models now in use. Whatever changes them is done one after another.
    """

    def __init__(self, store: Store, use: Callable[[Learnt], None], home_country: str, sampler: Sampler) -> None:
        """use: takes new models into the matching; called in a thread."""
        self.sampler = sampler
        self.start = Fixed.home(home_country).default
        self.severities = len(self.start.channel.shares)
        self.experience = Experience.none(self.severities)
        self.learnt = Learnt(self.start)
        self._store = store
        self._use = use
        self._waiting = Waiting(self.severities)
        self._unsaved: set[str] = set()
        self._lock = asyncio.Lock()

    async def load(self) -> None:
        """What was stored; what another version counted differently is left out, with a warning."""
        rows = await self._store.read(learnt_rows.load)
        self.experience = await asyncio.to_thread(_experience, rows, self.severities)
        if self.experience.version:
            await self._refresh()

    async def run(self) -> None:
        """Count, save and refresh from time to time, for ever; what fails is tried again."""
        count, save, refresh = COUNT_S, SAVE_S, REFRESH_S
        while True:
            await asyncio.sleep(COUNT_S)
            await _tried(self.count)
            save, refresh = save - count, refresh - count
            if save <= 0:
                save = SAVE_S
                await _tried(self.save)
            if refresh <= 0:
                refresh = REFRESH_S
                await _tried(self.refresh)

    async def close(self) -> None:
        """Count and store what may be; what is too little to hide among is forgotten."""
        await _tried(self.count)
        await _tried(self.save)

    async def count(self) -> None:
        """Add the sample that waits to the sums."""
        reads = self.sampler.take()
        if reads:
            async with self._lock:
                self._unsaved |= await asyncio.to_thread(self._count, reads)

    async def save(self) -> None:
        """Store the sums that have changed."""
        async with self._lock:
            gone = self._unsaved - {TOTAL, *self.experience.traffic.cameras}
            if gone:
                await self._store.write(learnt_rows.remove, sorted(gone), "traffic")
                self._unsaved -= gone
            while some := set(sorted(self._unsaved)[:ROWS_AT_ONCE]):
                version = self.experience.version
                rows = await asyncio.to_thread(_rows, self.experience, "traffic", some, version)
                await self._store.write(learnt_rows.save, rows)
                self._unsaved -= some

    async def refresh(self) -> None:
        """Bring what was counted into the matching, if anything was since the last time."""
        async with self._lock:
            if self.learnt.version != self.experience.version:
                await self._refresh()

    @asynccontextmanager
    async def steady(self) -> AsyncIterator[Experience]:
        """The experience, which does not change meanwhile."""
        async with self._lock:
            yield self.experience

    async def export(self) -> ExperienceRecord:
        """All sums."""
        async with self._lock:
            return await asyncio.to_thread(self.experience.record)

    async def add_pairs(
        self,
        truths: Sequence[str],
        reads: Sequence[CameraRead],
        now: datetime,
        actor: str,
        tell: Callable[[int], None] = lambda counted: None,
    ) -> int:
        """Learn from n reads and what they showed; gives the version. tell: is told, in a thread, how many are counted.

        Raises InvalidInput if they are so few, or so alike, that plates could be told from the sums.
        """

        def counted(experience: Experience) -> list[Row]:
            waiting = Waiting(self.severities)
            tally = Tally(self.learnt.default.channel, self.learnt.default.formats)
            for start in range(0, len(truths), AT_ONCE):
                some, theirs = truths[start : start + AT_ONCE], reads[start : start + AT_ONCE]
                waiting.add(tally.pairs(some, theirs), some, theirs)
                tell(start + len(some))
            fresh = waiting.release_last()
            if not fresh.total.reads:
                raise InvalidInput(
                    f"{len(truths)} pairs are too few, or too many of them of the same plate: of {LEAST_READS:.0f} "
                    "different plates, none making up more than a tenth, none can be told from the sums"
                )
            experience.pairs.add(fresh, fading=False)
            return _rows(experience, "pairs", {TOTAL, *fresh.cameras}, experience.version)

        detail = {"pairs": len(truths)}
        return await self._change(counted, lambda conn, rows: None, now, actor, "learning.pairs", detail)

    async def replace(self, record: ExperienceRecord, now: datetime, actor: str) -> int:
        """Have the imported sums in the place of one's own. Raises InvalidInput as Experience.of does."""
        imported = await asyncio.to_thread(Experience.of, record, self.severities)

        def replaced(experience: Experience) -> list[Row]:
            experience.traffic, experience.pairs = imported.traffic, imported.pairs
            return _all_rows(experience)

        detail = {"imported_version": record.version, "cameras": len(imported.cameras)}
        return await self._change(replaced, _clear, now, actor, "learning.import", detail)

    async def reset(self, now: datetime, actor: str) -> int:
        """Forget everything."""

        def emptied(experience: Experience) -> list[Row]:
            fresh = Experience.none(self.severities)
            experience.traffic, experience.pairs = fresh.traffic, fresh.pairs
            return _all_rows(experience)

        return await self._change(emptied, _clear, now, actor, "learning.reset", {})

    async def forget(self, camera_id: str, now: datetime, actor: str) -> int:
        """Forget one camera. Raises NotFound where nothing was counted of it."""

        def without(experience: Experience) -> list[Row]:
            if camera_id not in experience.cameras:
                raise NotFound(f"nothing was learnt of a camera {camera_id!r}", field="camera_id")
            experience.traffic.forget(camera_id)
            experience.pairs.forget(camera_id)
            return [row for row in _all_rows(experience) if row.camera_id == TOTAL]

        def remove(conn: Connection, rows: Sequence[Row]) -> None:
            learnt_rows.remove(conn, [camera_id])

        return await self._change(without, remove, now, actor, "learning.forget", {"camera_id": camera_id})

    async def _change(
        self,
        work: Callable[[Experience], list[Row]],
        before: Callable[[Connection, Sequence[Row]], None],
        now: datetime,
        actor: str,
        action: str,
        detail: Mapping[str, object],
    ) -> int:
        """Store a change with its audit line, then have it take effect; gives the version."""

        def write(conn: Connection, rows: Sequence[Row], version: int) -> None:
            before(conn, rows)
            learnt_rows.save(conn, rows)
            audit.append(conn, now, actor, action, "learning", {**detail, "version": version})

        async with self._lock:
            changed = await asyncio.to_thread(deepcopy, self.experience)
            changed.version += 1
            rows = await asyncio.to_thread(work, changed)
            await self._store.write(write, rows, changed.version)
            self.experience = changed
            if action != "learning.pairs":
                self.sampler.take()
                self._waiting, self._unsaved = Waiting(self.severities), set()
            await self._refresh()
            return changed.version

    def _count(self, reads: Sequence[CameraRead]) -> set[str]:
        """In a thread: the reads become sums. Gives whose sums have grown."""
        tally = Tally(self.learnt.default.channel, self.learnt.default.formats)
        self._waiting.add(tally.traffic(reads), [read.plate for read in reads], reads)
        free = self._waiting.release()
        if not free.total.reads and not free.total.positions:
            return set()
        gone = self.experience.traffic.add(free, fading=True)
        self.experience.version += 1
        return {TOTAL, *free.cameras, *gone}

    async def _refresh(self) -> None:
        self.learnt = await asyncio.to_thread(learn, self.experience, self.start)
        await asyncio.to_thread(self._use, self.learnt)


def _rows(experience: Experience, name: SourceName, cameras: set[str], version: int) -> list[Row]:
    source: Source = getattr(experience, name)
    of = {**source.cameras, TOTAL: source.total}
    return [Row(name, camera_id, version, of[camera_id].record()) for camera_id in sorted(cameras & of.keys())]


def _all_rows(experience: Experience) -> list[Row]:
    return [
        row
        for name in ("traffic", "pairs")
        for row in _rows(experience, name, {TOTAL, *getattr(experience, name).cameras}, experience.version)
    ]


def _clear(conn: Connection, rows: Sequence[Row]) -> None:
    learnt_rows.clear(conn)


def _experience(rows: Sequence[Row], severities: int) -> Experience:
    """What was stored; what another version counted differently is left out, with a warning."""
    experience = Experience.none(severities)
    for row in rows:
        source: Source = getattr(experience, row.source)
        experience.version = max(experience.version, row.version)
        try:
            counts = _readable(row, severities)
        except InvalidInput as error:
            log.warning("learnt_state_unusable", source=row.source, camera_id=row.camera_id, problem=error.message)
            continue
        if row.camera_id == TOTAL:
            source.total = counts
        else:
            source.cameras[row.camera_id] = counts
    return experience


def _readable(row: Row, severities: int) -> Counts:
    if row.counts is None:
        raise InvalidInput("it was written by another version")
    return Counts.of(row.counts, severities)


async def _tried(work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except PlatematchError as error:
        log.warning("learning_failed", problem=error.message)
    except Exception:  # whatever broke it, matching goes on with what was learnt before
        log.exception("learning_failed")
