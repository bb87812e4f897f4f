"""How cameras misread, many reads at a time: each character is a small noisy picture, taken for the nearest glyph.

Nothing here is shared with the matcher's model: there is no table of look-alikes and no probability of an edit.
Which characters get confused follows from the shapes, the camera's lasting faults, dirt, weather and noise; so what
the matcher finds in this city is found by a model that was not made for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from platematch.simulation.camera import Camera
from platematch.simulation.fleet import LONGEST, Bytes, Fleet
from platematch.simulation.glyphs import DIGITS, HEIGHT, PIXELS, WIDTH
from platematch.simulation.vehicles import INKS, MOST_SPOTS

Floats = NDArray[np.float32]

BLOCK = 8192
"""Reads that are looked at together: their pictures stay in the processor's caches."""
EDGE_ADDED = 0.006
"""Chance, per end of the plate, that a bolt or the frame is taken for a character."""
EDGE_LOST = 0.007
"""Chance, per end, that the outermost character is outside the picture that the engine cut out."""
SECOND_LOST = 0.25
"""Chance that the character next to a lost one is lost with it."""
INNER_LOST = 0.002
"""Chance that a character inside is not told from its neighbour."""
POOR_SHARE = 0.05
"""Of the pictures: those taken in rain, in motion or against headlights."""
POOR_NOISE = (1.8, 2.8)
"""How many times noisier these are, from and to."""
POOR_EDGES = 8.0
"""How many times likelier characters are added or lost in these."""
SPLASHED_SHARE = 0.024
"""Of the pictures: those in which slush, a tow bar or a reflection crosses two to four neighbouring characters."""
SPLASH_WIDTH = 3
SNAP_LIMIT = 6.0
"""How much worse (in squared distance over variance) a reading may fit for the sake of a format that is known."""

_GLYPHS = PIXELS.astype(np.float32)
_BOLT = len(_GLYPHS)
_COLUMN = np.tile(np.arange(WIDTH), HEIGHT)
_CELLS = np.vstack([_GLYPHS, np.where(_COLUMN == WIDTH // 2, 0.75, 0.0)]).astype(np.float32)
_SQUARES = (_GLYPHS**2).sum(axis=1)
_UA_DIGITS = np.array([False, False, True, True, True, True, False, False])
_WRONG_KIND = _UA_DIGITS[:, None] != DIGITS[None, :]


class Optics(NamedTuple):
    """What of a camera decides a read, for n reads, (n,) each; see Camera."""

    noise: Floats
    slant: Floats
    glare: Floats
    blur: Floats
    knows_format: NDArray[np.bool_]

    def take(self, rows: NDArray[np.int64] | slice) -> Optics:
        """Those of these rows."""
        return Optics(self.noise[rows], self.slant[rows], self.glare[rows], self.blur[rows], self.knows_format[rows])


class Sight(NamedTuple):
    """What the engine makes of n plates: glyphs (n, 10), -1 behind the end, and what it weighed for each character.

    costs (n, 10, 36): how badly each glyph fits, in negative logarithms of a likelihood; 0 behind the end.
    """

    glyphs: Bytes
    costs: Floats


def optics(cameras: Sequence[Camera]) -> Optics:
    """Of these cameras, one row each."""
    noise, slant, glare, blur = np.array([(c.noise, c.slant, c.glare, c.blur) for c in cameras], np.float32).T
    return Optics(noise, slant, glare, blur, np.array([camera.knows_format for camera in cameras]))


def look(fleet: Fleet, through: Optics, rng: np.random.Generator) -> Iterator[tuple[slice, Sight]]:
    """What is made of each vehicle by the camera in its row, BLOCK at a time."""
    for start in range(0, len(fleet.lengths), BLOCK):
        rows = slice(start, min(start + BLOCK, len(fleet.lengths)))
        yield rows, see(fleet.take(rows), through.take(rows), rng)


def see(fleet: Fleet, through: Optics, rng: np.random.Generator) -> Sight:
    """What is made of each vehicle by the camera in its row, all at once."""
    shown = _as_mounted(fleet, through.knows_format)
    poor = rng.random(len(shown)) < POOR_SHARE
    cells = _cells(shown, fleet.lengths, poor, rng)
    rows, slots = np.nonzero(cells >= 0)
    pictures = _CELLS[cells[rows, slots]]
    _soil(pictures, rows, slots, fleet)
    _splash(pictures, rows, slots, fleet.lengths, rng)
    pictures = pictures.reshape(-1, HEIGHT, WIDTH)
    pictures[:, :, :-1] += through.blur[rows, None, None] * (pictures[:, :, 1:] - pictures[:, :, :-1])
    pictures = pictures.reshape(-1, HEIGHT * WIDTH)
    pictures += through.slant[rows, None] * (_COLUMN - WIDTH // 2).astype(np.float32) - through.glare[rows, None]
    noise = _noise(through.noise, poor, rng)
    pictures += noise[rows, None] * rng.standard_normal(pictures.shape, np.float32)
    squares = np.square(pictures).sum(axis=1, keepdims=True) + _SQUARES - 2.0 * (pictures @ _GLYPHS.T)
    costs = _costs(squares, rows, len(cells))
    return _sight(costs, rows, len(cells), through.knows_format)


def _as_mounted(fleet: Fleet, knows_format: NDArray[np.bool_]) -> Bytes:
    """The plates in the order in which the engine reads them: two lines row by row, unless it knows the format."""
    rows = fleet.two_line & ~knows_format & (fleet.lengths == LONGEST)
    turned: Bytes = np.where(rows[:, None], fleet.glyphs[:, [0, 1, 6, 7, 2, 3, 4, 5]], fleet.glyphs)
    return turned


def _cells(glyphs: Bytes, lengths: NDArray[np.int64], poor: NDArray[np.bool_], rng: np.random.Generator) -> Bytes:
    """What stands in the picture, (n, 10), left to right: a bolt or nothing, the characters not lost, the same."""
    count = len(glyphs)
    cells = np.full((count, LONGEST + 2), -1, np.int8)
    cells[:, 1:-1] = glyphs
    every = np.arange(count)
    likelier = np.where(poor, POOR_EDGES, 1.0)
    for near, inward, edge in ((np.ones(count, np.int64), 1, 0), (lengths, -1, LONGEST + 1)):
        chance = rng.random(count) / likelier
        lost = chance < EDGE_LOST
        cells[every[lost], near[lost]] = -1
        more = every[chance < EDGE_LOST * SECOND_LOST]
        cells[more, near[more] + inward] = -1
        cells[(chance >= EDGE_LOST) & (chance < EDGE_LOST + EDGE_ADDED), edge] = _BOLT
    inner = every[(rng.random(count) / likelier < INNER_LOST) & (lengths > 2)]
    cells[inner, rng.integers(2, lengths[inner])] = -1
    return cells


def _soil(pictures: Floats, rows: NDArray[np.int64], slots: NDArray[np.int64], fleet: Fleet) -> None:
    """Put the plates' dirt onto the pictures of their characters."""
    for spot in range(MOST_SPOTS):
        position, column, width, ink = fleet.dirt[rows, spot].T
        cells = np.flatnonzero((position >= 0) & (position == slots - 1))
        covered = (column[cells, None] <= _COLUMN) & ((column + width)[cells, None] > _COLUMN)
        inks = np.array(INKS, np.float32)[ink[cells]]
        pictures[cells] = np.where(covered, inks[:, None], pictures[cells])


def _splash(
    pictures: Floats,
    rows: NDArray[np.int64],
    slots: NDArray[np.int64],
    lengths: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Cover part of some neighbouring characters, each elsewhere."""
    count = len(lengths)
    first = rng.integers(1, lengths)
    last = np.where(rng.random(count) < SPLASHED_SHARE, first + rng.integers(1, 4, count), 0)
    ink = rng.choice(np.array(INKS, np.float32), count)
    cells = np.flatnonzero((first[rows] <= slots) & (slots <= last[rows]))
    column = rng.integers(0, WIDTH - SPLASH_WIDTH + 1, len(cells))[:, None]
    covered = (column <= _COLUMN) & (column + SPLASH_WIDTH > _COLUMN)
    pictures[cells] = np.where(covered, ink[rows[cells], None], pictures[cells])


def _noise(usual: Floats, poor: NDArray[np.bool_], rng: np.random.Generator) -> Floats:
    """Of each picture: more of it in a poor one, and in none quite as much as in another."""
    count = len(usual)
    more = np.where(poor, rng.uniform(*POOR_NOISE, count), 1.0)
    noise: Floats = (usual * more * np.exp(rng.normal(0.0, 0.2, count))).astype(np.float32)
    return noise


def _costs(squares: Floats, rows: NDArray[np.int64], count: int) -> Floats:
    """Squared distances from the glyphs over twice the variance, which an engine sees in how badly the best one fits.

    Half of it is judged by the character's own picture, half by the whole plate's.
    """
    least = squares.min(axis=1)
    plate = np.bincount(rows, least, count) / np.maximum(np.bincount(rows, minlength=count), 1)
    variance = (0.5 * least + 0.5 * plate[rows]) / (HEIGHT * WIDTH)
    costs: Floats = ((squares - least[:, None]) / (2.0 * variance[:, None])).astype(np.float32)
    return costs


def _sight(costs: Floats, rows: NDArray[np.int64], count: int, knows_format: NDArray[np.bool_]) -> Sight:
    lengths = np.bincount(rows, minlength=count)
    places = np.arange(len(rows)) - (np.cumsum(lengths) - lengths)[rows]
    padded = np.zeros((count, LONGEST + 2, len(_GLYPHS)), np.float32)
    padded[rows, places] = costs
    glyphs = np.full((count, LONGEST + 2), -1, np.int8)
    glyphs[rows, places] = costs.argmin(axis=1)
    _snap(glyphs, padded, np.flatnonzero(knows_format & (lengths == len(_UA_DIGITS))))
    return Sight(glyphs, padded)


def _snap(glyphs: Bytes, costs: Floats, rows: NDArray[np.int64]) -> None:
    """Where these rows nearly fit Ukraine's format, take the nearest glyph of the kind that it asks for."""
    allowed = np.where(_WRONG_KIND, np.float32(np.inf), costs[rows, : len(_UA_DIGITS)])
    loss = allowed.min(axis=2).sum(axis=1) - np.take_along_axis(
        costs[rows, : len(_UA_DIGITS)], glyphs[rows, : len(_UA_DIGITS), None].astype(np.int64), 2
    ).sum(axis=(1, 2))
    fitting = loss <= SNAP_LIMIT
    glyphs[rows[fitting], : len(_UA_DIGITS)] = allowed[fitting].argmin(axis=2)
