from collections.abc import Sequence
from os import PathLike

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

def pack(text: str | bytes, *, run: bool = False) -> bytes: ...
def one_line(codes: bytes) -> bytes: ...
def pack_batch(
    texts: Sequence[str] | Sequence[bytes], rows: NDArray[np.bool_] | None = None, /
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]: ...
def alphabet() -> str: ...

PROBE: str
"""How hashes are looked up, "avx2" or "scalar": the best that the processor can do, or PLATEMATCH_PROBE says."""

class Index:
    """Rows of packed plates (16 symbol codes, zero padded); safe to share between threads.

    A row's id is its number, below `rows`. How far a row reaches: it is found by every read that is within `errors` (1
    or 2) substitutions, insertions and deletions of the plate, or of what is left of it when up to `missing_ends` (0 to
    2) of its first and last symbols are missing. Changes wait for one another, reads for none of them for long; all
    calls let go of the GIL. MemoryError: nothing was changed.
    """

    def __new__(cls, fold: bytes, *, memory: Buffer | None = None, rows: int = 2**24) -> Index:
        """An empty index of so many rows, up to 2**31.

        fold: the class of each of 256 symbol codes; 0 and 255 must be in classes of their own (ValueError).
        memory: memory_size(rows) bytes of zeros on a page boundary (ValueError), which other processes may map and
        attach to; None: its own. It must be anonymous or a memfd, as pages of it are given back to the system.
        """

    @classmethod
    def attach(cls, memory: Buffer, /) -> Index:
        """The index that was made in this memory, perhaps by another process, for searching only (else TypeError).

        The memory may be a read-only mapping. ValueError: there is no index in it.
        """

    @classmethod
    def open(cls, path: str | PathLike[str], fold: bytes, /) -> Index:
        """The index that save() wrote, in memory of its own, of which the file's pages are part until they change.

        It can be changed; the file stays as it is, and must while the index is there: write another in its place, not
        into it. ValueError: the file is none of this version, fold and alphabet, or not as it was written; OSError: it
        cannot be read.
        """

    def save(self, path: str | PathLike[str], /) -> None:
        """Write all rows to a file, which takes the place of one that is there when it is complete; OSError if not."""

    @staticmethod
    def memory_size(rows: int, /) -> int:
        """Bytes of an index of so many rows; the system provides only what is used of them."""

    def build(
        self, codes: NDArray[np.uint8], ids: NDArray[np.uint32], reaches: NDArray[np.uint8] | None = None, /
    ) -> None:
        """Replace all rows.

        codes (n, 16), ids (n,) and reaches (n, 2), errors and missing ends of each row (None: 1 and 0), C-contiguous;
        ValueError or BufferError where they are not, and where an id is there twice or not below `rows`. A row whose id
        had another plate is not found until the build is done; all others are found as before until then.
        """

    def insert(self, codes: bytes, id: int, /, *, errors: int = 1, missing_ends: int = 0) -> None:
        """Add a row; no effect if it is there.

        ValueError: not 16 bytes of codes, no such reach, an id that is not below `rows` or has a row of another plate
        or reach; OverflowError: an id over 32 bits; MemoryError: rows that reach far have taken all room.
        """

    def delete(self, codes: bytes, id: int, /) -> bool:
        """Remove a row; False if there was none with this plate."""

    def search(
        self, codes: NDArray[np.uint8], lengths: NDArray[np.int32], errors: NDArray[np.uint8] | None = None, /
    ) -> tuple[NDArray[np.int32], NDArray[np.uint32]]:
        """All pairs (read, id) where the row reaches the read.

        codes (m, 16) and lengths (m,). errors (m,): 2 for a soft read, which rows within two errors find whatever their
        own reach, else 1. Symbols of one fold class count as equal, ANY in a row equals any symbol, ANY in a read only
        itself. Reads over 16 symbols find nothing. Pairs are ascending and each there once. Each read sees the index
        as it is at one instant. TimeoutError, in an attached one: it was changed all the time, or the process that
        changes it has died.
        """

    @property
    def plates(self) -> memoryview:
        """The codes by id, read-only, (rows, 16), with a stride of 32 bytes.

        It shows changes as they are made, and keeps a row's codes after its deletion until the id is used again or a
        build gives the memory back, which makes them 0.
        """

    def room(self) -> int:
        """How many more rows fit."""

    def __len__(self) -> int: ...

class Seen:
    """A bounded set of 64-bit digests in the caller's memory; safe between the threads and processes that share it.

    A line of 16 digests in which there is no room for another loses its oldest, so the last 16 added are always there,
    and hardly one is lost before as many were added as the memory is for. A process that is killed leaves it whole.
    """

    def __new__(cls, memory: Buffer) -> Seen:
        """memory: writable, memory_size() bytes, the same for all who share it, zero-filled by whoever made it.

        ValueError: too small, or not 8-byte aligned; BufferError: not writable.
        """

    @staticmethod
    def memory_size(entries: int, /) -> int:
        """Bytes for so many digests; ValueError below 0 or over 2**32."""

    def add(self, digest: int, /) -> bool:
        """True if it was not there: of several who add it at once, one is told so. OverflowError: not 64 bits."""

    def discard(self, digest: int, /) -> bool:
        """Whether it was there."""

    def __contains__(self, digest: int, /) -> bool: ...
