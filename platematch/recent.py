"""A bounded memory of the read ids seen lately, so that a read that is sent again is known again."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict

from typing_extensions import Buffer

from platematch._native import Seen
from platematch.store.hits import Recorded

Key = tuple[str, str]
# What is known of a read that hit: its hits; a future while they are being recorded; None where only the store knows.
Known = Recorded | asyncio.Future[Recorded] | None


class Ids:
    """The ids seen lately, in memory that the processes of a service may share: those without hits and those with.

    Kept as digests of 64 bits, keyed, so that nobody can look for two ids that have the same one.
    """

    def __init__(self, bare: Buffer, hit: Buffer, secret: bytes) -> None:
        """bare, hit: memory_size() bytes each; secret: at most 64 bytes, the same for all who share them."""
        self.bare = Seen(bare)
        self.hit = Seen(hit)
        self._keyed = hashlib.blake2b(digest_size=8, key=secret)

    @staticmethod
    def memory_size(entries: int) -> int:
        """Bytes for so many ids."""
        return Seen.memory_size(entries)

    def digest(self, key: Key) -> int:
        """Of (camera_id, read_id), neither of which holds a line feed."""
        keyed = self._keyed.copy()
        keyed.update(f"{key[0]}\n{key[1]}".encode("utf-8", "surrogatepass"))
        return int.from_bytes(keyed.digest(), "little")


class Hits:
    """The last `size` read ids with hits, and what is known of each; the oldest are forgotten first."""

    def __init__(self, size: int, ids: Ids) -> None:
        self._size = size
        self._ids = ids
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
        self._ids.hit.add(self._ids.digest(key))
        if len(self._known) > self._size:
            self._ids.hit.discard(self._ids.digest(self._known.popitem(last=False)[0]))

    def forget(self, key: Key) -> None:
        """As if the id had not been seen: its sender was told to come again."""
        self._known.pop(key, None)
        self._ids.hit.discard(self._ids.digest(key))
