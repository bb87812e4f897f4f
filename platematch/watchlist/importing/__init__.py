"""Hot-list files to entries: one file per format, registered here by the name that an import gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from platematch.errors import InvalidInput
from platematch.watchlist.importing import csv, mvs, plates
from platematch.watchlist.importing.csv import write_csv
from platematch.watchlist.importing.imported import Imported, Importer, Rejected

FORMATS: dict[str, Importer] = {importer.name: importer for importer in (mvs.IMPORTER, csv.IMPORTER)}


def read_file(format: str, data: bytes | BinaryIO, *, check: Callable[[str], None] | None = None) -> Imported:
    """The entries of a file, and the rows that hold none with their reasons.

    check: an additional test of each plate, which raises InvalidPlate. Raises InvalidInput if the format is
    unknown or the file as a whole cannot be read: cut off, no JSON, an unknown column.
    """
    importer = FORMATS.get(format)
    if importer is None:
        raise InvalidInput(f"unknown format {format!r}; known are {', '.join(FORMATS)}", field="format")

    def checked(plate: str) -> None:
        plates.check(plate, wildcards=importer.wildcards)
        if check is not None:
            check(plate)

    return importer.read(data if isinstance(data, bytes) else data.read(), checked)


__all__ = ["FORMATS", "Imported", "Importer", "Rejected", "read_file", "write_csv"]
