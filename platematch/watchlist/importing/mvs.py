"""Ukraine's open list of wanted vehicles (MVS): a JSON array, in the layouts of 2019, of 2020 and of 2026.

The layouts differ in case and names only, so one reader takes all three, row by row. The list is a full snapshot
that is published again and again: an entry must come out the same each time, wherever its row stands by then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from platematch.errors import InvalidInput, InvalidPlate
from platematch.plates import canonical
from platematch.reads import Vehicle
from platematch.watchlist.entry import Entry
from platematch.watchlist.importing.imported import Check, Imported, Importer, Rejected, collect, derived_entry_id

_BOM = b"\xef\xbb\xbf"
_MAX_TEXT = 200
_MAX_ROW = 64 * 1024
_KIND = re.compile(r"(?P<name>.*?)\s*\((?P<kind>[^()]*)\)")
_NO_COLOUR = ("НЕВИЗНАЧЕН", "НЕОПРЕДЕЛЕН")
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_NUMBERS = ("bodynumber", "chassisnumber", "enginenumber")


def read(data: bytes, check: Check) -> Imported:
    """The list's entries. Raises InvalidInput, with the position, if the file is cut off or no JSON array."""
    try:
        data.decode()  # rows are skipped over undecoded, and one in CP1251 means that the whole file is
        rows = msgspec.json.decode(data.removeprefix(_BOM), type=list[msgspec.Raw])
    except msgspec.ValidationError as error:
        raise InvalidInput("the MVS list must be one JSON array of records, and this file is another value") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"the MVS list is not in UTF-8: byte {error.start} of {len(data)} is wrong") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInput(f"the MVS list of {len(data)} bytes is cut off or no JSON: {error}") from error
    return collect(_entries(rows, check))


def _entries(rows: list[msgspec.Raw], check: Check) -> Iterator[Entry | Rejected]:
    for number, raw in enumerate(rows, 1):
        try:
            yield _entry(_record(raw), check)
        except InvalidInput as error:
            yield Rejected(number, error.message)


def _record(raw: msgspec.Raw) -> Mapping[str, str]:
    """The row's texts by lower-case name, each with its spaces squeezed and its control characters gone."""
    if memoryview(raw).nbytes > _MAX_ROW:
        raise InvalidInput(f"the record is longer than {_MAX_ROW} bytes")
    try:
        record: Any = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInput(f"the record is no JSON: {error}") from error
    if not isinstance(record, dict):
        raise InvalidInput("the record is no JSON object")
    texts = {name.lower(): str(value) for name, value in record.items() if isinstance(value, str | int)}
    return {name: " ".join(_CONTROL.sub(" ", text).split()) for name, text in texts.items()}


def _entry(record: Mapping[str, str], check: Check) -> Entry:
    plate = record.get("vehiclenumber")
    if plate is None:
        raise InvalidPlate("the record has no vehiclenumber", field="vehiclenumber")
    check(plate)
    vin = _vin(record)
    stolen = _first(record, "illegalseizuredate", "theft_data")
    entry_id = record.get("id") or derived_entry_id("mvs", canonical(plate), vin or "", stolen)
    if len(entry_id) > _MAX_TEXT:
        raise InvalidInput(f"the id has {len(entry_id)} characters; at most {_MAX_TEXT} are allowed", field="id")
    return Entry(
        entry_id=entry_id,
        plate=plate,
        reason="stolen",
        region="UA",
        vehicle=_vehicle(record),
        vin=vin,
        source=_source(record, stolen),
    )


def _first(record: Mapping[str, str], *names: str) -> str:
    return next((record[name] for name in names if record.get(name)), "")


def _vehicle(record: Mapping[str, str]) -> Vehicle | None:
    """Make and model from their own fields (2026) or from one, as `NISSAN - NAVARA (Легковий автотранспорт)`."""
    name = _first(record, "brandmodel", "brand")
    kind = record.get("cartype", "")
    if not kind and (typed := _KIND.fullmatch(name)) is not None:
        name, kind = typed["name"], typed["kind"].strip()
    model = record.get("model", "")
    make = name
    if not model:
        make, _, model = (part.strip() for part in name.partition(" - "))
    colour = record.get("color", "")
    vehicle = Vehicle(
        make=make[:_MAX_TEXT] or None,
        model=model[:_MAX_TEXT] or None,
        color=None if colour.upper().startswith(_NO_COLOUR) else colour[:_MAX_TEXT] or None,
        type=kind[:_MAX_TEXT] or None,
    )
    return None if vehicle == Vehicle() else vehicle


def _vin(record: Mapping[str, str]) -> str | None:
    """The VIN, whichever field holds it; else the number of body or chassis. One repeated character is dirt.

    Letters of a VIN typed in Cyrillic become Latin, as they are stamped.
    """
    numbers = [record.get(name, "") for name in _NUMBERS]
    for number in numbers:
        stamped = canonical(number, rows=False) if number else ""
        if _VIN.fullmatch(stamped) and len(set(stamped)) > 1:
            return stamped
    body, chassis, _engine = numbers
    return next((number[:_MAX_TEXT] for number in (body, chassis) if len(set(number) - set(" -.*0")) > 1), None)


def _source(record: Mapping[str, str], stolen: str) -> str:
    """The police unit and the dates as the file has them. The row's number is left out: it changes every day."""
    inserted = _first(record, "insertdate", "insert_date")
    parts = [
        _first(record, "organunit", "ovd")[:_MAX_TEXT],
        f"stolen {stolen[:32].removesuffix('T00:00:00')}" if stolen else "",
        f"listed {inserted[:32]} Kyiv time" if inserted else "",
    ]
    return "; ".join(part for part in parts if part) or "MVS"


IMPORTER = Importer(
    name="mvs",
    read=read,
    wildcards=False,
    docs="Ukraine's open list of wanted vehicles (MVS), JSON in the layouts of 2019, 2020 and 2026",
)
