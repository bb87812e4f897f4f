"""Labelled pairs, truth and read, from CSV or NDJSON: to be counted, so that a camera's mistakes are known."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta, Struct

from platematch.errors import InvalidInput
from platematch.matcher.record import CameraRead
from platematch.plates import MAX_SYMBOLS, pack
from platematch.reads import Candidate, Fraction, Identifier, PlateText

COLUMNS = ("truth", "read", "camera_id", "region", "char_confidences", "candidates", "candidate_confidences")
MOST_PAIRS = 1_000_000
"""Taken at once: each takes a kilobyte until it is counted."""
_DELIMITERS = ",;\t"


class Pair(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of NDJSON. truth: the plate that was really there; read: what the engine made of it."""

    truth: PlateText
    read: PlateText
    camera_id: Identifier | None = None
    region: Annotated[str, Meta(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")] | None = None
    char_confidences: Annotated[list[Fraction], Meta(max_length=64)] | None = None
    candidates: Annotated[list[Candidate], Meta(max_length=100)] = []


class Wrong(NamedTuple):
    """A row that is no pair, counted from 1, and why."""

    row: int
    message: str


class Pairs(NamedTuple):
    """truths and reads side by side; wrong: the rows that were left out."""

    truths: list[str]
    reads: list[CameraRead]
    wrong: list[Wrong]


def read_csv(data: bytes) -> Pairs:
    """A header of COLUMNS, of which truth and read are needed; lists within a field are parted by spaces.

    Raises InvalidInput for another encoding or a wrong header.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"the CSV is not in UTF-8: byte {error.start} of {len(data)} is wrong") from None
    first = text[: text.find("\n") + 1 or len(text)]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=first.count), strict=True)
    try:
        header = [name.strip().lower() for name in reader.fieldnames or ()]
    except csv.Error as error:
        raise InvalidInput(f"the CSV's first line cannot be read: {error}") from None
    unknown = [name for name in header if name not in COLUMNS]
    if unknown or "truth" not in header or "read" not in header:
        problem = f"no column is called {unknown[0]!r}" if unknown else "columns truth and read are needed"
        raise InvalidInput(f"the CSV's first line must name its columns: {problem}; known are {', '.join(COLUMNS)}")
    reader.fieldnames = header
    return _collect(_rows(reader))


def read_ndjson(data: bytes) -> Pairs:
    """One Pair a line."""
    return _collect((_from_json, line) for line in data.splitlines() if line.strip())


def _rows(reader: csv.DictReader[str]) -> Iterator[tuple[object, object]]:
    try:
        for row in reader:
            yield _from_row, row
    except csv.Error as error:
        raise InvalidInput(f"line {reader.line_num} of the CSV: {error}") from None


def _collect(items: Iterator[tuple[object, object]]) -> Pairs:
    pairs = Pairs([], [], [])
    for number, (parse, item) in enumerate(items, 1):
        if number > MOST_PAIRS:
            raise InvalidInput(f"more than {MOST_PAIRS:,} pairs; send them in several parts")
        try:
            pair: Pair = parse(item)  # type: ignore[operator]
            _check(pair)
        except (msgspec.MsgspecError, ValueError, InvalidInput) as error:
            pairs.wrong.append(Wrong(number, str(error)))
            continue
        pairs.truths.append(pair.truth)
        pairs.reads.append(
            CameraRead(
                plate=pair.read,
                camera_id=pair.camera_id,
                region=pair.region,
                char_confidences=pair.char_confidences,
                candidates=pair.candidates,
            )
        )
    return pairs


def _from_json(line: bytes) -> Pair:
    return _DECODE(line)


def _from_row(row: Mapping[str | None, str | list[str] | None]) -> Pair:
    if None in row:
        raise InvalidInput("it has more fields than the header")
    fields = {name: value.strip() for name, value in row.items() if isinstance(value, str) and value.strip()}
    pair: dict[str, object] = {
        name: fields[name] for name in ("truth", "read", "camera_id", "region") if name in fields
    }
    if "char_confidences" in fields:
        pair["char_confidences"] = _figures(fields["char_confidences"], "char_confidences")
    plates = fields.get("candidates", "").split()
    stated = _figures(fields.get("candidate_confidences", ""), "candidate_confidences")
    if stated and len(stated) != len(plates):
        raise InvalidInput(f"{len(plates)} candidates have {len(stated)} candidate_confidences")
    confidences: list[float | None] = [*stated] or [None] * len(plates)
    pair["candidates"] = [{"plate": p, "confidence": c} for p, c in zip(plates, confidences, strict=True)]
    return msgspec.convert(pair, Pair)


def _figures(text: str, name: str) -> list[float]:
    try:
        return [float(part) for part in text.split()]
    except ValueError:
        raise InvalidInput(f"{name} is {text!r}, but must be numbers from 0 to 1 with spaces between them") from None


def _check(pair: Pair) -> None:
    if not 0 < len(pack(pair.truth)) <= MAX_SYMBOLS:
        raise InvalidInput(f"truth {pair.truth!r} is no plate of 1 to {MAX_SYMBOLS} letters and digits")
    if len(pack(pair.read)) > MAX_SYMBOLS:
        raise InvalidInput(f"read {pair.read!r} has more than {MAX_SYMBOLS} letters and digits")


_DECODE = msgspec.json.Decoder(Pair).decode
