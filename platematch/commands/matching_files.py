"""Matches a file of reads against list files, without a service: streamed, in bulk, in the order of the reads."""

from __future__ import annotations

import csv
import gc
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol

import click
import msgspec
import numpy as np
from numpy.typing import NDArray

from platematch.commands.progress import Progress
from platematch.commands.reading import Batch, FileRead, Plates, ReadsFile
from platematch.errors import PlatematchError
from platematch.intake import plate_problem
from platematch.matcher import Match, Matcher
from platematch.plates import MAX_SYMBOLS, pack_batch
from platematch.watchlist import Watchlist
from platematch.watchlist.importing import read_file

SHOWN_LINES = 10


class Found(msgspec.Struct, frozen=True, omit_defaults=True):
    """One listed vehicle that the read of a line may show. read: its text; plate: as listed."""

    line: int
    read: str
    watchlist_id: str
    entry_id: str
    plate: str
    probability: float
    sentence: str
    read_id: str | None = None
    camera_id: str | None = None
    captured_at: datetime | None = None


@dataclass(slots=True)
class Tally:
    """What was done so far; wrong: the first lines that held no read, with the reason; rejected: how many did."""

    matched: int = 0
    found: int = 0
    rejected: int = 0
    wrong: list[tuple[int, str]] = field(default_factory=list)

    def reject(self, line: int, reason: str) -> None:
        """Count a line that holds no read."""
        self.rejected += 1
        if len(self.wrong) < SHOWN_LINES:
            self.wrong.append((line, reason))


class Writer(Protocol):
    """Writes what was found, as it is found."""

    def write(self, found: Found) -> None:
        """One match."""

    def close(self) -> None:
        """Let nothing wait to be written."""


class NdjsonWriter:
    """One JSON object a line."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._encoder = file, msgspec.json.Encoder()

    def write(self, found: Found) -> None:
        """One match."""
        self._file.write(self._encoder.encode(found) + b"\n")

    def close(self) -> None:
        """Let nothing wait to be written."""
        self._file.flush()


class CsvWriter:
    """A header, then one row a match."""

    def __init__(self, file: BinaryIO) -> None:
        self._text = io.TextIOWrapper(file, "utf-8", newline="")
        self._rows = csv.writer(self._text)
        self._rows.writerow(Found.__struct_fields__)

    def write(self, found: Found) -> None:
        """One match."""
        fields = msgspec.to_builtins(found)
        self._rows.writerow(fields.get(name, "") for name in Found.__struct_fields__)

    def close(self) -> None:
        """Let nothing wait to be written."""
        self._text.detach().flush()


def load_matcher(paths: Sequence[tuple[str, str]], home_country: str) -> Matcher:
    """A matcher of the list files, each (path, format); rows that are no entries are told on standard error.

    Raises PlatematchError where a file holds no entry, InvalidInput where it is no such file.
    """
    matcher = Matcher(home_country=home_country)
    now = datetime.now(UTC)
    names = [Path(path).name for path, _ in paths]
    for (path, file_format), name in zip(paths, names, strict=True):
        watchlist_id = name if names.count(name) == 1 else path
        imported = read_file(file_format, Path(path).read_bytes())
        if not imported.entries:
            reason = imported.rejected[0].message if imported.rejected else "it is empty"
            raise PlatematchError(f"{path} holds no valid row: {reason}")
        matcher.put_watchlist(
            Watchlist(watchlist_id=watchlist_id, name=name, purpose="match", owner="command line"), now, 1
        )
        refused = matcher.load(watchlist_id, imported.entries)
        if left_out := len(imported.rejected) + len(refused):
            click.echo(f"Rows of {name} that are no entries and left out: {left_out}.", err=True)
    return matcher


def match_file(
    matcher: Matcher, reads: ReadsFile, writer: Writer, tally: Tally, floor: float, progress: Progress
) -> None:
    """Match all reads and count into tally; a read without captured_at counts as taken now.

    floor: the least probability written. Raises InvalidInput where the file is cut off, after what came before.
    """
    now = datetime.now(UTC)
    gc.disable()  # reads hold no cycles, and each collection would look at every entry of the lists again
    try:
        for batch in reads.batches():
            some = _near(matcher, batch, floor, tally) if isinstance(batch, Plates) else _usable(batch, tally)
            for line, read, matches in _matched(matcher, some, floor, now):
                for match in matches:
                    tally.found += 1
                    writer.write(_found(line, read, match))
            progress.tell(tally.matched, reads.done())
    finally:
        gc.enable()
        writer.close()


def _near(matcher: Matcher, batch: Plates, floor: float, tally: Tally) -> Batch:
    """Those of the plates that may match, as reads: the others need not be made into any."""
    codes, lengths = pack_batch(batch.plates)
    _count(batch.lines, batch.plates, lengths, tally)
    as_sent, _ = pack_batch(batch.plates, np.zeros(len(lengths), dtype=np.bool_))
    two_lines = np.flatnonzero((codes != as_sent).any(axis=1))
    near = np.union1d(matcher.sift(codes, lengths, floor=floor), two_lines).tolist()
    return Batch([batch.lines[i] for i in near], [FileRead(plate=batch.plates[i]) for i in near], [])


def _usable(batch: Batch, tally: Tally) -> Batch:
    for line, reason in batch.wrong:
        tally.reject(line, reason)
    plates = [read.plate for read in batch.reads]
    _count(batch.lines, plates, pack_batch(plates)[1], tally)
    return batch


def _count(lines: Sequence[int], plates: Sequence[str], lengths: NDArray[np.int32], tally: Tally) -> None:
    """Those that are plates as matched, the others as rejected; these match nothing."""
    tally.matched += len(plates)
    for i in np.flatnonzero((lengths < 1) | (lengths > MAX_SYMBOLS)).tolist():
        problem = plate_problem(plates[i], int(lengths[i]), MAX_SYMBOLS)
        tally.reject(lines[i], "no plate" if problem is None else problem.detail)
        tally.matched -= 1


def _matched(
    matcher: Matcher, batch: Batch, floor: float, now: datetime
) -> Iterator[tuple[int, FileRead, list[Match]]]:
    at = [read.captured_at or now for read in batch.reads]
    return zip(batch.lines, batch.reads, matcher.match(batch.reads, at, floor=floor), strict=True)


def _found(line: int, read: FileRead, match: Match) -> Found:
    return Found(
        line=line,
        read=read.plate,
        watchlist_id=match.watchlist_id,
        entry_id=match.entry_id,
        plate=match.plate,
        probability=match.probability,
        sentence=match.explanation.sentence,
        read_id=read.read_id,
        camera_id=read.camera_id,
        captured_at=read.captured_at,
    )
