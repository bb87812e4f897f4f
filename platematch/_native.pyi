from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

def pack(text: str | bytes, *, run: bool = False) -> bytes: ...
def one_line(codes: bytes) -> bytes: ...
def pack_batch(
    texts: Sequence[str] | Sequence[bytes], rows: NDArray[np.bool_] | None = None, /
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]: ...
def alphabet() -> str: ...

class Index:
    """Rows of packed plates (16 symbol codes, zero padded) with the caller's numbers; safe to share between threads.

    A row is a pair of codes and id: inserted twice it is there once. Changes wait for one another, reads for none of
    them for long; all calls let go of the GIL. MemoryError: nothing was changed.
    """

    def __new__(cls, fold: bytes, *, memory: Buffer | None = None, rows: int = 2**24) -> Index:
        """An empty index of at most so many rows, up to 2**31.

        fold: the class of each of 256 symbol codes; 0 and 255 must be in classes of their own (ValueError).
        memory: memory_size(rows) bytes of zeros on a page boundary (ValueError), which other processes may map and
        attach to; None: its own. It must be anonymous or a memfd, as pages of it are given back to the system.
        """

    @classmethod
    def attach(cls, memory: Buffer, /) -> Index:
        """The index that was made in this memory, perhaps by another process, for searching only (else TypeError).

        The memory may be a read-only mapping. ValueError: there is no index in it.
        """

    @staticmethod
    def memory_size(rows: int, /) -> int:
        """Bytes of an index of at most so many rows; the system provides only what is used of them."""

    def build(self, codes: NDArray[np.uint8], ids: NDArray[np.uint32], /) -> None:
        """Replace all rows.

        codes (n, 16) and ids (n,), C-contiguous; ValueError or BufferError where they are not.
        """

    def insert(self, codes: bytes, id: int, /) -> None:
        """Add a row; no effect if it is there. ValueError: not 16 bytes of codes; OverflowError: id is over 32 bits."""

    def delete(self, codes: bytes, id: int, /) -> bool:
        """Remove a row; False if there was none."""

    def search(
        self, codes: NDArray[np.uint8], lengths: NDArray[np.int32], /
    ) -> tuple[NDArray[np.int32], NDArray[np.uint32]]:
        """All pairs (read, id) where a row is within one substitution, insertion or deletion of the read.

        codes (m, 16) and lengths (m,). Symbols of one fold class count as equal, ANY in a row equals any symbol, ANY
        in a read only itself. Reads over 16 symbols find nothing. Pairs are ascending and each there once. Each read
        sees the index as it is at one instant. TimeoutError, in an attached one: it was changed all the time, or the
        process that changes it has died.
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
