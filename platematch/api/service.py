"""What every request handler works with: the pipeline, the settings, the keys and the counters."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import web

from platematch.access import Key, sees_list
from platematch.api.auth import Authenticator
from platematch.api.metrics import Metrics
from platematch.errors import NotFound
from platematch.pipeline import Pipeline
from platematch.settings import Settings
from platematch.store import hits
from platematch.watchlist import Watchlist


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of a running service that handlers use."""

    settings: Settings
    pipeline: Pipeline
    authenticator: Authenticator
    metrics: Metrics

    @classmethod
    def of(cls, pipeline: Pipeline) -> Service:
        """The service around a started pipeline."""
        authenticator = Authenticator(pipeline.store, monotonic=time.monotonic)
        return cls(pipeline.settings, pipeline, authenticator, Metrics(pipeline))

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
