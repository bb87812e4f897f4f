"""The letters and digits of the invented city's plates as strokes, for pictures that are to look like plates.

Drawn for this simulation, in the manner of plates: even strokes, rounded corners. A glyph is four units wide, some
are wider, and eight high, y downwards. A `~` rounds the corner at a point, `z` closes a stroke.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

HEIGHT = 8.0
RADIUS = 1.7
"""How far from a rounded corner the stroke begins to turn, at most half of the way to the next point."""
_STEPS = 7

_NINE = "0.1,6.7 ~0.4,8 ~4,8 ~4,0 ~0,0 ~0,4.6 ~4,4.6 4,3.2"
_DRAWINGS: dict[str, tuple[str, ...]] = {
    "0": ("~0,0 ~4,0 ~4,8 ~0,8 z",),
    "1": ("0.4,2 2.6,0 2.6,8",),
    "2": ("0,1.9 ~0,0 ~4,0 ~4,3.4 0,8 4.1,8",),
    "3": ("0,1.5 ~0,0 ~3.9,0 ~3.9,3.8 1.4,3.8", "2,3.8 ~4,3.8 ~4,8 ~0,8 0,6.5"),
    "4": ("2.3,0 0,5.7 4.4,5.7", "3.2,3.4 3.2,8"),
    "5": ("3.8,0 0.4,0 0.1,3.9", "0.1,3.9 ~0.9,3 ~4,3 ~4,8 ~0,8 0,6.5"),
    "6": ("3.9,1.3 ~3.6,0 ~0,0 ~0,8 ~4,8 ~4,3.4 ~0,3.4 0,4.8",),
    "7": ("0,0 4,0 1.4,8",),
    "8": ("~0.2,0 ~3.8,0 ~3.8,3.8 ~0.2,3.8 z", "~0,3.8 ~4,3.8 ~4,8 ~0,8 z"),
    "9": (_NINE,),
    "A": ("0,8 2.1,0 4.2,8", "0.8,5.5 3.4,5.5"),
    "B": ("0,3.8 ~3.8,3.8 ~3.8,0 0,0 0,8 ~4.1,8 ~4.1,3.8 0,3.8",),
    "C": ("4,2 ~4,0 ~0,0 ~0,8 ~4,8 4,6",),
    "D": ("0,0 ~4.1,0 ~4.1,8 0,8 z",),
    "E": ("3.9,0 0,0 0,8 3.9,8", "0,3.9 3.4,3.9"),
    "F": ("3.9,0 0,0 0,8", "0,3.9 3.3,3.9"),
    "G": ("4,2 ~4,0 ~0,0 ~0,8 ~4,8 4,4.3 2.2,4.3",),
    "H": ("0,0 0,8", "4,0 4,8", "0,3.9 4,3.9"),
    "I": ("0.6,0 0.6,8",),
    "J": ("3.4,0 ~3.4,8 ~0,8 0,6.2",),
    "K": ("0,0 0,8", "4,0 0,4.9", "1.4,3.4 4.2,8"),
    "L": ("0,0 0,8 3.8,8",),
    "M": ("0,8 0,0 2.4,5 4.8,0 4.8,8",),
    "N": ("0,8 0,0 4.1,8 4.1,0",),
    "O": ("~0,0 ~4.6,0 ~4.6,8 ~0,8 z",),
    "P": ("0,8 0,0 ~4,0 ~4,4.4 0,4.4",),
    "Q": ("~0,0 ~4.6,0 ~4.6,8 ~0,8 z", "2.6,5.8 5,8.5"),
    "R": ("0,8 0,0 ~4,0 ~4,4.3 0,4.3", "2,4.3 4.2,8"),
    "S": ("3.9,1.7 ~3.9,0 ~0.1,0 ~0.1,3.8 ~3.9,3.9 ~3.9,8 ~0,8 0,6.3",),
    "T": ("0,0 4.2,0", "2.1,0 2.1,8"),
    "U": ("0,0 ~0,8 ~4,8 4,0",),
    "V": ("0,0 2.1,8 4.2,0",),
    "W": ("0,0 1.4,8 2.8,1.4 4.2,8 5.6,0",),
    "X": ("0,0 4.2,8", "4.2,0 0,8"),
    "Y": ("0,0 2.1,4.2 4.2,0", "2.1,4.2 2.1,8"),
    "Z": ("0,0 4,0 0,8 4.1,8",),
}


@cache
def strokes(symbol: str) -> tuple[Points, ...]:
    """The glyph of A-Z or 0-9 (KeyError on others) as polylines of shape (points, 2): x, y in units."""
    return tuple(_polyline(drawing) for drawing in _DRAWINGS[symbol])


def width(symbol: str) -> float:
    """Of the glyph, in units, from the middle of its leftmost to that of its rightmost stroke."""
    return float(max(points[:, 0].max() for points in strokes(symbol)))


def _polyline(drawing: str) -> Points:
    marks = drawing.split()
    closed = marks[-1] == "z"
    marks = marks[:-1] if closed else marks
    corners = np.array([[float(value) for value in mark.lstrip("~").split(",")] for mark in marks])
    points: list[Points] = []
    for number, mark in enumerate(marks):
        corner = corners[number]
        if mark.startswith("~"):
            points += _bend(corners[number - 1], corner, corners[(number + 1) % len(corners)])
        else:
            points.append(corner)
    return np.array(points + points[:1] if closed else points)


def _bend(before: Points, corner: Points, after: Points) -> list[Points]:
    """A quadratic Bézier curve around the corner."""
    start, end = (_towards(corner, other) for other in (before, after))
    return [(1 - t) ** 2 * start + 2 * t * (1 - t) * corner + t**2 * end for t in np.linspace(0, 1, _STEPS)]


def _towards(corner: Points, other: Points) -> Points:
    way = other - corner
    length = float(np.hypot(*way))
    moved: Points = corner + way * min(RADIUS / length, 0.5)
    return moved
