"""What the outline of a character tells by itself: how many holes it has, where they lie, and how narrow it is."""

from __future__ import annotations

from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Holes = Literal["none", "upper", "lower", "whole", "two"]

HOLES: dict[Holes, str] = {
    "none": "12357CEFGHIJKLMNSTUVWXYZ",
    "upper": "49APR",
    "lower": "6",
    "whole": "0ODQ",
    "two": "8B",
}
"""Which characters have which holes in the typefaces of plates."""
_OF = {symbol: holes for holes, symbols in HOLES.items() for symbol in symbols}
_LEAST_AREA = 0.008
"""Of the character's box; smaller holes are noise."""


class Shape(NamedTuple):
    """holes: as seen. narrow: width by height."""

    holes: Holes
    narrow: float

    def likelihood(self, symbol: str) -> float:
        """How likely this shape is for a symbol, up to a factor that is the same for all."""
        wide = 1.0
        if symbol in "I1":
            wide = 1.0 if self.narrow < 0.4 else 0.15
        elif self.narrow < 0.22:
            wide = 0.05
        if self.holes == "none" and symbol in _OPEN:
            return wide * _OPEN[symbol]
        return wide * _SEEN[_OF[symbol]].get(self.holes, 0.02)


# A hole is closed by dirt or blur, or opened by a glint, oftener than it moves.
_SEEN: dict[Holes, dict[Holes, float]] = {
    "none": {"none": 0.9},
    "upper": {"none": 0.12, "upper": 0.8},
    "lower": {"none": 0.12, "lower": 0.8},
    "whole": {"none": 0.12, "whole": 0.8, "two": 0.05},
    "two": {"none": 0.06, "upper": 0.12, "lower": 0.12, "two": 0.7},
}

_OPEN = {"4": 0.6, "0": 0.35, "6": 0.2, "9": 0.2, "P": 0.2, "R": 0.2}
"""Characters that some countries' typefaces leave open, against forgery or as a matter of style."""


def shape_of(pixels: NDArray[np.uint8], mask: NDArray[np.uint8]) -> Shape:
    """The shape of one character: pixels (height, width), dark on light; mask is not zero where its strokes are.

    A hole may be open at one threshold and closed at the next, so that the commonest answer of several counts.
    """
    high, wide = mask.shape
    inked = float(pixels[mask > 0].mean()) if mask.any() else 0.0
    ground = float(pixels[mask == 0].mean()) if not mask.all() else 255.0
    seen = [
        _holes(((pixels < ground + share * (inked - ground)) & (_near(mask) > 0)).astype(np.uint8)) for share in _INK
    ]
    return Shape(max(("two", "whole", "upper", "lower", "none"), key=seen.count), wide / high)


_INK = (0.35, 0.5, 0.65)


def _near(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return cv2.dilate(mask, np.ones((3, 3), np.uint8)).astype(np.uint8)


def _holes(mask: NDArray[np.uint8]) -> Holes:
    high, wide = mask.shape
    ground = cv2.copyMakeBorder((mask == 0).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    _, labels, stats, centres = cv2.connectedComponentsWithStats(ground, connectivity=4)
    outside = labels[0, 0]
    holes = [i for i in range(1, len(stats)) if i != outside and stats[i, 4] > _LEAST_AREA * high * wide]
    return _named(holes, stats, centres, high)


def _named(holes: list[int], stats: NDArray[np.int32], centres: NDArray[np.float64], high: int) -> Holes:
    if not holes:
        return "none"
    if len(holes) > 1:
        return "two"
    if stats[holes[0], 3] > 0.5 * high:
        return "whole"
    return "upper" if centres[holes[0], 1] < 0.53 * high else "lower"
