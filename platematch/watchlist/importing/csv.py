"""The service's own CSV: a header of entry field names, the vehicle's fields flat; read, and written for export."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from platematch.errors import InvalidInput
from platematch.plates import pack
from platematch.watchlist.entry import Entry
from platematch.watchlist.importing.imported import Check, Imported, Importer, Rejected, collect, derived_entry_id

_VEHICLE = ("make", "model", "color", "type")
COLUMNS = (
    "entry_id",
    "plate",
    "region",
    "reason",
    *_VEHICLE,
    "vin",
    "case_number",
    "priority",
    "valid_from",
    "expires_at",
    "instructions",
    "source",
)
_REQUIRED = ("plate", "reason")
_DELIMITERS = ",;\t"
_MEASURED = ("region", "priority", "valid_from", "expires_at")  # spaces around them mean nothing


def read(data: bytes, check: Check) -> Imported:
    """The file's entries. Raises InvalidInput for another encoding, a wrong header or a quote left open."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"the CSV is not in UTF-8: byte {error.start} of {len(data)} is wrong") from error
    rows = _rows(text)
    header = next(rows, None)
    if header is None:
        raise InvalidInput("the CSV is empty; its first line must name the columns, at least plate and reason")
    columns = _columns(header)
    return collect(_row(number, columns, row, check) for number, row in enumerate((row for row in rows if row), 1))


def _rows(text: str) -> Iterator[list[str]]:
    header = text[: text.find("\n") + 1 or len(text)]
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise InvalidInput(f"line {reader.line_num} of the CSV: {error}") from error


def _columns(header: list[str]) -> list[str]:
    columns = [name.strip().lower() for name in header]
    for position, name in enumerate(columns):
        if name not in COLUMNS:
            raise InvalidInput(f"unknown column {name[:60]!r}; known are {', '.join(COLUMNS)}", field=name[:60])
        if name in columns[:position]:
            raise InvalidInput(f"the column {name!r} is there twice", field=name)
    missing = [name for name in _REQUIRED if name not in columns]
    if missing:
        raise InvalidInput(f"the CSV has no column {' and no column '.join(missing)}", field=missing[0])
    return columns


def _row(number: int, columns: list[str], row: list[str], check: Check) -> Entry | Rejected:
    if len(row) != len(columns):
        return Rejected(number, f"{len(row)} fields where the header has {len(columns)}")
    fields = {
        name: value.strip() if name in _MEASURED else value
        for name, value in zip(columns, row, strict=True)
        if value.strip()
    }
    try:
        check(fields.get("plate", ""))
        return _entry(fields)
    except InvalidInput as error:
        return Rejected(number, error.message)


def _entry(fields: dict[str, str]) -> Entry:
    if "reason" not in fields:
        raise InvalidInput("reason is empty; it must say why the plate is wanted", field="reason")
    entry: dict[str, Any] = {name: value for name, value in fields.items() if name not in _VEHICLE}
    entry.setdefault("entry_id", _derived(fields))
    vehicle = {name: fields[name] for name in _VEHICLE if name in fields}
    if vehicle:
        entry["vehicle"] = vehicle
    try:
        return msgspec.convert(entry, Entry, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInput(str(error)) from error


def _derived(fields: dict[str, str]) -> str:
    """Over the plate's symbols, so that the same plate in another alphabet or spacing keeps its id."""
    plate = pack(fields["plate"], run=True).hex()
    return derived_entry_id("csv", plate, *(fields.get(name, "") for name in ("region", "vin", "case_number")))


def write_csv(entries: Iterable[Entry]) -> Iterator[str]:
    """The entries as CSV text, a line or record per item, header first; reading it again gives the same entries."""
    sink = io.StringIO(newline="")
    writer = csv.writer(sink)
    writer.writerow(COLUMNS)
    yield sink.getvalue()
    for entry in entries:
        sink.seek(0)
        sink.truncate()
        writer.writerow([_cell(entry, name) for name in COLUMNS])
        yield sink.getvalue()


def _cell(entry: Entry, name: str) -> str:
    value = getattr(entry.vehicle, name, None) if name in _VEHICLE else getattr(entry, name)
    if value is None:
        return ""
    return value if isinstance(value, str) else str(msgspec.to_builtins(value))


IMPORTER = Importer(
    name="csv",
    read=read,
    wildcards=True,
    docs="CSV in UTF-8 with a header of entry fields (vehicle fields flat); comma, semicolon or tab; ? and * allowed",
)
