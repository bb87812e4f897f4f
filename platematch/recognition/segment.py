"""Tells the characters of a straightened line from frame, seals and dirt, by the agreement of several thresholds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

LETTER = 44
"""Height of the characters in a straightened line, in pixels."""
LEVELS = (0.8, 1.0, 1.15)
WINDOWS = (LETTER // 2 + 1, LETTER + 1, 2 * LETTER + 1)
OFFSET = 12
CLIPPED = 0.7
"""What a part counts less for having been cut out of something taller."""
REACH = 0.75
"""How wide a gap, in letter heights, a further character beside the known ones may stand off."""

Pixels = NDArray[np.uint8]


class Part(NamedTuple):
    """One character: its box in the line's pixels, and its strokes (height, width) within it."""

    x: int
    y: int
    w: int
    h: int
    mask: Pixels
    score: float


def segment(line: Pixels, known: tuple[int, int]) -> list[Part]:
    """The characters of a line (height, width), dark on light, from left to right.

    known: from which to which column characters were found; others may stand beside them.
    """
    parts = _agreed([part for mask in _masks(line, known) for part in _both(mask, known)])
    return _adjoining(_side_by_side(parts), known)


def _masks(line: Pixels, known: tuple[int, int]) -> Iterator[Pixels]:
    level, _ = cv2.threshold(line[:, known[0] : known[1]], 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    for factor in LEVELS:
        yield (line < factor * level).astype(np.uint8)
    for window in WINDOWS:
        yield (cv2.subtract(cv2.blur(line, (window, window)), line) > OFFSET).astype(np.uint8)


def _both(mask: Pixels, known: tuple[int, int]) -> Iterator[Part]:
    """Whole components, and what the band of the letters holds of those that a bolt or the frame makes taller."""
    yield from _candidates(mask)
    margin = (mask.shape[0] - LETTER) // 2 - 2
    band = mask.copy()
    band[:margin], band[-margin:] = 0, 0
    for part in _candidates(band):
        if known[0] < part.x + part.w / 2 < known[1]:  # beside them it is mostly the frame
            yield part._replace(score=part.score - CLIPPED)


def _candidates(mask: Pixels) -> Iterator[Part]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    x, y, w, h, area = stats.T
    off = np.abs(y + h / 2 - mask.shape[0] / 2)
    good = (h > 0.75 * LETTER) & (h < 1.25 * LETTER) & (off < 0.18 * LETTER)
    good &= (w > 0.07 * LETTER) & (w < 1.05 * LETTER) & (area > 0.15 * w * h)
    for i in np.flatnonzero(good[1:]) + 1:
        strokes = labels[y[i] : y[i] + h[i], x[i] : x[i] + w[i]] == i
        score = 1 - 2 * abs(h[i] - LETTER) / LETTER - 2 * off[i] / LETTER
        yield Part(int(x[i]), int(y[i]), int(w[i]), int(h[i]), strokes.astype(np.uint8), float(score))


def _agreed(parts: list[Part]) -> list[Part]:
    """Each part's score grows with every other threshold that shows nearly the same box."""
    if not parts:
        return []
    boxes = np.array([part[:4] for part in parts])
    edges = np.stack([boxes[:, 0], boxes[:, 1], boxes[:, 0] + boxes[:, 2], boxes[:, 1] + boxes[:, 3]], axis=1)
    alike = np.abs(edges[:, None] - edges[None]).max(axis=2) <= 0.1 * LETTER
    return [part._replace(score=part.score + 0.4 * int(n)) for part, n in zip(parts, alike.sum(axis=1), strict=True)]


def _side_by_side(parts: list[Part]) -> list[Part]:
    """The parts of the highest total score that do not stand on one another (weighted interval scheduling)."""
    parts = sorted(parts, key=lambda part: part.x + part.w)
    best: list[tuple[float, int, int]] = []  # total, index of the last part or -1, index of the state before
    for i, part in enumerate(parts):
        slack = 0.12 * LETTER if part.w > 0.3 * LETTER else 2
        before = max((j for j in range(i) if parts[j].x + parts[j].w <= part.x + slack), default=-1)
        with_it = part.score + (best[before][0] if before >= 0 else 0.0)
        without = best[i - 1][0] if i else 0.0
        best.append((with_it, i, before) if with_it > without else (without, -1, i - 1))
    chosen, state = [], len(parts) - 1
    while state >= 0:
        _, last, state = best[state]
        if last >= 0:
            chosen.append(parts[last])
    return chosen[::-1]


def _adjoining(parts: list[Part], known: tuple[int, int]) -> list[Part]:
    """The parts inside the known columns, and further ones as long as they are near and of the same height."""
    inside = [part for part in parts if known[0] < part.x + part.w / 2 < known[1]]
    if not inside:
        return []
    height, top = float(np.median([part.h for part in inside])), float(np.median([part.y for part in inside]))
    kept = list(inside)
    left, right = inside[0].x, inside[-1].x + inside[-1].w
    fits = [p for p in parts if abs(p.h - height) < 0.12 * LETTER and abs(p.y - top) < 0.15 * LETTER]
    for part in fits[::-1]:
        if part.x < left and left - (part.x + part.w) < REACH * LETTER:
            left = part.x
            kept.insert(0, part)
    for part in fits:
        if part.x + part.w > right and part.x - right < REACH * LETTER:
            right = part.x + part.w
            kept.append(part)
    return kept
