"""A camera of the invented city: where it stands, how well it sees, what its engine knows and what it reports."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from typing import Literal

from platematch.reads import Location

VendorName = Literal["json", "hikvision", "openalpr", "platerecognizer", "picture"]
VENDORS: dict[VendorName, float] = {"json": 0.4, "hikvision": 0.3, "openalpr": 0.15, "platerecognizer": 0.15}
"""What the cameras that read plates themselves speak; one of vendor "picture" posts the picture alone."""

CENTRE = Location(50.45, 30.52)
KM_PER_DEGREE = 111.2


@dataclass(frozen=True)
class Camera:
    """noise: standard deviation of a pixel's ink in an ordinary picture; slant, glare, blur: lasting faults.

    slant darkens one side of each glyph and pales the other, glare pales or darkens the whole plate, blur mixes
    each pixel with its right-hand neighbour. knows_format: the engine prefers letters and digits where Ukrainian
    plates have them. candidates: how many texts it reports; describes: it names make, colour, type and country.
    """

    camera_id: str
    location: Location
    vendor: VendorName
    noise: float
    slant: float
    glare: float
    blur: float
    knows_format: bool
    char_confidences: bool
    candidates: int
    describes: bool


def random_camera(number: int, rng: random.Random) -> Camera:
    """The camera of this number, somewhere in the city: dense in the centre, sparser outside."""
    vendor = rng.choices(list(VENDORS), list(VENDORS.values()))[0]
    return Camera(
        camera_id=f"cam-{number:04d}",
        location=_somewhere(rng),
        vendor=vendor,
        noise=NOISE * math.exp(rng.gauss(0.0, SPREAD)),
        slant=rng.gauss(0.0, 0.045),
        glare=rng.gauss(0.0, 0.05),
        blur=min(abs(rng.gauss(0.0, 0.08)), 0.25),
        knows_format=rng.random() < 0.35,
        char_confidences=vendor == "hikvision" or (vendor == "json" and rng.random() < 0.4),
        candidates={"openalpr": 10, "platerecognizer": 3, "hikvision": 0, "json": rng.choice((0, 0, 5))}[vendor],
        describes=rng.random() < 0.6,
    )


def picture_camera(number: int, rng: random.Random) -> Camera:
    """The camera of this number, somewhere in the city: it has no engine, and posts pictures."""
    camera = random_camera(number, rng)
    return replace(camera, vendor="picture", knows_format=False, char_confidences=False, candidates=0, describes=False)


SPREAD = 0.13
"""Standard deviation of the logarithm of the noise from camera to camera."""
NOISE = 0.161
"""Chosen so that about 90.5 % of all reads are exact; the test of the channel measures it."""


def _somewhere(rng: random.Random) -> Location:
    distance_km = 9.0 * rng.random()
    bearing = rng.uniform(0.0, 2.0 * math.pi)
    lat = CENTRE.lat + distance_km * math.cos(bearing) / KM_PER_DEGREE
    lon = CENTRE.lon + distance_km * math.sin(bearing) / (KM_PER_DEGREE * math.cos(math.radians(CENTRE.lat)))
    return Location(round(lat, 6), round(lon, 6))


def distance_km(a: Location, b: Location) -> float:
    """On the plane, which is exact enough within a city."""
    north = (a.lat - b.lat) * KM_PER_DEGREE
    east = (a.lon - b.lon) * KM_PER_DEGREE * math.cos(math.radians(CENTRE.lat))
    return math.hypot(north, east)
