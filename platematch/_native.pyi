from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

def pack(text: str | bytes, *, run: bool = False) -> bytes: ...
def one_line(codes: bytes) -> bytes: ...
def pack_batch(
    texts: Sequence[str] | Sequence[bytes], rows: NDArray[np.bool_] | None = None, /
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]: ...
def alphabet() -> str: ...

class Index:
    """Rows of packed plates (16 symbol codes, zero padded) with the caller's numbers; safe to share between threads.

    A row is a pair of codes and id: inserted twice it is there once. Reads or changes that meet a change under way
    wait for it; all calls let go of the GIL. MemoryError: nothing was changed.
    """

    def __new__(cls, fold: bytes) -> Index:
        """fold: the class of each of 256 symbol codes; 0 and 255 must be in classes of their own (ValueError)."""

    def build(self, codes: NDArray[np.uint8], ids: NDArray[np.uint32], /) -> None:
        """Replace all rows, those that other threads insert meanwhile too.

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
        in a read only itself. Reads over 16 symbols find nothing. Pairs are ascending and each there once.
        """

    def __len__(self) -> int: ...
