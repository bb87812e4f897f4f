"""What the cameras of a simulated city make of listed and of ordinary vehicles, as arrays and as reads."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from platematch.plates import pack_batch
from platematch.reads import Candidate, Read
from platematch.simulation import points, sight
from platematch.simulation.camera import random_camera
from platematch.simulation.fleet import Bytes, Fleet, texts
from platematch.simulation.glyphs import SYMBOLS
from platematch.simulation.sight import BLOCK, Sight
from platematch.simulation.soft import candidates, certainty, confidence, degraded

CAMERAS = 200
START = datetime(2026, 1, 1, tzinfo=UTC)
MOST_CANDIDATES = 10
DEGRADED = 0.5
"""Share of the characters whose confidence is another one's, where confidences are degraded."""

Simulator = Literal["pictures", "points"]
Soft = Literal["text", "confidences", "degraded", "meaningless", "candidates"]
"""What of a read the matcher is given beside its text; "candidates": with informative confidences."""

Packed = tuple[NDArray[np.uint8], NDArray[np.int32]]
_CODES = np.append(pack_batch(list(SYMBOLS), np.zeros(len(SYMBOLS), np.bool_))[0][:, 0], 0).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Seen:
    """n reads. glyphs (n, 10), -1 behind the end; cameras (n,); truth (n,): row of the listed plate shown, or -1.

    keys (n,): of the plates that really passed, as Fleet.keys.
    sure (n, 10) and others (n, 10, 10) with weights (n, 10): confidences and candidates, or None where not asked for.
    """

    glyphs: NDArray[np.int8]
    cameras: NDArray[np.int16]
    truth: NDArray[np.int64]
    keys: NDArray[np.uint64]
    sure: NDArray[np.float32] | None
    others: NDArray[np.int8] | None
    weights: NDArray[np.float32] | None

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Seen:
        """These reads."""
        return Seen(*(None if part is None else part[rows] for part in self.parts()))  # type: ignore[arg-type]

    def parts(self) -> tuple[NDArray[Any] | None, ...]:
        """The fields, in their order."""
        return self.glyphs, self.cameras, self.truth, self.keys, self.sure, self.others, self.weights

    def __len__(self) -> int:
        return len(self.glyphs)

    def codes(self) -> Packed:
        """The texts as the matcher packs them; two-line plates read row by row are put in line."""
        codes, lengths = packed(self.glyphs)
        turned = np.flatnonzero(lengths == 8)
        codes[turned], lengths[turned] = pack_batch(texts(self.glyphs[turned]))
        return codes, lengths


@dataclass(frozen=True)
class City:
    """200 cameras of a simulator, all decided by the seed."""

    simulator: Simulator
    seed: int

    def see(
        self, fleet: Fleet, rng: np.random.Generator, truth: NDArray[np.int64] | None = None, soft: bool = False
    ) -> Seen:
        """Each vehicle before one of the cameras. truth: as in Seen; None: none is listed."""
        cameras = rng.integers(0, CAMERAS, len(fleet.lengths))
        shown = np.full(len(cameras), -1, np.int64) if truth is None else truth
        keys = fleet.keys()
        parts = []
        for rows, seen in self._look(fleet, cameras, rng):
            read = Seen(seen.glyphs, cameras[rows].astype(np.int16), shown[rows], keys[rows], None, None, None)
            parts.append(_with_soft(read, seen) if soft else read)
        return joined(parts)

    def _look(
        self, fleet: Fleet, cameras: NDArray[np.int64], rng: np.random.Generator
    ) -> Iterator[tuple[slice, Sight]]:
        if self.simulator == "pictures":
            chance = random.Random(self.seed)
            through = sight.optics([random_camera(number, chance) for number in range(CAMERAS)])
            yield from sight.look(fleet, through.take(cameras), rng)
            return
        lenses = points.lenses(CAMERAS, np.random.default_rng(self.seed))
        for start in range(0, len(cameras), BLOCK):
            rows = slice(start, min(start + BLOCK, len(cameras)))
            yield rows, points.see(fleet.take(rows), cameras[rows], lenses, rng)


def packed(glyphs: Bytes) -> Packed:
    """Texts of glyphs, (n, at most 16), -1 behind the end, as codes and lengths, each as it stands."""
    codes = np.zeros((len(glyphs), 16), np.uint8)
    codes[:, : glyphs.shape[1]] = _CODES[glyphs]
    return codes, (glyphs >= 0).sum(axis=1).astype(np.int32)


def passing(city: City, count: int, listed: Fleet, rng: np.random.Generator, soft: bool = False) -> Seen:
    """So many reads of listed vehicles, each as likely as another."""
    truth = rng.integers(0, len(listed.lengths), count)
    return city.see(listed.take(truth), rng, truth, soft)


def joined(parts: Sequence[Seen]) -> Seen:
    """All their reads."""
    fields = zip(*(part.parts() for part in parts), strict=True)
    return Seen(*(None if field[0] is None else np.concatenate(field) for field in fields))  # type: ignore[arg-type]


def reads(seen: Seen, soft: Soft, rng: np.random.Generator) -> list[Read]:
    """As cameras post them. rng: what degraded confidences are exchanged by."""
    plates, cameras = texts(seen.glyphs), seen.cameras.tolist()
    sure = _confidences(seen, soft, rng)
    others = _candidates(seen) if soft == "candidates" else None
    return [
        Read(
            camera_id=f"cam-{camera:03d}",
            captured_at=START,
            plate=plate,
            char_confidences=None if sure is None else sure[i][: len(plate)],
            candidates=[] if others is None else others[i],
        )
        for i, (plate, camera) in enumerate(zip(plates, cameras, strict=True))
    ]


def _confidences(seen: Seen, soft: Soft, rng: np.random.Generator) -> list[list[float]] | None:
    if soft == "text" or seen.sure is None:
        return None
    share = {"degraded": DEGRADED, "meaningless": 1.0}.get(soft, 0.0)
    sure = degraded(seen.sure, (seen.glyphs >= 0).sum(axis=1), share, rng)
    rounded: list[list[float]] = np.round(sure.astype(np.float64), 3).tolist()
    return rounded


def _candidates(seen: Seen) -> list[list[Candidate]]:
    assert seen.others is not None and seen.weights is not None  # noqa: PT018
    n, m, width = seen.others.shape
    plates = texts(seen.others.reshape(n * m, width))
    weights = seen.weights.ravel().tolist()
    listed = [Candidate(plate, weight) for plate, weight in zip(plates, weights, strict=True)]
    return [[other for other in listed[i : i + m] if other.plate] for i in range(0, n * m, m)]


def _with_soft(read: Seen, seen: Sight) -> Seen:
    sure = certainty(seen)
    others = candidates(seen, confidence(sure, (seen.glyphs >= 0).sum(axis=1)), MOST_CANDIDATES)
    return replace(read, sure=sure, others=others.glyphs, weights=others.confidences)
