"""An invented city: its cameras, its traffic with the listed vehicles in it, and what the cameras read of both."""

from __future__ import annotations

import heapq
import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from platematch.reads import Candidate, Read
from platematch.reads import Vehicle as Looks
from platematch.simulation.camera import Camera, distance_km, picture_camera, random_camera
from platematch.simulation.channel import Seen, read
from platematch.simulation.fleet import parade, passing
from platematch.simulation.photo import photo
from platematch.simulation.vehicles import COLORS, TYPES, Spot, Vehicle, neighbour_of

_Kind = Literal["listed", "near", "ordinary"]

MOST_CAMERAS_PASSED = 4
UNREAD = Seen("", 0.0, None, None)
NEARBY = 12
"""A vehicle's next camera is one of this many nearest ones."""


PICTURED: dict[_Kind, float] = {"listed": 0.4, "near": 0.15, "ordinary": 0.03}
"""Share of the vehicles that end their way before a picture camera, where there are any."""
BETWEEN_PICTURES_S = 1.0
"""A picture camera takes no other picture so soon after one."""


@dataclass(frozen=True)
class Passage:
    """One vehicle before one camera, once. read: what was made of it; its plate may be wrong.

    near: an innocent vehicle whose plate is one character away from a listed one, by the city's own design.
    A picture camera makes nothing of it: the read's plate is empty.
    """

    vehicle: Vehicle
    listed: bool
    near: bool
    camera: Camera
    at: datetime
    read: Read

    def photo(self) -> bytes:
        """A JPEG of the vehicle as the camera takes it; the same for the same passage."""
        return photo(self.vehicle, self.camera, zlib.crc32(f"{self.read.read_id}".encode()))


@dataclass(order=True)
class _Due:
    """A passage to come; number settles ties, so that the order depends on the seed alone."""

    seconds: float
    number: int
    vehicle: Vehicle = field(compare=False)
    kind: _Kind = field(compare=False)
    camera: Camera = field(compare=False)


class City:
    """The same seed gives the same cameras, and the same passages for the same arguments.

    listed: the wanted vehicles; they come by in turn, in an order drawn once. listed_share: share of listed ones
    among the vehicles that set out. In reality 3 to 5 in 10,000 reads are of a listed vehicle; a demo sets this a
    hundred times higher, or nobody would see anything in its half minute. near_share: share of innocent vehicles
    whose plates differ from a listed Ukrainian one by a single character, likewise far above chance; foreign plates
    are so thinly spread that their neighbours hardly exist. between_s: shortest and longest time, in seconds, that
    a vehicle takes from one camera to the next. picture_cameras: how many there are beside the others; the ways of
    listed vehicles end before one of them far more often than those of others, for the demo's sake likewise.
    """

    def __init__(
        self,
        seed: int,
        cameras: int = 200,
        listed: Sequence[Vehicle] = (),
        *,
        listed_share: float = 0.0004,
        near_share: float = 0.0,
        between_s: tuple[float, float] = (30.0, 240.0),
        picture_cameras: int = 0,
    ) -> None:
        self._rng = random.Random(seed)
        self._reading = [random_camera(number, self._rng) for number in range(1, cameras + 1)]
        self._picturing = [picture_camera(cameras + number, self._rng) for number in range(1, picture_cameras + 1)]
        self.cameras: list[Camera] = self._reading + self._picturing
        self._nearby = {camera.camera_id: self._nearest(camera) for camera in self._reading}
        self._listed = self._rng.sample(list(listed), len(listed))
        self._wanted = {vehicle.plate for vehicle in listed}
        self._listed_share = listed_share if listed else 0.0
        self._crowded = [vehicle for vehicle in listed if vehicle.country == "UA"]
        self._near_share = near_share if self._crowded else 0.0
        self._between_s = between_s
        self._traffic = self._rng.getrandbits(64)

    def passages(self, start: datetime, per_second: float) -> Iterator[Passage]:
        """An endless stream, ordered by time, of about per_second reads in each second of the city's clock."""
        rng = random.Random(self._traffic)
        ordinary = parade(passing(), rng)
        vehicles_a_second = per_second * 2.0 / (1 + MOST_CAMERAS_PASSED)
        due: list[_Due] = []
        free: dict[str, float] = {}  # when each picture camera can take the next picture
        set_out = (1 - MOST_CAMERAS_PASSED) * self._between_s[1]  # so that vehicles are on their way at the start
        number = turn = 0
        while True:
            while not due or set_out <= due[0].seconds:
                vehicle, kind = self._next_vehicle(rng, turn, ordinary)
                turn += kind == "listed"
                for stop in self._journey(vehicle, kind, set_out, rng):
                    number += 1
                    stop.number = number
                    if stop.seconds >= 0:
                        heapq.heappush(due, stop)
                set_out += rng.expovariate(vehicles_a_second)
            stop = heapq.heappop(due)
            if stop.camera.vendor == "picture":
                if stop.seconds < free.get(stop.camera.camera_id, 0.0):
                    continue
                free[stop.camera.camera_id] = stop.seconds + BETWEEN_PICTURES_S
            at = start + timedelta(milliseconds=round(stop.seconds * 1000))
            seen = _read_of(stop, at, rng)
            yield Passage(stop.vehicle, stop.kind == "listed", stop.kind == "near", stop.camera, at, seen)

    def _next_vehicle(self, rng: random.Random, turn: int, ordinary: Iterator[Vehicle]) -> tuple[Vehicle, _Kind]:
        draw = rng.random()
        if draw < self._listed_share:
            return self._listed[turn % len(self._listed)], "listed"
        near = draw < self._listed_share + self._near_share
        while True:
            vehicle = neighbour_of(rng.choice(self._crowded), rng) if near else next(ordinary)
            if vehicle.plate not in self._wanted:
                return vehicle, "near" if near else "ordinary"

    def _journey(self, vehicle: Vehicle, kind: _Kind, seconds: float, rng: random.Random) -> Iterator[_Due]:
        camera = rng.choice(self._reading)
        for _ in range(rng.randint(1, MOST_CAMERAS_PASSED)):
            yield _Due(seconds, 0, vehicle, kind, camera)
            camera = rng.choice(self._nearby[camera.camera_id])
            seconds += rng.uniform(*self._between_s)
        if self._picturing and rng.random() < PICTURED[kind]:
            yield _Due(seconds, 0, vehicle, kind, rng.choice(self._picturing))

    def _nearest(self, camera: Camera) -> list[Camera]:
        ordered = sorted(self._reading, key=lambda other: distance_km(camera.location, other.location))
        return ordered[1 : NEARBY + 1] or [camera]


def _read_of(stop: _Due, at: datetime, rng: random.Random) -> Read:
    camera, vehicle = stop.camera, stop.vehicle
    shown, dirt = _as_mounted(vehicle, camera)
    seen = UNREAD if camera.vendor == "picture" else read(shown, camera, rng, dirt)
    return Read(
        camera_id=camera.camera_id,
        captured_at=at,
        read_id=f"{camera.camera_id}-{stop.number}",
        plate=seen.text,
        confidence=seen.confidence,
        char_confidences=seen.char_confidences,
        candidates=_candidates(seen),
        region=vehicle.country if camera.describes and rng.random() < 0.97 else None,
        vehicle=_looks(vehicle.looks, rng) if camera.describes else None,
        direction=rng.choice(("forward", "reverse")),
        lane=rng.randint(1, 3),
        location=camera.location,
    )


def _as_mounted(vehicle: Vehicle, camera: Camera) -> tuple[str, tuple[Spot, ...]]:
    """The plate in the order in which the engine reads it: two lines row by row, unless it knows the format."""
    plate = vehicle.plate
    if not vehicle.two_line or camera.knows_format or len(plate) != 8:
        return plate, vehicle.dirt
    return plate[:2] + plate[6:] + plate[2:6], vehicle.dirt


def _candidates(seen: Seen) -> list[Candidate]:
    return [Candidate(text, confidence) for text, confidence in seen.candidates or ()]


def _looks(looks: Looks, rng: random.Random) -> Looks:
    """What a camera says of the vehicle: now and then the wrong colour or make, often no model."""
    greys = ("grey", "silver", "white", "black")
    color = looks.color if rng.random() < 0.85 else rng.choice(greys if looks.color in greys else list(COLORS))
    kind = looks.type if rng.random() < 0.95 else rng.choice(list(TYPES))
    make = looks.make if rng.random() < 0.9 else None
    return Looks(make=make, model=looks.model if make and rng.random() < 0.3 else None, color=color, type=kind)
