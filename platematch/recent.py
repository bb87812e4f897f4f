"""A bounded memory of the read ids seen lately, so that a read that is sent again is known again."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from platematch.store.hits import Recorded

Key = tuple[str, str]
# What is known of a read id: its hits; a future while they are being recorded; None where only the store knows.
Known = Recorded | asyncio.Future[Recorded] | None


class Recent:
    """The last `size` read ids with what is known of each; the oldest are forgotten first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._known: OrderedDict[Key, Known] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, key: Key) -> bool:
        return key in self._known

    def __getitem__(self, key: Key) -> Known:
        return self._known[key]

    def put(self, key: Key, known: Known) -> None:
        """Remember the id; one that is there keeps its age."""
        self._known[key] = known
        if len(self._known) > self._size:
            self._known.popitem(last=False)

    def forget(self, key: Key) -> None:
        """As if the id had not been seen: its sender was told to come again."""
        self._known.pop(key, None)
