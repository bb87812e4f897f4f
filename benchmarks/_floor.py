"""The floor under any search in memory: ten random cache lines a read, in a table of a given size, and nothing else."""

from __future__ import annotations

import ctypes
import mmap
import subprocess
import tempfile
from pathlib import Path

LINES = 10
"""A plate of 8 characters has 9 hashes by FastSS, whose buckets are a line each; one more for the row that is found."""
SOURCE = """
#include <stddef.h>
#include <stdint.h>
enum { BLOCK = 32, LINES = @ };
static uint64_t next(uint64_t *state) {
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}
uint64_t touch(const uint8_t *table, uint64_t lines, uint64_t reads, uint64_t seed) {
    uint64_t places[BLOCK * LINES], sum = 0;
    for (uint64_t done = 0; done < reads; done += BLOCK) {
        for (size_t i = 0; i < BLOCK * LINES; i++) {
            places[i] = (uint64_t)(((unsigned __int128)next(&seed) * lines) >> 64) * 64;
            __builtin_prefetch(table + places[i]);
        }
        for (size_t i = 0; i < BLOCK * LINES; i++)
            sum += *(const uint64_t *)(table + places[i]);
    }
    return sum;
}
""".replace("@", str(LINES))


class Floor:
    """A table of so many bytes, on huge pages where the system gives them, as the index has them."""

    def __init__(self, size: int) -> None:
        """Raises CalledProcessError or FileNotFoundError without gcc."""
        self._lines = max(size // 64, 1)
        self._table = mmap.mmap(-1, self._lines * 64)
        self._table.madvise(mmap.MADV_HUGEPAGE)
        self._address = ctypes.addressof(ctypes.c_char.from_buffer(self._table))
        ctypes.memset(self._address, 1, self._lines * 64)
        with tempfile.TemporaryDirectory() as folder:
            source, library = Path(folder, "floor.c"), Path(folder, "floor.so")
            source.write_text(SOURCE)
            command = ["gcc", "-O3", "-march=native", "-shared", "-fPIC", "-o", str(library), str(source)]
            subprocess.run(command, check=True)
            self._touch = ctypes.CDLL(str(library)).touch
        self._touch.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64, ctypes.c_uint64]
        self._touch.restype = ctypes.c_uint64

    def run(self, reads: int, seed: int = 1) -> int:
        """Touch the lines of so many reads, a multiple of 32."""
        return int(self._touch(self._address, self._lines, reads, seed))
