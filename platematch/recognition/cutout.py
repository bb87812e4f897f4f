"""Straight, evenly large cut-outs of a found line that show its characters and nothing else."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from platematch.recognition.find import Line
from platematch.recognition.segment import LETTER, Part, segment
from platematch.recognition.shape import Shape, shape_of

SIDE = 1.6
ABOVE = 0.45
"""What a straightened line shows beside and above the found characters, in letter heights."""
BORDER = 24
GROUND = np.uint8(245)
SHEARS = np.linspace(-0.35, 0.35, 15)

Pixels = NDArray[np.uint8]


class CutOut(NamedTuple):
    """pixels: (height, width), dark on light, ready to be read. spans: (n, 2) columns from and to of each character."""

    pixels: Pixels
    spans: NDArray[np.int32]


class Row(NamedTuple):
    """The characters of a line: their shapes, which of them the line was found by, and cut-outs that show them."""

    shapes: list[Shape]
    found: list[bool]
    cuts: list[CutOut]


def cut_outs(grey: Pixels, line: Line) -> Row:
    """The line as it stands and spaced evenly as in print, each at two sizes; the engine reads them differently.

    Nothing where no character is told from the ground.
    """
    wide, known = _upright(*straighten(grey, line))
    parts = segment(wide, known)
    if not parts:
        return Row([], [], [])
    shapes = [shape_of(wide[p.y : p.y + p.h, p.x : p.x + p.w], p.mask) for p in parts]
    found = [known[0] < part.x + part.w / 2 < known[1] for part in parts]
    whole, spaced = _whole(wide, parts), _spaced(wide, parts)
    return Row(
        shapes, found, [whole, _scaled(whole, 0.75, 0.75), _scaled(spaced, 0.75, 0.75), _scaled(spaced, 1.25, 1)]
    )


def straighten(grey: Pixels, line: Line) -> tuple[Pixels, tuple[int, int]]:
    """The line turned level, dark on light, letters LETTER high; and from which to which column it was found."""
    x, y, w, h = line.characters.T
    angle = np.arctan(line.slope)
    scale = LETTER / (line.height * np.cos(angle))
    turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    centres = turn @ np.stack([x + w / 2, y + h / 2])
    left, right = centres[0, 0] - scale * w[0] / 2, centres[0, -1] + scale * w[-1] / 2
    origin = np.array([left - SIDE * LETTER, np.median(centres[1]) - (0.5 + ABOVE) * LETTER])
    size = (int(right - left + 2 * SIDE * LETTER), int((1 + 2 * ABOVE) * LETTER))
    how = cv2.INTER_CUBIC if scale > 0.7 else cv2.INTER_AREA
    matrix = np.hstack([turn, -origin[:, None]])
    wide = cv2.warpAffine(grey, matrix, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
    known = (int(SIDE * LETTER), int(SIDE * LETTER + right - left))
    if not line.dark:
        wide = cv2.bitwise_not(wide)
    low, high = np.percentile(wide[:, known[0] : known[1]], (2, 90))
    wide = np.clip((wide.astype(np.float32) - low) * (235 / max(high - low, 8)) + 10, 0, 255)
    return wide.astype(np.uint8), known


def _upright(wide: Pixels, known: tuple[int, int]) -> tuple[Pixels, tuple[int, int]]:
    """Slanted letters set upright: by the shear under which columns are most unlike, letters and gaps apart."""
    middle = slice(int(ABOVE * LETTER), int((1 + ABOVE) * LETTER))
    strip = np.ascontiguousarray(wide[middle, known[0] : known[1]])

    def apart(shear: float) -> float:
        return float(np.var(_sheared(strip, shear).mean(axis=0))) - 2e3 * shear * shear

    return _sheared(wide, max(SHEARS, key=apart)), known


def _sheared(pixels: Pixels, shear: float) -> Pixels:
    matrix = np.array([[1, shear, -shear * pixels.shape[0] / 2], [0, 1, 0]])
    size = (pixels.shape[1], pixels.shape[0])
    return cv2.warpAffine(pixels, matrix, size, borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)


def _whole(wide: Pixels, parts: list[Part]) -> CutOut:
    shown = np.zeros(wide.shape, np.uint8)
    for part in parts:
        shown[part.y : part.y + part.h, part.x : part.x + part.w] |= part.mask
    shown = cv2.dilate(shown, np.ones((5, 5), np.uint8)).astype(np.uint8)
    left, right = max(0, parts[0].x - 4), max(part.x + part.w for part in parts) + 4
    spans = np.array([(part.x, part.x + part.w) for part in parts], np.int32) - left + BORDER
    return CutOut(_framed(np.where(shown, wide, GROUND)[:, left:right]), spans.astype(np.int32))


def _spaced(wide: Pixels, parts: list[Part]) -> CutOut:
    pieces, spans, place = [], [], BORDER
    gap = np.full((LETTER + 8, LETTER // 5), GROUND)
    for part in parts:
        mask = cv2.copyMakeBorder(part.mask, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=0)
        mask = cv2.dilate(mask, np.ones((5, 5), np.uint8))
        wider = cv2.copyMakeBorder(wide, 4, 4, 4, 4, cv2.BORDER_REPLICATE)
        piece = wider[part.y : part.y + part.h + 8, part.x : part.x + part.w + 8]
        piece = cv2.resize(np.where(mask, piece, GROUND), (piece.shape[1], LETTER + 8))
        pieces += [piece, gap]
        spans.append((place + 4, place + 4 + part.w))
        place += piece.shape[1] + gap.shape[1]
    return CutOut(_framed(np.hstack(pieces[:-1])), np.array(spans, np.int32))


def _scaled(cut: CutOut, wider: float, higher: float) -> CutOut:
    how = cv2.INTER_AREA if wider < 1 else cv2.INTER_CUBIC
    pixels = cv2.resize(cut.pixels, None, fx=wider, fy=higher, interpolation=how)
    return CutOut(pixels.astype(np.uint8), (cut.spans * wider).astype(np.int32))


def _framed(pixels: Pixels) -> Pixels:
    ground = int(GROUND)
    return cv2.copyMakeBorder(pixels, BORDER, BORDER, BORDER, BORDER, cv2.BORDER_CONSTANT, value=ground).astype(
        np.uint8
    )
