"""How a camera misreads: each character is a small noisy picture, and the engine takes the glyph nearest to it.

Nothing here is shared with the matcher's model: there is no table of look-alikes and no probability of an edit.
Which characters get confused follows from the shapes, the camera's lasting faults, dirt and noise; so what the
matcher finds in this city is found by a model that was not made for it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from platematch.simulation.camera import Camera
from platematch.simulation.glyphs import DIGITS, HEIGHT, NUMBER, PIXELS, SYMBOLS, WIDTH
from platematch.simulation.vehicles import Spot

Floats = NDArray[np.float64]

EDGE_ADDED = 0.004
"""Chance, per end of the plate, that a bolt or the frame is taken for a character."""
EDGE_LOST = 0.004
"""Chance, per end, that the outermost character is outside the picture that the engine cut out."""
SNAP_LIMIT = 6.0
"""How much worse (in squared distance over variance) a reading may fit for the sake of a format that is known."""

_UA_DIGITS = np.array([False, False, True, True, True, True, False, False])
_COLUMN = np.tile(np.arange(WIDTH), HEIGHT)
_BOLT: Floats = np.where(_COLUMN == WIDTH // 2, 0.75, 0.0)


class Seen(NamedTuple):
    """What the engine says of one plate. confidences are 0..1, those of characters one for each of `text`."""

    text: str
    confidence: float
    char_confidences: list[float] | None
    candidates: list[tuple[str, float]] | None


def read(plate: str, camera: Camera, rng: random.Random, dirt: Sequence[Spot] = ()) -> Seen:
    """What this camera makes of the plate (characters A-Z and 0-9; KeyError on others) in one picture."""
    pictures = _pictures(plate, camera, rng, dirt)
    variance = camera.noise**2
    costs = ((pictures[:, None, :] - PIXELS[None, :, :]) ** 2).sum(axis=2) / (2.0 * variance)
    chosen = _choose(costs, camera)
    sure = _certainty(costs, chosen)
    confidence = round(float(sure.mean()) * 0.99, 4)
    return Seen(
        text="".join(SYMBOLS[number] for number in chosen),
        confidence=confidence,
        char_confidences=[round(float(value), 2) for value in sure] if camera.char_confidences else None,
        candidates=_candidates(costs, chosen, confidence, camera.candidates) if camera.candidates else None,
    )


def _pictures(plate: str, camera: Camera, rng: random.Random, dirt: Sequence[Spot]) -> Floats:
    """The pictures that the engine classifies, shape (characters found, 35)."""
    clean = PIXELS[[NUMBER[character] for character in plate]]
    for spot in dirt:
        covered = np.isin(_COLUMN, range(spot.column, spot.column + spot.width))
        clean[spot.position % len(clean), covered] = spot.ink
    clean = _ends(clean, rng)
    blurred = clean.reshape(-1, HEIGHT, WIDTH).copy()
    blurred[:, :, :-1] += camera.blur * (blurred[:, :, 1:] - blurred[:, :, :-1])
    faults = camera.slant * (_COLUMN - WIDTH // 2) - camera.glare
    noise = camera.noise * math.exp(rng.gauss(0.0, 0.2))
    pixel_noise = np.random.default_rng(rng.getrandbits(64)).standard_normal(clean.shape)
    pictures: Floats = blurred.reshape(clean.shape) + faults + noise * pixel_noise
    return pictures


def _ends(clean: Floats, rng: random.Random) -> Floats:
    if rng.random() < EDGE_LOST:
        clean = clean[1:]
    elif rng.random() < EDGE_ADDED:
        clean = np.vstack([_BOLT, clean])
    if rng.random() < EDGE_LOST:
        clean = clean[:-1]
    elif rng.random() < EDGE_ADDED:
        clean = np.vstack([clean, _BOLT])
    return clean


def _choose(costs: Floats, camera: Camera) -> NDArray[np.intp]:
    """The glyph taken for each character: the nearest, or the nearest of the kind that the format asks for."""
    free: NDArray[np.intp] = costs.argmin(axis=1)
    if not camera.knows_format or len(costs) != len(_UA_DIGITS):
        return free
    forbidden = _UA_DIGITS[:, None] != DIGITS[None, :]
    snapped: NDArray[np.intp] = np.where(forbidden, np.inf, costs).argmin(axis=1)
    every = np.arange(len(costs))
    loss = float((costs[every, snapped] - costs[every, free]).sum())
    return snapped if loss <= SNAP_LIMIT else free


def _certainty(costs: Floats, chosen: NDArray[np.intp]) -> Floats:
    """The engine's own idea of its certainty per character: a softmax of the distances, too sure of itself."""
    weights = np.exp(costs.min(axis=1, keepdims=True) - costs)
    sure: Floats = np.sqrt(weights[np.arange(len(costs)), chosen] / weights.sum(axis=1))
    return np.clip(sure, 0.01, 0.99)


def _candidates(costs: Floats, chosen: NDArray[np.intp], confidence: float, count: int) -> list[tuple[str, float]]:
    """The chosen text and the next best, made by changing one or two characters to their second or third choice."""
    every = np.arange(len(costs))
    others = costs.copy()
    others[every, chosen] = np.inf
    swaps = [
        (max(0.0, float(costs[place, number] - costs[place, chosen[place]])), place, int(number))
        for place in range(len(costs))
        for number in np.argsort(others[place])[:2]
    ]
    ways = [(loss, [(place, number)]) for loss, place, number in swaps]
    for (loss_a, place_a, number_a), (loss_b, place_b, number_b) in combinations(sorted(swaps)[:count], 2):
        if place_a != place_b:
            ways.append((loss_a + loss_b, [(place_a, number_a), (place_b, number_b)]))
    found = [("".join(SYMBOLS[number] for number in chosen), confidence)]
    for loss, changes in sorted(ways)[: count - 1]:
        numbers = chosen.copy()
        for place, number in changes:
            numbers[place] = number
        text = "".join(SYMBOLS[number] for number in numbers)
        found.append((text, round(confidence * math.exp(-0.1 * loss), 4)))
    return found
