"""Sums wait here until enough different plates are in them to hide among; no sooner are they let go of.

A rule of statistical disclosure control (Hundepool et al., Statistical Disclosure Control, 2012, section 4.2): enough
contributors, none of which dominates. Who contributed is known by hashes alone, of this process, while a sum waits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from platematch.matcher.counts import LEAST_READS, MOST_CAMERAS, Counts, Source
from platematch.matcher.kernels import Floats
from platematch.plates import pack_batch
from platematch.reads import PlateRead

MOST_OF_ONE = 0.1
"""Of the reads in a sum, at most this share may show one and the same text: a car that parks before the camera."""
MOST_OF_DIGIT, SPREAD_DIGITS, SPREAD_POSITIONS = 0.25, 8, 2
"""A pattern's positions are of many plates when at so many of them so many digits stand, none with a greater share."""
TOO_LONG = 20.0 * LEAST_READS
"""Reads after which a sum that may still not go is forgotten: what the camera sees is always the same."""


class Waiting:
    """What was counted and may not be let go of yet, by camera."""

    def __init__(self, severities: int) -> None:
        self._severities = severities
        self._source = Source(Counts.none(severities))
        self._texts: dict[str, Counter[int]] = {}

    def add(self, fresh: Source, texts: Sequence[str], reads: Sequence[PlateRead]) -> None:
        """Add what n reads counted; texts (n,): of each, the plate as far as it is known."""
        self._source.total.add_positions(fresh.total)
        for camera_id, counts in fresh.cameras.items():
            self._source.cameras.setdefault(camera_id, Counts.none(self._severities)).add(counts)
        codes, _ = pack_batch(texts)
        for code, read in zip(codes, reads, strict=True):
            camera_id = getattr(read, "camera_id", None) or ""
            self._texts.setdefault(camera_id, Counter())[hash(code.tobytes())] += 1

    def release(self) -> Source:
        """What may go; the total is of just that: else the difference would tell what waits."""
        free = Source(Counts.none(self._severities))
        for camera_id in list(self._source.cameras):
            if hidden(self._texts[camera_id]):
                self._let_go(camera_id, free)
            elif self._source.cameras[camera_id].reads > TOO_LONG:
                self._drop(camera_id)
        while len(self._source.cameras) > MOST_CAMERAS:
            cameras = self._source.cameras
            self._pool(min((name for name in cameras if name), key=lambda name: cameras[name].reads))
        positions = self._source.total.positions
        for key in [key for key, table in positions.items() if spread(table)]:
            free.total.positions[key] = positions.pop(key)
        return free

    def release_last(self) -> Source:
        """As release, of what will not grow any more: cameras with few reads count together, in the total alone."""
        free = self.release()
        for camera_id in [name for name in self._source.cameras if name]:
            self._pool(camera_id)
        if hidden(self._texts.get("", Counter())):
            self._let_go("", free)
        return free

    def _let_go(self, camera_id: str, free: Source) -> None:
        counts = self._drop(camera_id)
        free.total.add(counts)
        if camera_id:
            free.cameras[camera_id] = counts

    def _pool(self, camera_id: str) -> None:
        """Count the camera's reads among those of no known camera."""
        texts = self._texts[camera_id]
        self._source.cameras.setdefault("", Counts.none(self._severities)).add(self._drop(camera_id))
        self._texts.setdefault("", Counter()).update(texts)

    def _drop(self, camera_id: str) -> Counts:
        del self._texts[camera_id]
        return self._source.cameras.pop(camera_id)


def hidden(texts: Counter[int]) -> bool:
    """Whether none of the plates can be told from sums over reads of these texts."""
    return len(texts) >= LEAST_READS and max(texts.values()) <= MOST_OF_ONE * texts.total()


def spread(table: Floats) -> bool:
    """Whether the symbols at a pattern's positions, (length, COUNTED), are of many plates, as far as digits tell."""
    amounts = table.sum(axis=1, keepdims=True)
    digits = table[:, 1:11]
    various = (digits > 0.01 * amounts).sum(axis=1) >= SPREAD_DIGITS
    various &= (digits <= MOST_OF_DIGIT * amounts).all(axis=1)
    return bool(amounts.max() >= LEAST_READS and various.sum() >= SPREAD_POSITIONS)
