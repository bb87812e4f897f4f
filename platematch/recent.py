"""A bounded memory of the read ids seen lately, so that a read that is sent again is known again."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from platematch.store.hits import Recorded

Key = tuple[str, str]
# What is known of a read id: its hits; a future while they are being recorded; None where only the store knows.
Known = Recorded | asyncio.Future[Recorded] | None


class Recent:
    """The last `size` read ids without hits, and as many with hits, which the many others must not push out.

    With what is known of each; the oldest are forgotten first.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._bare: OrderedDict[Key, Known] = OrderedDict()
        self._hit: OrderedDict[Key, Known] = OrderedDict()

    def __len__(self) -> int:
        return len(self._bare) + len(self._hit)

    def __contains__(self, key: Key) -> bool:
        return key in self._bare or key in self._hit

    def __getitem__(self, key: Key) -> Known:
        return self._bare[key] if key in self._bare else self._hit[key]

    def put(self, key: Key, known: Known) -> None:
        """Remember the id; one that is there keeps its age."""
        bare = isinstance(known, Recorded) and not known.hits
        memory, other = (self._bare, self._hit) if bare else (self._hit, self._bare)
        other.pop(key, None)
        memory[key] = known
        if len(memory) > self._size:
            memory.popitem(last=False)

    def forget(self, key: Key) -> None:
        """As if the id had not been seen: its sender was told to come again."""
        self._bare.pop(key, None)
        self._hit.pop(key, None)
