"""The bundled hot list: invented stolen vehicles in the layout of Ukraine's open list (2020 and later).

`python -m platematch.simulation.stolen` writes the bundled file anew.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from platematch.simulation.vehicles import Vehicle, random_vehicle

SEED = 2020
COUNT = 500
FILE = Path(__file__).with_name("stolen_mvs.json")

UNUSABLE = {41: "00000", 233: "", 404: "-----"}
"""Rows (from 0) whose plate is no plate, as the real list has them."""

COUNTRIES = {"UA": 0.97, "PL": 0.02, "DE": 0.01}
"""Whose plates the list holds: vehicles that were stolen in Ukraine, so hardly any foreign ones."""

COLORS = {
    "black": "ЧОРНИЙ", "white": "БІЛИЙ", "grey": "СІРИЙ", "silver": "СРІБЛЯСТИЙ", "blue": "СИНІЙ",
    "red": "ЧЕРВОНИЙ", "green": "ЗЕЛЕНИЙ", "brown": "КОРИЧНЕВИЙ", "yellow": "ЖОВТИЙ",
}  # fmt: skip
TYPES = {"car": "ЛЕГКОВИЙ", "van": "ФУРГОН", "truck": "ВАНТАЖНИЙ", "motorcycle": "МОТОЦИКЛ"}
REGIONS = (
    "КИЇВСЬКІЙ", "ЛЬВІВСЬКІЙ", "ОДЕСЬКІЙ", "ХАРКІВСЬКІЙ", "ПОЛТАВСЬКІЙ", "ВОЛИНСЬКІЙ", "СУМСЬКІЙ", "ЧЕРКАСЬКІЙ",
)  # fmt: skip

_CYRILLIC = str.maketrans("ABCEHIKMOPTX", "АВСЕНІКМОРТХ")
_FIRST_DAY = datetime(2019, 1, 1)  # without a zone, as the list has it
_DAYS = 2500
_VIN = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"

Row = dict[str, str]


class Stolen(NamedTuple):
    """One row of the list and the vehicle that it means; None where the row's plate is unusable."""

    row: Row
    vehicle: Vehicle | None


def stolen(seed: int = SEED, count: int = COUNT) -> list[Stolen]:
    """The rows in the order of the file; no two vehicles have one plate."""
    rng = random.Random(seed)
    vehicles = _distinct(rng)
    return [_listed(number, next(vehicles), rng) for number in range(count)]


def vehicles() -> list[Vehicle]:
    """The vehicles of the bundled list."""
    return [item.vehicle for item in stolen() if item.vehicle is not None]


def render(rows: list[Row]) -> bytes:
    """The file: one JSON array in UTF-8 with byte order mark."""
    return json.dumps(rows, ensure_ascii=False, indent=1).encode("utf-8-sig") + b"\n"


def _distinct(rng: random.Random) -> Iterator[Vehicle]:
    seen: set[str] = set()
    while True:
        vehicle = random_vehicle(rng, COUNTRIES)
        if vehicle.plate not in seen:
            seen.add(vehicle.plate)
            yield vehicle


def _listed(number: int, vehicle: Vehicle, rng: random.Random) -> Stolen:
    looks = vehicle.looks
    taken = _FIRST_DAY + timedelta(days=rng.randrange(_DAYS))
    vin = "".join(rng.choices(_VIN, k=17))
    row = {
        "organunit": _police_unit(rng),
        "brandmodel": _mixed(f"{looks.make} - {looks.model}".upper(), rng) + rng.choice(("", "", "", " ")),
        "cartype": TYPES[looks.type or "car"],
        "color": COLORS[looks.color or "black"] if rng.random() < 0.94 else "НЕВИЗНАЧЕНИЙ",
        "vehiclenumber": _typed_plate(vehicle, rng),
        "bodynumber": vin if rng.random() < 0.7 else "",
        "chassisnumber": "",
        "enginenumber": rng.choice(("", "", "111111111111", str(rng.randrange(10**6, 10**8)))),
        "illegalseizuredate": taken.isoformat(),
        "insertdate": (taken + timedelta(seconds=rng.randrange(86400, 3 * 86400))).isoformat(),
    }
    if not row["bodynumber"]:
        row["chassisnumber"] = vin
    if number in UNUSABLE:
        return Stolen(row | {"vehiclenumber": UNUSABLE[number]}, None)
    return Stolen(row, vehicle)


def _police_unit(rng: random.Random) -> str:
    unit = f"ВІДДІЛ ПОЛІЦІЇ №{rng.randint(1, 9)} ГУНП В {rng.choice(REGIONS)} ОБЛАСТІ"
    return rng.choice((unit, unit, unit + " ", unit.replace(" ГУНП", "  ГУНП")))


def _typed_plate(vehicle: Vehicle, rng: random.Random) -> str:
    """The plate as a clerk typed it: in Cyrillic, in Latin or in both, row by row if it has two, with stray spaces."""
    plate = vehicle.plate
    if vehicle.two_line and len(plate) == 8 and rng.random() < 0.6:
        plate = plate[:2] + plate[6:] + plate[2:6]
    if vehicle.country == "UA":
        plate = _mixed(plate, rng) if rng.random() < 0.15 else plate.translate(_CYRILLIC)
    return plate + (" " if rng.random() < 0.08 else "")


def _mixed(text: str, rng: random.Random) -> str:
    """Latin letters with Cyrillic twins here and there, as lists that were typed by hand have them."""
    if rng.random() < 0.6:
        return text
    return "".join(letter.translate(_CYRILLIC) if rng.random() < 0.4 else letter for letter in text)


if __name__ == "__main__":
    FILE.write_bytes(render([item.row for item in stolen()]))
