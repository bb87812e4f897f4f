"""Reads out of files: NDJSON as cameras post it, CSV or one plate a line, plain or in gzip, piece by piece."""

from __future__ import annotations

import csv
import gzip
import io
import os
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

import msgspec

from platematch.errors import InvalidInput
from platematch.reads import Instant, PlateRead

PIECE = 1 << 19
"""Bytes of NDJSON that are decoded at once: well over 1,024 reads without pictures."""
ROWS = 4096
MAX_LINE = 1 << 24
_OF_EXTENSION = {"ndjson": "ndjson", "jsonl": "ndjson", "json": "ndjson", "csv": "csv", "txt": "text"}
_DELIMITERS = ",;\t"
_VEHICLE = ("make", "model", "color", "type")
_COLUMNS = ("plate", "read_id", "camera_id", "captured_at", "confidence", "region", *_VEHICLE)
_NO_READ = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class FileRead(PlateRead, kw_only=True):
    """A read in a file: as cameras post it, but all except the plate may be absent, and ids are not looked at."""

    camera_id: str | None = None
    captured_at: Instant | None = None
    read_id: str | None = None


class Batch(NamedTuple):
    """Reads with the line of each, from 1; wrong: the lines that hold none, with the reason."""

    lines: Sequence[int]
    reads: list[FileRead]
    wrong: list[tuple[int, str]]


class Plates(NamedTuple):
    """Reads of which there is the text alone, with the line of each, from 1."""

    lines: list[int]
    plates: list[str]


@contextmanager
def open_reads(path: str) -> Iterator[ReadsFile]:
    """The reads of a file, or of standard input (-). Raises InvalidInput where no reads can be in it."""
    if path == "-":
        yield ReadsFile(path, sys.stdin.buffer)
        return
    with open(path, "rb") as raw:
        yield ReadsFile(path, raw)


class ReadsFile:
    """Reads that are gone through once.

    size: in bytes as they lie on the disk, 0 where that is not known; unused: names of columns that mean nothing here.
    """

    def __init__(self, path: str, raw: BinaryIO) -> None:
        self._raw = raw
        self.size = os.fstat(raw.fileno()).st_size if path != "-" and raw.seekable() else 0
        self.unused: list[str] = []
        self._stream: Any = raw
        if _peek(raw).startswith(b"\x1f\x8b"):
            self._stream = gzip.GzipFile(fileobj=raw)
        self._kind = self._guess(path)

    def done(self) -> int:
        """How many bytes on the disk have been read; 0 where size is."""
        return self._raw.tell() if self.size else 0

    def batches(self) -> Iterator[Batch | Plates]:
        """All reads in order. Raises InvalidInput where the file is cut off or damaged, after what came before."""
        kinds: dict[str, Callable[[], Iterator[Batch | Plates]]]
        kinds = {"ndjson": self._ndjson, "csv": self._csv, "text": self._text}
        try:
            yield from kinds[self._kind]()
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise _damaged(error) from None

    def _guess(self, path: str) -> str:
        """By the file's extension, else by its first line."""
        extension = path.lower().removesuffix(".gz").rpartition(".")[2]
        try:
            start = _peek(self._stream).removeprefix(b"\xef\xbb\xbf").lstrip()
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise _damaged(error) from None
        if start.startswith(b"["):
            raise InvalidInput("the reads are one JSON array; give one read a line, without brackets and commas")
        if b"\0" in start:
            raise InvalidInput("the file of reads is no text in UTF-8; give NDJSON, CSV or one plate a line")
        if not start:
            return "text"
        if _OF_EXTENSION.get(extension, "text") != "text":
            return _OF_EXTENSION[extension]
        if start.startswith(b"{"):
            return "ndjson"
        header = start.partition(b"\n")[0].decode("utf-8", "replace")
        names = _fields(header)[1]
        if "plate" not in names and len(names) > 1:
            raise _no_plate_column(names)
        return "csv" if "plate" in names else "text"

    def _ndjson(self) -> Iterator[Batch]:
        decoder = msgspec.json.Decoder(FileRead)
        first = 1
        for piece in _whole_lines(self._stream):
            count = piece.count(b"\n") + (not piece.endswith(b"\n"))
            try:
                reads = decoder.decode_lines(piece)
            except _NO_READ:
                reads = []
            if len(reads) == count:
                yield Batch(range(first, first + count), reads, [])
            else:
                yield _one_by_one(decoder, piece, first)
            first += count

    def _csv(self) -> Iterator[Batch]:
        text = self._lines()
        delimiter, columns = _fields(next(text, ""))
        if "plate" not in columns:
            raise _no_plate_column(columns)
        self.unused = [name for name in columns if name not in _COLUMNS]
        rows = csv.reader(text, delimiter=delimiter)
        while taken := list(islice(_numbered(rows), ROWS)):
            yield _of_rows(columns, taken)

    def _text(self) -> Iterator[Plates]:
        first = 1
        lines = self._lines()
        while taken := list(islice(lines, ROWS)):
            plates = [line.strip() for line in taken]
            numbers = [number for number, plate in enumerate(plates, first) if plate]
            first += len(plates)
            yield Plates(numbers, [plate for plate in plates if plate])

    def _lines(self) -> io.TextIOWrapper:
        text = io.TextIOWrapper(self._stream, "utf-8-sig", errors="replace", newline="")
        self._stream = text  # or it would be closed with the text, while done() is still asked
        return text


def _peek(stream: Any) -> bytes:
    """The start of what is to come; at least a byte unless nothing is."""
    start: bytes = stream.peek(4096)
    return start


def _damaged(error: Exception) -> InvalidInput:
    return InvalidInput(f"the file of reads is cut off or damaged: {error}; what came before was matched")


def _no_plate_column(names: list[str]) -> InvalidInput:
    shown = ", ".join(name[:20] for name in names[:5])
    return InvalidInput(f"the first line of the CSV has to name the columns, one of them plate; it holds {shown}")


def _whole_lines(stream: Any) -> Iterator[bytes]:
    rest = b""
    start = True
    while piece := stream.read1(PIECE):
        rest += piece.removeprefix(b"\xef\xbb\xbf") if start else piece
        start = False
        end = rest.rfind(b"\n") + 1
        if end:
            yield rest[:end]
            rest = rest[end:]
        elif len(rest) > MAX_LINE:
            raise InvalidInput(f"a line of the reads is longer than {MAX_LINE >> 20} MiB; give one read a line")
    if rest:
        yield rest


def _one_by_one(decoder: msgspec.json.Decoder[FileRead], piece: bytes, first: int) -> Batch:
    batch = Batch([], [], [])
    lines: list[int] = []
    for number, line in enumerate(piece.split(b"\n"), first):
        if line and not line.isspace():
            try:
                batch.reads.append(decoder.decode(line))
                lines.append(number)
            except _NO_READ as error:
                batch.wrong.append((number, str(error)))
    return batch._replace(lines=lines)


def _fields(header: str) -> tuple[str, list[str]]:
    """The delimiter and the column names of a CSV's first line."""
    delimiter = max(_DELIMITERS, key=header.count)
    names = next(csv.reader(header.strip().splitlines()[:1], delimiter=delimiter), [])
    return delimiter, [name.strip().lower() for name in names]


def _numbered(rows: Any) -> Iterator[tuple[int, list[str] | str]]:
    """The rows that are not empty with the line that each ends on; one that is no CSV as the reason."""
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            yield rows.line_num + 1, str(error)
            continue
        if row is None:
            return
        if row:
            yield rows.line_num + 1, row


def _of_rows(columns: list[str], taken: list[tuple[int, list[str] | str]]) -> Batch:
    known = [i for i, name in enumerate(columns) if name in _COLUMNS]
    lines: list[int] = []
    items: list[dict[str, Any]] = []
    wrong: list[tuple[int, str]] = []
    for line, row in taken:
        if isinstance(row, str):
            wrong.append((line, row))
        elif len(row) != len(columns):
            wrong.append((line, f"{len(row)} fields where the first line has {len(columns)}"))
        elif not row[columns.index("plate")].strip():
            wrong.append((line, "the column plate is empty"))
        else:
            lines.append(line)
            items.append({columns[i]: row[i] for i in known if row[i]})
    if not set(_VEHICLE).isdisjoint(columns):
        items = [_with_vehicle(item) for item in items]
    try:
        return Batch(lines, msgspec.convert(items, list[FileRead], strict=False), wrong)
    except msgspec.ValidationError:
        return _convert_one_by_one(lines, items, wrong)


def _with_vehicle(item: dict[str, Any]) -> dict[str, Any]:
    vehicle = {name: item.pop(name) for name in _VEHICLE if name in item}
    return item | {"vehicle": vehicle} if vehicle else item


def _convert_one_by_one(lines: list[int], items: list[dict[str, Any]], wrong: list[tuple[int, str]]) -> Batch:
    batch = Batch([], [], wrong)
    good: list[int] = []
    for line, item in zip(lines, items, strict=True):
        try:
            batch.reads.append(msgspec.convert(item, FileRead, strict=False))
            good.append(line)
        except msgspec.ValidationError as error:
            wrong.append((line, str(error)))
    return batch._replace(lines=good, wrong=sorted(wrong))
