"""A second way to misread, unlike the first: characters are points, which each camera turns and shifts its own way.

A rule that was fitted to the glyph pictures of sight shows here whether it holds elsewhere: other letters are alike
(the points come from other drawings), mistakes come from a long-tailed scatter, and characters are doubled or missed
anywhere.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from platematch.simulation.fleet import LONGEST, Bytes, Fleet
from platematch.simulation.glyphs import SYMBOLS
from platematch.simulation.sight import Floats, Sight
from platematch.simulation.strokes import HEIGHT, strokes

DIMENSIONS = 16
SCATTER = 0.25
"""Of a character's point, in an ordinary camera; chosen so that about 90 % of the reads are exact."""
SPREAD = 0.15
"""Standard deviation of its logarithm from camera to camera."""
TURN, SHIFT = 0.02, 0.05
"""Standard deviation of a camera's turn, in radians about each pair of axes, and of its shift along each axis."""
TAIL = 5.0
"""Degrees of freedom of the scatter."""
MISSED, DOUBLED = 0.002, 0.0015
"""Chance per character."""
END_MISSED = 0.004
_GRID = 14


class Lenses(NamedTuple):
    """m cameras: turns (m, 16, 16), shifts (m, 16), scatter (m,)."""

    turns: Floats
    shifts: Floats
    scatter: Floats


def lenses(count: int, rng: np.random.Generator) -> Lenses:
    """So many cameras."""
    skew = rng.normal(0.0, TURN, (count, DIMENSIONS, DIMENSIONS))
    skew -= skew.transpose(0, 2, 1)
    half = np.eye(DIMENSIONS) + skew / 2
    turns = np.linalg.solve(np.eye(DIMENSIONS) - skew / 2, half)  # Cayley: orthogonal for every skew
    scatter = SCATTER * np.exp(rng.normal(0.0, SPREAD, count))
    shifts = rng.normal(0.0, SHIFT, (count, DIMENSIONS))
    return Lenses(turns.astype(np.float32), shifts.astype(np.float32), scatter.astype(np.float32))


def see(fleet: Fleet, cameras: NDArray[np.int64], through: Lenses, rng: np.random.Generator) -> Sight:
    """What is made of each vehicle by the camera of its row, (n,) numbers of lenses."""
    glyphs = _slots(fleet, rng)
    rows, slots = np.nonzero(glyphs >= 0)
    seen = through.turns[cameras]
    points = np.einsum("nij,nj->ni", seen[rows], _points()[glyphs[rows, slots]]) + through.shifts[cameras[rows]]
    quality = through.scatter[cameras] * np.exp(rng.normal(0.0, 0.25, len(cameras))).astype(np.float32)
    points += quality[rows, None] * rng.standard_t(TAIL, points.shape).astype(np.float32)
    squares = (points**2).sum(axis=1, keepdims=True) + (_points() ** 2).sum(axis=1) - 2.0 * points @ _points().T
    costs = squares / (2.0 * np.float32(SCATTER) ** 2)
    costs -= costs.min(axis=1, keepdims=True)
    return _sight(costs.astype(np.float32), rows, len(glyphs))


def _slots(fleet: Fleet, rng: np.random.Generator) -> Bytes:
    """What is told apart of each plate, left to right, (n, 16): every character once, some twice, some not at all."""
    count = len(fleet.lengths)
    chance = np.full((count, LONGEST), MISSED)
    chance[:, 0] = END_MISSED
    chance[np.arange(count), fleet.lengths - 1] = END_MISSED
    draw = rng.random((count, LONGEST))
    slots = np.full((count, 2 * LONGEST), -1, np.int8)
    slots[:, ::2] = np.where(draw < chance, np.int8(-1), fleet.glyphs)
    slots[:, 1::2] = np.where(draw > 1.0 - DOUBLED, fleet.glyphs, np.int8(-1))
    extra = (slots >= 0).sum(axis=1) - (LONGEST + 2)
    slots[extra > 0, 1::2] = -1
    return slots


def _sight(costs: Floats, rows: NDArray[np.int64], count: int) -> Sight:
    lengths = np.bincount(rows, minlength=count)
    places = np.arange(len(rows)) - (np.cumsum(lengths) - lengths)[rows]
    padded = np.zeros((count, LONGEST + 2, len(SYMBOLS)), np.float32)
    padded[rows, places] = costs
    glyphs = np.full((count, LONGEST + 2), -1, np.int8)
    glyphs[rows, places] = costs.argmin(axis=1)
    return Sight(glyphs, padded)


@cache
def _points() -> Floats:
    """The glyphs of strokes as points, (36, 16): the main axes of where their ink lies."""
    ink = np.array([_ink(symbol) for symbol in SYMBOLS])
    ink -= ink.mean(axis=0)
    _, _, axes = np.linalg.svd(ink, full_matrices=False)
    points: Floats = (ink @ axes[:DIMENSIONS].T).astype(np.float32)
    return points


def _ink(symbol: str) -> NDArray[np.float64]:
    """Ink on a coarse grid, each stroke's points spread softly."""
    at = np.vstack([np.vstack([a + t * (b - a) for t in np.linspace(0, 1, 8)]) for a, b in _segments(symbol)])
    grid = np.linspace(0.0, HEIGHT, _GRID)
    x = np.exp(-(((at[:, :1] - grid[None, : _GRID // 2 + 2]) / 0.65) ** 2))
    y = np.exp(-(((at[:, 1:] - grid[None, :]) / 0.65) ** 2))
    dark: NDArray[np.float64] = np.tanh(np.einsum("pi,pj->ij", x, y)).ravel()
    return dark


def _segments(symbol: str) -> list[NDArray[np.float64]]:
    return [points[i : i + 2] for points in strokes(symbol) for i in range(len(points) - 1)]
