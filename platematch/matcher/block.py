"""The memory that a Matcher fills and Sieves read: where the index, the rows and the lists' figures are in it."""

from __future__ import annotations

import mmap
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from platematch._native import Index
from platematch.errors import StartError
from platematch.matcher.kernels import Codes, Floats, Ints
from platematch.plates import MAX_SYMBOLS

if TYPE_CHECKING:
    from typing_extensions import Buffer

DEFAULT_ENTRIES = 10_000_000
MAX_ENTRIES = 1_000_000_000
ROWS_PER_ENTRY = 2
"""Room for rows: most plates have one, a two-line plate without a region two, a pattern one for each of its lengths."""
RESTING = 4096
"""A row that was freed is not used again before so many others were: see Block.freed."""
LISTS = 65_536
NORESERVE = 0x4000
"""MAP_NORESERVE of Linux, which the mmap module names from Python 3.13 on."""


class Block(NamedTuple):
    """Arrays over the block, for r rows, which are found by number, and LISTS lists; all zero at first.

    version (1,): of the lists. freed (1,): how many rows were freed so far, counted before they can be used again. As
    a row rests meanwhile, a row found in the index still holds what was found if `freed` grew by less than RESTING.
    codes (r, 16), lengths (r,); lists (r,): the row's list number plus 1, 0 in a free row; following (r,): the next
    row of its entry plus 1, or 0. priors, floors (LISTS,): λ of each list and the least probability it reports.
    """

    version: NDArray[np.uint64]
    freed: NDArray[np.uint64]
    codes: Codes
    lengths: Ints
    lists: Ints
    following: Ints
    priors: Floats
    floors: Floats
    index_memory: memoryview


def memory_size(max_entries: int) -> int:
    """Bytes of a block for so many entries, up to MAX_ENTRIES (ValueError); only what is used of it takes room."""
    if not 1 <= max_entries <= MAX_ENTRIES:
        raise ValueError(f"room for {max_entries} entries; there can be 1 to {MAX_ENTRIES}")
    return _layout(_rows(max_entries))[-1]


def private(max_entries: int = DEFAULT_ENTRIES) -> mmap.mmap:
    """A block of this process alone. Raises StartError where the system does not give that much address space."""
    size = memory_size(max_entries)
    try:
        return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | NORESERVE)
    except OSError as error:
        raise StartError(
            f"the system gives no {size >> 30} GiB of address space for {max_entries} entries, of which only what is "
            f"used would take memory ({error.strerror}); allow more (ulimit -v, vm.overcommit_memory), or fewer entries"
        ) from None


def block_of(memory: Buffer) -> Block:
    """The block in memory of at least memory_size() bytes, on a page boundary; ValueError if it is less."""
    view = memoryview(memory).cast("B")
    most = bisect_right(range(1, MAX_ENTRIES + 1), len(view), key=memory_size)
    if most == 0:
        raise ValueError(f"{len(view)} bytes of memory; one entry takes {memory_size(1)}")
    rows = _rows(most)
    version, freed, codes, lengths, lists, following, priors, floors, index, end = _layout(rows)

    return Block(
        np.frombuffer(view, np.uint64, 1, version),
        np.frombuffer(view, np.uint64, 1, freed),
        np.frombuffer(view, np.uint8, rows * MAX_SYMBOLS, codes).reshape(rows, MAX_SYMBOLS),
        np.frombuffer(view, np.int32, rows, lengths),
        np.frombuffer(view, np.int32, rows, lists),
        np.frombuffer(view, np.int32, rows, following),
        np.frombuffer(view, np.float64, LISTS, priors),
        np.frombuffer(view, np.float64, LISTS, floors),
        view[index:end],
    )


def _rows(max_entries: int) -> int:
    return ROWS_PER_ENTRY * max_entries + RESTING


def _layout(rows: int) -> list[int]:
    """Where each of Block's arrays begins, in their order, and where the last ends; each begins on a page."""
    sizes = [8, 8, rows * MAX_SYMBOLS, rows * 4, rows * 4, rows * 4, LISTS * 8, LISTS * 8, Index.memory_size(rows)]
    places = [0]
    for size in sizes:
        places.append(places[-1] + -(-size // mmap.PAGESIZE) * mmap.PAGESIZE)
    return places
