"""Photographs of the invented city's vehicles: the rear of a car with its plate, as a poor camera takes it.

The same vehicle, camera and seed give the same picture. OpenCV is imported only when a picture is made.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from platematch.simulation.camera import Camera
from platematch.simulation.strokes import HEIGHT, strokes, width
from platematch.simulation.vehicles import Spot, Vehicle

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]

SIZE = (360, 240)
"""Of a picture: width, height in pixels."""
QUALITY = 72

PX_PER_MM = 2
ONE_LINE_MM = (520, 112)
TWO_LINES_MM = (280, 202)
BAND_MM = 42
LETTER_MM = 76
STROKE_MM = 11
GAP_MM = 9
GROUP_GAP_MM = 15

_PAINT = {
    "black": (30, 30, 32), "white": (232, 232, 230), "grey": (112, 114, 116), "silver": (176, 178, 180),
    "blue": (58, 82, 150), "red": (158, 40, 42), "green": (54, 98, 66), "brown": (98, 70, 52), "yellow": (214, 182, 54),
}  # fmt: skip
_INK, _BOARD, _BAND = (24, 24, 26), (238, 238, 234), (28, 70, 170)


def photo(vehicle: Vehicle, camera: Camera, seed: int) -> bytes:
    """A JPEG of the vehicle as this camera takes it: a few kilobytes, the plate's characters 20 to 30 pixels high."""
    import cv2

    rng = np.random.default_rng(seed)
    scene = _car(_PAINT.get(vehicle.looks.color or "", _PAINT["grey"]), rng)
    scene = _mounted(scene, _plate(vehicle), camera, vehicle.two_line, rng)
    blur = 0.35 + 4.0 * camera.blur * float(rng.uniform(0.7, 1.3))
    seen = cv2.GaussianBlur(scene, (0, 0), blur).astype(np.float32)
    daylight = float(rng.choice((1.0, 1.0, 1.0, 0.6, 0.4)))
    seen = (seen * daylight + 30 * (1 - daylight)) * (1 - 2 * abs(camera.glare)) + max(0.0, 500 * camera.glare)
    noise = rng.standard_normal((*seen.shape[:2], 1), np.float32) * np.float32(20 * camera.noise)
    pixels = np.clip(seen + noise, 0, 255).astype(np.uint8)
    return cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()


def _plate(vehicle: Vehicle) -> Pixels:
    """The plate from the front, clean but for its dirt, RGB."""
    import cv2

    plate = vehicle.plate
    rows = [plate]
    if vehicle.two_line:
        rows = (
            [plate[:2] + plate[6:], plate[2:6]]
            if len(plate) == 8
            else [plate[: len(plate) // 2], plate[len(plate) // 2 :]]
        )
    size = TWO_LINES_MM if vehicle.two_line else ONE_LINE_MM
    wide, high = size[0] * PX_PER_MM, size[1] * PX_PER_MM
    board = np.full((high, wide, 3), _BOARD, np.uint8)
    left = 0 if vehicle.country in ("US", "BR") else BAND_MM * PX_PER_MM
    board[:, :left] = _BAND
    if left:
        _write(board, vehicle.country, (left * 0.22, high - 60, left * 0.78, high - 28), 5, (255, 255, 255))
    margin = 12 * PX_PER_MM
    row_high = high / len(rows)
    letter = min(LETTER_MM * PX_PER_MM, row_high * 0.74)
    for number, row in enumerate(rows):
        middle = row_high * (number + 0.5) + (0 if len(rows) == 1 else (4 if number == 0 else -4))
        box = (left + margin, middle - letter / 2, wide - margin, middle + letter / 2)
        cells = _write(board, row, box, round(STROKE_MM * PX_PER_MM * letter / (LETTER_MM * PX_PER_MM)), _INK)
        if number == 0:
            _soil(board, cells, vehicle.dirt)
    cv2.rectangle(board, (3, 3), (wide - 4, high - 4), _INK, 4)
    return board


Box = tuple[float, float, float, float]


def _write(board: Pixels, text: str, box: Box, thickness: int, colour: tuple[int, int, int]) -> list[Box]:
    """Write the text into the box (left, top, right, bottom), as large as it is high; where each character went."""
    import cv2

    left, top, right, bottom = box
    unit_y = (bottom - top - thickness) / HEIGHT
    gaps = [0.0, *(GROUP_GAP_MM if _changes(a, b) else GAP_MM for a, b in pairwise(text))]
    scale = thickness / (STROKE_MM * PX_PER_MM)
    fixed = sum(gaps) * PX_PER_MM * scale + len(text) * thickness
    units = sum(width(symbol) for symbol in text)
    unit_x = min(unit_y * 1.02, (right - left - fixed) / units)
    x = left + max(0.0, (right - left - fixed - units * unit_x) / 2)
    cells: list[Box] = []
    for symbol, gap in zip(text, gaps, strict=True):
        x += gap * PX_PER_MM * scale
        for points in strokes(symbol):
            at = points * (unit_x, unit_y) + (x + thickness / 2, top + thickness / 2)
            cv2.polylines(board, [np.round(at * 16).astype(np.int32)], False, colour, thickness, cv2.LINE_AA, 4)
        end = x + width(symbol) * unit_x + thickness
        cells.append((x, top, end, bottom))
        x = end
    return cells


def _changes(a: str, b: str) -> bool:
    return a.isdigit() != b.isdigit()


def _soil(board: Pixels, cells: list[Box], dirt: tuple[Spot, ...]) -> None:
    """Dirt where the vehicle has it: over some of the five columns of a character."""
    for spot in dirt:
        left, top, right, bottom = cells[spot.position % len(cells)]
        column = (right - left) / 5
        start, end = round(left + spot.column * column), round(left + (spot.column + spot.width) * column)
        colour = [light + (dark - light) * spot.ink for light, dark in zip(_BOARD, _INK, strict=True)]
        board[round(top) : round(bottom), start:end] = colour


def _car(paint: tuple[int, int, int], rng: np.random.Generator) -> Pixels:
    """The rear of a car on a road, RGB: window, boot, lamps and bumper around the middle of the picture."""
    import cv2

    wide, high = SIZE
    scene = np.full((high, wide, 3), (104, 106, 108), np.uint8)
    scene[: high // 4] = (150, 158, 166)
    body = tuple(int(value * rng.uniform(0.9, 1.05)) for value in paint)
    dark = tuple(int(value * 0.55) for value in body)
    cv2.fillPoly(scene, [np.array([[68, 15], [292, 15], [330, 82], [30, 82]])], dark)
    cv2.fillPoly(scene, [np.array([[84, 24], [276, 24], [303, 75], [57, 75]])], (52, 60, 68))
    cv2.rectangle(scene, (22, 81), (338, 196), body, -1)
    for left in (27, 291):
        cv2.rectangle(scene, (left, 96), (left + 42, 118), (150, 24, 28), -1)
        cv2.rectangle(scene, (left + 12, 219), (left + 32, 237), (22, 22, 22), -1)
    cv2.rectangle(scene, (18, 196), (342, 219), dark, -1)
    shade = np.linspace(1.06, 0.8, high)[:, None, None]
    shaded: Pixels = np.clip(scene * shade, 0, 255).astype(np.uint8)
    return shaded


def _mounted(scene: Pixels, board: Pixels, camera: Camera, two_line: bool, rng: np.random.Generator) -> Pixels:
    """The scene with the plate on the car, turned and slanted as the camera stands and the car drives."""
    import cv2

    wide = board.shape[1]
    target = float(rng.uniform(95, 115) if two_line else rng.uniform(140, 200))
    small = cv2.resize(board, (round(target), round(board.shape[0] * target / wide)), interpolation=cv2.INTER_AREA)
    high, wide = small.shape[:2]
    corners = np.array([[-wide, -high], [wide, -high], [wide, high], [-wide, high]]) / 2
    centre = np.array([SIZE[0] / 2 + rng.uniform(-15, 15), 148 + rng.uniform(-8, 10)])
    placed = _leaning(corners, camera, rng) + centre
    left, top = np.floor(placed.min(axis=0)).astype(int) - 1
    right, bottom = np.ceil(placed.max(axis=0)).astype(int) + 1
    flat, seen_at = corners - corners.min(axis=0), placed - np.array([left, top])
    matrix = cv2.getPerspectiveTransform(flat.astype(np.float32), seen_at.astype(np.float32))
    size = (int(right - left), int(bottom - top))
    seen = cv2.warpPerspective(small, matrix, size, flags=cv2.INTER_LINEAR)
    share = cv2.warpPerspective(np.ones((high, wide, 1), np.float32), matrix, size, flags=cv2.INTER_LINEAR)[:, :, None]
    part = scene[top:bottom, left:right]
    part[:] = (part * (1 - share) + seen * share).astype(np.uint8)
    return scene


def _leaning(corners: Floats, camera: Camera, rng: np.random.Generator) -> Floats:
    """The corners of the plate, around its middle, turned, slanted and pinched."""
    turn = np.radians(np.clip(25 * camera.slant + rng.normal(0, 1.2), -7, 7))
    shear = np.clip(camera.slant + rng.normal(0, 0.04), -0.2, 0.2)
    pinch = rng.uniform(-0.04, 0.04)
    leaning = corners * np.array([[1, 1 - pinch], [1, 1 + pinch], [1, 1 + pinch], [1, 1 - pinch]])
    leaning[:, 0] += shear * leaning[:, 1]
    turned: Floats = leaning @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return turned
