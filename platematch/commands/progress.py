"""How far a long command has come: a bar on a terminal, with rate and time left; nothing elsewhere."""

from __future__ import annotations

import sys
import time

SHOWN_EVERY_S = 0.2
WIDTH = 30


class Progress:
    """Shows, on standard error, how many things were done and how far that is.

    size: of all there is, in any unit; 0 where it is not known. shown: False keeps it silent on a terminal too.
    """

    def __init__(self, noun: str, size: int, *, shown: bool = True) -> None:
        self._noun, self._size = noun, size
        self._shown = shown and sys.stderr.isatty()
        self._started = self._last = time.monotonic()

    def tell(self, count: int, done: int) -> None:
        """count: things done; done: of size."""
        now = time.monotonic()
        if self._shown and now - self._last >= SHOWN_EVERY_S:
            self._last = now
            sys.stderr.write(f"\r{line(self._noun, count, done, self._size, now - self._started)}\033[K")
            sys.stderr.flush()

    def end(self) -> float:
        """Take the bar away; the seconds since the start."""
        if self._shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
        return time.monotonic() - self._started


def line(noun: str, count: int, done: int, size: int, seconds: float) -> str:
    """`[####----]  40%  1,200,000 reads  800,000/s  0:12 left`."""
    told = f"{count:,} {noun}  {count / max(seconds, 1e-3):,.0f}/s"
    if not size:
        return told
    share = min(done / size, 1.0)
    filled = round(share * WIDTH)
    left = round(seconds * (1.0 - share) / share) if share > 0 else 0
    return f"[{'#' * filled}{'-' * (WIDTH - filled)}] {share:4.0%}  {told}  {left // 60}:{left % 60:02} left"
