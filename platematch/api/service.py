"""What every request handler works with: the intake, the settings, the keys, the counters, and behind it the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aiohttp import web

from platematch.access import Key, sees_list
from platematch.api.auth import Authenticator
from platematch.api.counters import Counters
from platematch.errors import NotFound
from platematch.intake import Intake
from platematch.pipeline import Pipeline
from platematch.settings import Settings
from platematch.store import hits
from platematch.watchlist import Watchlist


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of a running service that handlers use.

    owned: the pipeline, which a front process has not; fronts_ready: whether the processes in front can take requests.
    """

    settings: Settings
    intake: Intake
    authenticator: Authenticator
    counters: Counters
    owned: Pipeline | None = None
    fronts_ready: Callable[[], bool] = lambda: True

    @classmethod
    def of(cls, pipeline: Pipeline, fronts_ready: Callable[[], bool] = lambda: True) -> Service:
        """The service around a started pipeline."""
        authenticator = Authenticator(pipeline.find_key, pipeline.memory.generation, monotonic=time.monotonic)
        pipeline.store.on_keys = authenticator.forget
        counters = Counters(pipeline.memory.requests[0])
        return cls(pipeline.settings, pipeline.intake, authenticator, counters, pipeline, fronts_ready)

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline. Raises LookupError in a front, which relays the requests that need it."""
        if self.owned is None:
            raise LookupError("this process is a front and has no pipeline")
        return self.owned

    @property
    def ready(self) -> bool:
        """Whether reads can be taken now, by every process that listens."""
        return self.pipeline.ready and self.fronts_ready()

    def sees(self, key: Key, watchlist_id: str) -> bool:
        """Whether a list of this id exists for the key; one that is gone counts as covert."""
        watchlist = self.pipeline.matcher.watchlist(watchlist_id)
        return sees_list(key, watchlist_id, covert=watchlist is None or watchlist.covert)

    def watchlist(self, key: Key, watchlist_id: str) -> Watchlist:
        """The live list. Raises NotFound where there is none, or none for this key."""
        watchlist = self.pipeline.matcher.watchlist(watchlist_id)
        if watchlist is None or not sees_list(key, watchlist_id, covert=watchlist.covert):
            raise NotFound(f"there is no watchlist {watchlist_id!r} for this key")
        return watchlist

    async def hidden(self, key: Key, names: Iterable[str]) -> frozenset[str]:
        """Those of the names that stand for covert lists out of the key's scope, also lists that left but their hits.

        A name that stands for nothing yet is not hidden.
        """
        asked = frozenset(names) - key.scope
        live = {name: self.pipeline.matcher.watchlist(name) for name in asked}
        left = [name for name, watchlist in live.items() if watchlist is None]
        covert = {name for name, watchlist in live.items() if watchlist is not None and watchlist.covert}
        return frozenset(covert) | (await self.pipeline.store.read(hits.covert_among, left) if left else frozenset())


SERVICE = web.AppKey("service", Service)
