"""The bundled picture to try the service with: a vehicle of the bundled list before a camera.

`python -m platematch.simulation.sample` writes it anew.
"""

from __future__ import annotations

import random
from pathlib import Path

from platematch.simulation import stolen
from platematch.simulation.camera import picture_camera
from platematch.simulation.photo import photo

FILE = Path(__file__).with_name("sample.jpg")
PLATE = "AC9182TB"


def sample() -> bytes:
    """The JPEG."""
    (vehicle,) = (vehicle for vehicle in stolen.vehicles() if vehicle.plate == PLATE)
    return photo(vehicle, picture_camera(1, random.Random(1)), seed=1)


if __name__ == "__main__":
    FILE.write_bytes(sample())
