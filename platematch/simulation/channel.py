"""What one camera says of one plate: the text that it takes it for, and how sure it is."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from platematch.simulation.camera import Camera
from platematch.simulation.fleet import fleet_of, texts
from platematch.simulation.sight import optics, see
from platematch.simulation.soft import candidates, certainty, confidence
from platematch.simulation.vehicles import Spot


class Seen(NamedTuple):
    """What the engine says of one plate. confidences are 0..1, those of characters one for each of `text`."""

    text: str
    confidence: float
    char_confidences: list[float] | None
    candidates: list[tuple[str, float]] | None


def read(plate: str, camera: Camera, rng: random.Random, dirt: Sequence[Spot] = ()) -> Seen:
    """What this camera makes of the plate (characters A-Z and 0-9; KeyError on others) in one picture."""
    chance = np.random.default_rng(rng.getrandbits(64))
    sight = see(fleet_of([plate], [dirt]), optics([camera]), chance)
    (text,) = texts(sight.glyphs)
    sure = certainty(sight)
    sureness = confidence(sure, np.array([len(text)]))
    found = None
    if camera.candidates:
        others = candidates(sight, sureness, camera.candidates)
        pairs = zip(texts(others.glyphs[0]), others.confidences[0].tolist(), strict=True)
        found = [(other, round(weight, 4)) for other, weight in pairs if other]
    return Seen(
        text=text,
        confidence=round(float(sureness[0]), 4),
        char_confidences=[round(value, 2) for value in sure[0, : len(text)].tolist()]
        if camera.char_confidences
        else None,
        candidates=found,
    )
