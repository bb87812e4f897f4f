"""Pictures for tests: vehicles of the simulation before a good camera, whose plates any reader should read."""

from __future__ import annotations

from platematch.reads import Location
from platematch.reads import Vehicle as Looks
from platematch.simulation import Camera, Vehicle
from platematch.simulation.photo import photo

GOOD = Camera(
    camera_id="good", location=Location(0, 0), vendor="picture", noise=0.05, slant=0.0, glare=0.0, blur=0.0,
    knows_format=False, char_confidences=False, candidates=0, describes=False,
)  # fmt: skip


def photograph(plate: str, seed: int = 4) -> bytes:
    """A JPEG of a Ukrainian vehicle with this plate."""
    return photo(Vehicle(plate, "UA", Looks(color="blue", type="car")), GOOD, seed)
