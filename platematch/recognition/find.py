"""Finds lines of characters: groups of connected components of like height that stand side by side in a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

LONG_SIDES = (640, 1280)
"""The picture is searched at these sizes, so that characters of all heights come near the threshold's window."""
WINDOWS = (15, 31)
OFFSET = 8
"""How much darker or lighter than its surroundings a character is at least, of 255."""
HEIGHTS = (9, 90)
"""Of characters at a searched size, in pixels."""
MAX_COMPONENTS = 1500
GROUND = 0.35
"""How far the median of characters' places lies towards their ground at least, from ink 0 to ground 1."""
MIN_CHARACTERS = 4
MAX_CHARACTERS = 12

Boxes = NDArray[np.float64]


class Line(NamedTuple):
    """characters: (n, 4) of x, y, width, height in picture pixels, from left to right. slope: of the row.

    height: the characters', in picture pixels. dark: whether they are darker than their ground. score: higher is more
    like a plate.
    """

    characters: Boxes
    slope: float
    height: float
    dark: bool
    score: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of all characters."""
        left, top = self.characters[:, :2].min(axis=0)
        right, bottom = (self.characters[:, :2] + self.characters[:, 2:]).max(axis=0)
        return float(left), float(top), float(right), float(bottom)


def find_lines(grey: NDArray[np.uint8], most: int) -> list[Line]:
    """The best lines of a picture, no two of them over one another; best first."""
    lines = sorted(_all_lines(grey), key=lambda line: -line.score)
    kept: list[Line] = []
    for line in lines:
        if not any(overlap(line.box, other.box) > 0.3 for other in kept):
            kept.append(line)
            if len(kept) == most:
                break
    return kept


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """The common area of two boxes (left, top, right, bottom), as a share of the smaller one."""
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    return wide * high / min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))


def _all_lines(grey: NDArray[np.uint8]) -> Iterator[Line]:
    longest = max(grey.shape)
    for side in LONG_SIDES:
        scale = min(side / longest, 2.5)
        if min(grey.shape) * scale < HEIGHTS[0]:
            continue
        if scale == 1:
            small = grey
        else:
            how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
            small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=how).astype(np.uint8)
        for window in WINDOWS:
            mean = cv2.blur(small, (window, window))
            for dark in (True, False):
                difference = cv2.subtract(mean, small) if dark else cv2.subtract(small, mean)
                for row in _rows(_components((difference > OFFSET).astype(np.uint8))):
                    line = _line(row, small, dark)
                    if line is not None:
                        yield line._replace(characters=line.characters / scale, height=line.height / scale)


def _components(mask: NDArray[np.uint8]) -> Boxes:
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    w, h, area = stats[1:, 2:].T
    good = (h >= HEIGHTS[0]) & (h <= HEIGHTS[1]) & (w >= 2) & (w < 1.3 * h) & (h < 9 * w)
    good &= area > 0.15 * w * h
    boxes: Boxes = stats[1:, :4][good].astype(np.float64)
    if len(boxes) > MAX_COMPONENTS:
        boxes = boxes[np.argsort(-boxes[:, 3])[:MAX_COMPONENTS]]
    return boxes


def _rows(boxes: Boxes) -> list[Boxes]:
    """Chains of neighbours: each component is joined to the nearest fitting one on its right."""
    if len(boxes) < MIN_CHARACTERS:
        return []
    boxes = boxes[np.argsort(boxes[:, 0] + boxes[:, 2] / 2)]
    x, y, w, h = boxes.T
    middle, centre = y + h / 2, x + w / 2
    tall = np.maximum(h[:, None], h[None, :])
    dx, dy = centre[None, :] - centre[:, None], middle[None, :] - middle[:, None]
    gap = x[None, :] - (x + w)[:, None]
    fits = (np.abs(h[:, None] - h[None, :]) <= 0.22 * tall) & (dx > 0.25 * tall) & (gap > -0.15 * tall)
    fits &= (gap < 1.1 * tall) & (np.abs(dy) <= 0.35 * dx) & (np.abs(dy) < 0.45 * tall)
    away = np.where(fits, dx + np.abs(dy), np.inf)
    right = away.argmin(axis=1)
    has = np.isfinite(away[np.arange(len(boxes)), right])
    chain = np.arange(len(boxes))
    for i in np.flatnonzero(has):  # from left to right, so that i's own chain is known
        if chain[right[i]] == right[i]:
            chain[right[i]] = chain[i]
        else:
            chain[chain == chain[i]] = chain[right[i]]
    names, counts = np.unique(chain, return_counts=True)
    return [boxes[chain == name] for name in names[counts >= MIN_CHARACTERS]]


def _line(row: Boxes, grey: NDArray[np.uint8], dark: bool) -> Line | None:
    """The row without what stands off its line or has another height; None where too little is left."""
    for _ in range(3):
        x, y, w, h = row.T
        centre, middle = x + w / 2, y + h / 2
        tall = float(np.median(h))
        slope = _slope(centre, middle)
        off = middle - slope * centre
        off = np.abs(off - np.median(off))
        good = (off < 0.16 * tall) & (np.abs(h - tall) < 0.2 * tall)
        if good.all():
            break
        row = row[good]
        if len(row) < MIN_CHARACTERS:
            return None
    if len(row) < MIN_CHARACTERS or len(row) > MAX_CHARACTERS or _is_rim(row, grey, dark):
        return None
    score = _score(row, tall, off, grey, dark)
    return Line(row, slope, tall, dark, score)


def _is_rim(row: Boxes, grey: NDArray[np.uint8], dark: bool) -> bool:
    """Whether these are the rims that a local threshold draws around characters of the other polarity.

    Strokes cover the smaller part of a character's place, so that its median lies near the ground.
    """
    places = [(max(0, x - h // 6), y, x + w + h // 6, y + h) for x, y, w, h in row.astype(int).tolist()]
    inside = np.concatenate([grey[top:bottom, left:right].ravel() for left, top, right, bottom in places])
    low, median, high = np.percentile(inside, (5, 50, 95))
    ground = (median - low) / max(high - low, 1)
    return bool((ground if dark else 1 - ground) < GROUND)


def _slope(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """The median slope of all pairs (Theil and Sen), which one stray component does not turn."""
    i, j = np.triu_indices(len(x), 1)
    dx = x[j] - x[i]
    return float(np.median((y[j] - y[i])[dx > 0] / dx[dx > 0])) if (dx > 0).any() else 0.0


def _score(row: Boxes, tall: float, off: NDArray[np.float64], grey: NDArray[np.uint8], dark: bool) -> float:
    x, y, w, h = row.T
    left, top, right, bottom = int(x.min()), int(y.min()), int((x + w).max()), int((y + h).max())
    patch = grey[top:bottom, left:right]
    low, high = np.percentile(patch, (10, 90))
    contrast = (high - low) / max(high, 40.0)
    count = min(len(row), 7) - 0.5 * max(0, len(row) - 8)
    shape = 4 * float(np.std(h)) / tall + 6 * float(off.mean()) / tall
    narrow = float(np.mean(w < 0.25 * tall))
    wide = float(np.mean(w > 0.95 * tall))
    spread = float(np.std(np.diff(x + w / 2))) / tall
    return float(count - shape + 2 * contrast - 2 * narrow - 1.5 * wide - spread + 0.3 * np.log2(tall / 9))
