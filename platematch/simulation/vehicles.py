"""Vehicles of the invented city: what plate they carry, what they look like, and how dirty the plate is."""

from __future__ import annotations

import random
from dataclasses import dataclass

from platematch.plates.formats import FORMATS
from platematch.reads import Vehicle as Looks
from platematch.simulation.glyphs import NUMBER, SYMBOLS

COUNTRIES = {"UA": 0.88, "PL": 0.05, "DE": 0.03, "GB": 0.015, "US": 0.015, "BR": 0.01}
"""Whose plates pass: country code -> share of the vehicles."""

COLORS = {
    "black": 0.2, "white": 0.18, "grey": 0.16, "silver": 0.15, "blue": 0.12,
    "red": 0.1, "green": 0.04, "brown": 0.03, "yellow": 0.02,
}  # fmt: skip

Makes = dict[str, tuple[str, ...]]

CARS: Makes = {
    "Toyota": ("Camry", "Corolla", "RAV4"),
    "Volkswagen": ("Golf", "Passat", "Tiguan"),
    "Skoda": ("Octavia", "Fabia", "Superb"),
    "Renault": ("Logan", "Duster", "Megane"),
    "Hyundai": ("Accent", "Tucson", "Sonata"),
    "Ford": ("Focus", "Fusion", "Kuga"),
    "Nissan": ("Leaf", "Qashqai", "Rogue"),
    "BMW": ("320", "520", "X5"),
    "ZAZ": ("Lanos", "Sens", "Forza"),
}
VANS: Makes = {
    "Mercedes-Benz": ("Sprinter", "Vito"),
    "Renault": ("Trafic", "Master"),
    "Volkswagen": ("Caddy", "Crafter"),
}
TRUCKS: Makes = {"MAN": ("TGX", "TGL"), "Volvo": ("FH", "FL"), "DAF": ("XF", "LF")}
MOTORCYCLES: Makes = {"Honda": ("CB500", "PCX"), "Yamaha": ("MT07", "Jog"), "Suzuki": ("Lets", "SV650")}
TYPES: dict[str, tuple[float, Makes]] = {
    "car": (0.83, CARS),
    "van": (0.09, VANS),
    "truck": (0.05, TRUCKS),
    "motorcycle": (0.03, MOTORCYCLES),
}

DIRTY_SHARE = 0.04
"""Of all plates."""
MOST_SPOTS = 2
INKS = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Spot:
    """Dirt or a bent corner on one character of a plate. column: its first pixel column; ink: 0 pale to 1 dark."""

    position: int
    column: int
    width: int
    ink: float


@dataclass(frozen=True)
class Vehicle:
    """One vehicle. plate: canonical, in one line; two_line: mounted in two rows, as motorcycles have it."""

    plate: str
    country: str
    looks: Looks
    two_line: bool = False
    dirt: tuple[Spot, ...] = ()


def pick(shares: dict[str, float], rng: random.Random) -> str:
    """One of the keys, with its share as weight."""
    return rng.choices(list(shares), list(shares.values()))[0]


def random_looks(rng: random.Random) -> Looks:
    """Type, make, model and colour of some vehicle."""
    kind = pick({name: share for name, (share, _) in TYPES.items()}, rng)
    makes = TYPES[kind][1]
    make = rng.choice(list(makes))
    return Looks(make=make, model=rng.choice(makes[make]), color=pick(COLORS, rng), type=kind)


def random_vehicle(rng: random.Random, countries: dict[str, float] = COUNTRIES) -> Vehicle:
    """Some vehicle, from the countries with their shares; without them, of the city's traffic."""
    looks = random_looks(rng)
    country = pick(countries, rng)
    return vehicle_with(_plate(country, rng), country, looks, rng)


def _plate(country: str, rng: random.Random) -> str:
    """One of the country's formats; drawn again if it has letters that the city's cameras have never seen (Я, Ж)."""
    while True:
        plate = FORMATS[country].random(rng)
        if all(character in NUMBER for character in plate):
            return plate


def vehicle_with(plate: str, country: str, looks: Looks, rng: random.Random) -> Vehicle:
    """A vehicle with this plate; chance decides how clean it is."""
    two_line = looks.type == "motorcycle" and country == "UA"
    return Vehicle(plate, country, looks, two_line, _dirt(len(plate), rng))


def _dirt(length: int, rng: random.Random) -> tuple[Spot, ...]:
    if rng.random() >= DIRTY_SHARE:
        return ()
    return tuple(
        Spot(rng.randrange(length), rng.randrange(4), rng.randint(1, 2), rng.choice(INKS))
        for _ in range(rng.randint(1, MOST_SPOTS))
    )


def neighbour_of(vehicle: Vehicle, rng: random.Random) -> Vehicle:
    """An innocent vehicle of the same country whose plate differs from the given one in one character."""
    while True:
        place = rng.randrange(len(vehicle.plate))
        plate = vehicle.plate[:place] + rng.choice(SYMBOLS) + vehicle.plate[place + 1 :]
        if plate != vehicle.plate and FORMATS[vehicle.country].fits(plate):
            return vehicle_with(plate, vehicle.country, random_looks(rng), rng)
