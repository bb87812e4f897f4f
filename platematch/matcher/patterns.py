"""Plates as they are listed: which can be matched, the keys they are found under, and their wildcards."""

from __future__ import annotations

from collections.abc import Collection

from platematch.errors import InvalidPlate
from platematch.plates import ANY, MAX_SYMBOLS, OTHER, RUN, canonical, pack, spellings

MIN_FIXED = 2
MAX_RUNS = 2


def check_plate(text: str, *, wildcards: bool, max_length: int = MAX_SYMBOLS) -> None:
    """Raise InvalidPlate, with the reason, if no read could ever be matched against the listed plate.

    wildcards: whether `?` (one character) and `*` (any run, also none) may stand in it. max_length: in characters,
    at most MAX_SYMBOLS, separators and runs left out.
    """
    codes = pack(text, run=True)
    fixed = [code for code in codes if code not in (ANY, RUN)]
    if not codes:
        raise InvalidPlate(f"the plate {text!r} holds no letter or digit; give the plate's characters")
    if OTHER in codes:
        raise InvalidPlate(f"the plate {text!r} holds a letter or digit of a script that no known plate uses")
    if len(fixed) < len(codes) and not wildcards:
        raise InvalidPlate(f"the plate {text!r} holds a wildcard, ? or *, which is not allowed here")
    if len(codes) - codes.count(RUN) > max_length:
        raise InvalidPlate(f"the plate {text[:40]!r} has over {max_length} characters; no plate is that long")
    if len(fixed) < len(codes) and len(fixed) < MIN_FIXED:
        raise InvalidPlate(f"the pattern {text!r} fits almost any plate; give at least {MIN_FIXED} fixed characters")
    if len(_parts(codes)) - 1 > MAX_RUNS:
        raise InvalidPlate(f"the pattern {text!r} holds over {MAX_RUNS} runs (*); split it into several entries")


def keys(text: str, region: str | None, plate_lengths: Collection[int]) -> list[bytes]:
    """The rows, 16 symbol codes each, under which a listed plate is indexed.

    A plate has its spellings (plates.spellings), but as it stands where its region has no two-line plates that are
    read row by row: `HHAB1234` of Germany must not be found by the Ukrainian `HH1234AB`. A pattern has one row for
    each way in which its runs can be filled to a length that plates have, or its shortest form if there is none.
    Raises InvalidPlate as check_plate(text, wildcards=True) does.
    """
    check_plate(text, wildcards=True)
    codes = pack(text, run=True)
    if RUN in codes:
        rows = _filled(_parts(codes), plate_lengths)
    elif ANY in codes:
        rows = [codes]
    else:
        texts = spellings(text, region) if two_line_region(region) else [canonical(text, rows=False)]
        rows = [pack(spelling) for spelling in texts]
    return [row.ljust(MAX_SYMBOLS, b"\0") for row in dict.fromkeys(rows)]


def two_line_region(region: str | None) -> bool:
    """Whether plates of the region may be two-line ones, read or typed row by row: Ukraine's, and of none stated."""
    return region is None or region[:2] == "UA"


def _parts(codes: bytes) -> list[bytes]:
    """What stands between the runs; neighbouring runs are one."""
    parts = codes.split(bytes([RUN]))
    return [part for i, part in enumerate(parts) if part or i in (0, len(parts) - 1)]


def _filled(parts: list[bytes], plate_lengths: Collection[int]) -> list[bytes]:
    """The parts joined by runs of ANY, in every way that gives one of the lengths."""
    rows = [parts[0]]
    for part in parts[1:]:
        rows = [
            row + bytes([ANY]) * run + part for row in rows for run in range(MAX_SYMBOLS - len(row) - len(part) + 1)
        ]
    return [row for row in rows if len(row) in plate_lengths] or [b"".join(parts)]
