"""The memory that the processes of one service share: the index, the ids seen lately, the counters, in one block."""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence
from itertools import accumulate

from platematch.errors import StartError
from platematch.matcher import memory_size
from platematch.matcher.block import NORESERVE
from platematch.recent import Ids
from platematch.settings import Settings

COUNTS = 4096  # bytes for one process's counts of reads
REQUESTS = 2 << 20  # bytes for one process's counts of requests, as api lays them out


class Memory:
    """A block of zeros at first, of which only what is written takes room.

    index: for the Matcher and its Sieves. generation: a number of 8 bytes that grows when a key is revoked. counts,
    requests: one part for each process, the owner's first. descriptor: what other processes map, -1 in a private one.
    """

    def __init__(self, settings: Settings, descriptor: int) -> None:
        """descriptor: of a file as long as size(settings), all zeros if nobody used it yet."""
        self.descriptor = descriptor
        processes = _processes(settings)
        parts = _parts(settings)
        ends = list(accumulate(parts))
        kind = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS if descriptor < 0 else mmap.MAP_SHARED
        block = mmap.mmap(descriptor, ends[-1], flags=kind | NORESERVE)
        views = [memoryview(block)[end - part : end] for end, part in zip(ends, parts, strict=True)]
        self.index, self._bare, self._hit, self.generation = views[:4]
        self.counts: Sequence[memoryview] = views[4 : 4 + processes]
        self.requests: Sequence[memoryview] = views[4 + processes :]

    @classmethod
    def make(cls, settings: Settings) -> Memory:
        """A new one; shared if there are to be several processes. Raises StartError where the system refuses."""
        try:
            return cls(settings, _file(settings) if settings.workers > 1 else -1)
        except OSError as error:
            raise StartError(
                f"no room for {settings.max_entries} entries in memory: {error.strerror}; set PLATEMATCH_MAX_ENTRIES "
                "to fewer, or allow larger files and more virtual memory (ulimit -f, ulimit -v)"
            ) from None

    def ids(self, secret: bytes) -> Ids:
        """The ids seen lately, as those know them who have the same secret."""
        return Ids(self._bare, self._hit, secret)


def _file(settings: Settings) -> int:
    descriptor = os.memfd_create("platematch", os.MFD_CLOEXEC)
    try:
        os.ftruncate(descriptor, sum(_parts(settings)))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _processes(settings: Settings) -> int:
    """The owner, and the fronts where there are any."""
    return 1 + settings.workers if settings.workers > 1 else 1


def _parts(settings: Settings) -> list[int]:
    ids = Ids.memory_size(settings.recent_reads)
    processes = _processes(settings)
    sizes = [memory_size(settings.max_entries), ids, ids, 8] + [COUNTS] * processes + [REQUESTS] * processes
    return [-(-size // mmap.PAGESIZE) * mmap.PAGESIZE for size in sizes]
