"""The memory that a Matcher fills and Sieves read: where the index, the rows and the lists' figures are in it."""

from __future__ import annotations

import math
import mmap
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from platematch._native import Index
from platematch.errors import StartError
from platematch.matcher.bound import Bound
from platematch.matcher.kernels import Floats, Ints
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
PATTERNS = 256
"""Room for the patterns of formats in a bound."""
CODES = 256
BOUND: tuple[tuple[type[np.generic], tuple[int, ...]], ...] = (
    (np.float32, (2, CODES, CODES)),
    (np.float32, (7, CODES)),
    (np.float32, (7,)),
    (np.float32, (PATTERNS, 3)),
    (np.float32, (PATTERNS, 2, MAX_SYMBOLS, CODES)),
    (np.int64, (PATTERNS // 64, MAX_SYMBOLS, CODES)),
)
"""Types and shapes of Bound's tables."""
NORESERVE = 0x4000
"""MAP_NORESERVE of Linux, which the mmap module names from Python 3.13 on."""


class Block(NamedTuple):
    """Arrays over the block, for r rows, which are found by number, and LISTS lists; all zero at first.

    version (1,): of the lists. freed (1,): how many rows were freed so far, counted before they can be used again. As
    a row rests meanwhile, a row found in the index still holds what was found if `freed` grew by less than RESTING.
    lists (r,): the row's list number plus 1, 0 in a free row; following (r,): the next
    row of its entry plus 1, or 0. policies (LISTS, 3): of each list, as sift.PRIOR and so on say. learnt (1,): how
    often the tables of the bound began or ended to change; bound: of PATTERNS patterns, those without a length unused.
    experience (1,): version of the models that judge.
    """

    version: NDArray[np.uint64]
    freed: NDArray[np.uint64]
    lists: Ints
    following: Ints
    policies: Floats
    learnt: NDArray[np.uint64]
    bound: Bound
    experience: NDArray[np.uint64]
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
    version, freed, lists, following, policies, learnt, *tables, experience, index, end = _layout(rows)
    return Block(
        np.frombuffer(view, np.uint64, 1, version),
        np.frombuffer(view, np.uint64, 1, freed),
        np.frombuffer(view, np.int32, rows, lists),
        np.frombuffer(view, np.int32, rows, following),
        np.frombuffer(view, np.float64, LISTS * 3, policies).reshape(LISTS, 3),
        np.frombuffer(view, np.uint64, 1, learnt),
        Bound(*(_table(view, kind, shape, at) for (kind, shape), at in zip(BOUND, tables, strict=True))),
        np.frombuffer(view, np.uint64, 1, experience),
        view[index:end],
    )


def put_bound(block: Block, bound: Bound) -> None:
    """Put the tables where Narrowers find them; who looks meanwhile sees that by `learnt`, which is odd then."""
    if len(bound.patterns) > PATTERNS:
        raise ValueError(f"{len(bound.patterns)} patterns of formats; there is room for {PATTERNS}")
    block.learnt[0] += 1
    block.bound.patterns[:] = 0.0
    for name in ("pairs", "symbols", "figures", "patterns", "fitting"):
        table = getattr(bound, name)
        getattr(block.bound, name)[: len(table)] = table
    for kept, table, length in zip(block.bound.frequencies, bound.frequencies, bound.patterns[:, 0], strict=False):
        kept[:, : int(length)] = table[:, : int(length)]  # what no position needs stays untouched and takes no memory
    block.learnt[0] += 1


def bound_of(block: Block) -> Bound:
    """The tables of the bound, for as many patterns as they are of."""
    bound = block.bound
    patterns = int(np.count_nonzero(bound.patterns[:, 0]))
    return bound._replace(
        patterns=bound.patterns[:patterns],
        frequencies=bound.frequencies[:patterns],
        fitting=bound.fitting[: -(-patterns // 64)],
    )


def _rows(max_entries: int) -> int:
    return ROWS_PER_ENTRY * max_entries + RESTING


def _table(view: memoryview, kind: type[np.generic], shape: tuple[int, ...], at: int) -> NDArray[Any]:
    return np.frombuffer(view, kind, math.prod(shape), at).reshape(shape)


def _layout(rows: int) -> list[int]:
    """Where each of Block's arrays begins, in their order, and where the last ends; each begins on a page."""
    tables = [np.dtype(kind).itemsize * math.prod(shape) for kind, shape in BOUND]
    sizes = [8, 8, rows * 4, rows * 4, LISTS * 24, 8, *tables, 8, Index.memory_size(rows)]
    places = [0]
    for size in sizes:
        places.append(places[-1] + -(-size // mmap.PAGESIZE) * mmap.PAGESIZE)
    return places
