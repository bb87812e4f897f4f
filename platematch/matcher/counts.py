"""Aggregated counts of what a camera confuses and what its traffic carries; no plate can be told from them.

Kept are sums over many reads: how often one character was shown and read as another, how often one was lost or added,
which formats pass, which symbol stands at one position of a pattern. None of them joins two characters of one plate.
Sums over a handful of plates would give them away all the same; hiding.py keeps those back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from platematch.errors import InvalidInput
from platematch.matcher.calibration import BINS
from platematch.matcher.counting import COUNTED
from platematch.matcher.record import FORMAT, CountsRecord, ExperienceRecord, SourceRecord
from platematch.plates import MAX_SYMBOLS

Floats = NDArray[np.float64]

LEAST_READS = 50.0
MOST_CAMERAS = 512
"""Cameras of which sums of their own are kept, those with most reads; the others count in the total alone."""
MOST_PATTERNS, LONGEST_NAME = 4096, 64
DECIMALS = 4
MOST_COUNTED = 1e12
WINDOW, WINDOW_OF_ALL = 200_000.0, 2_000_000.0
"""Reads after which the older half of a camera's counts, or of all cameras', has faded: cameras age and are cleaned."""


@dataclass(slots=True)
class Counts:
    """Expected counts of one camera, or of all. N = COUNTED symbols, S severities, both as counting.py has them.

    shown, chances (S, N, N): plate's character a read as b; how often a was there where that would have shown.
    gaps, gap_chances (S, 4); strays (2, N); severities (S,): reads; formats: reads by pattern; positions: by pattern,
    (length, N); characters, candidates (2, BINS): right, wrong by stated confidence; hinted (N, N): main and
    alternative characters of engines' candidates.
    """

    severities: Floats
    shown: Floats
    chances: Floats
    gaps: Floats
    gap_chances: Floats
    strays: Floats
    characters: Floats
    candidates: Floats
    hinted: Floats
    formats: dict[str, float] = field(default_factory=dict)
    positions: dict[str, Floats] = field(default_factory=dict)
    reads: float = 0.0

    @classmethod
    def none(cls, severities: int) -> Counts:
        """Nothing counted yet."""
        square, gaps = (severities, COUNTED, COUNTED), (severities, 4)
        return cls(
            severities=np.zeros(severities),
            shown=np.zeros(square),
            chances=np.zeros(square),
            gaps=np.zeros(gaps),
            gap_chances=np.zeros(gaps),
            strays=np.zeros((2, COUNTED)),
            characters=np.zeros((2, BINS)),
            candidates=np.zeros((2, BINS)),
            hinted=np.zeros((COUNTED, COUNTED)),
        )

    def add(self, other: Counts, *, window: float | None = None) -> None:
        """Add the other's counts; what is here fades first, so that no more than `window` reads count."""
        if window is not None and self.reads + other.reads > window:
            self.scale(max(0.0, window - other.reads) / max(self.reads, 1.0))
        for name in ARRAYS:
            getattr(self, name)[...] += getattr(other, name)
        for key, amount in other.formats.items():
            self.formats[key] = self.formats.get(key, 0.0) + amount
        self.add_positions(other)
        self.reads += other.reads

    def add_positions(self, other: Counts) -> None:
        """Add the symbols at the patterns' positions alone."""
        for key, table in other.positions.items():
            before = self.positions.get(key)
            if before is not None and before.shape == table.shape:  # what was imported may be of another length
                self.positions[key] = before + table
            else:
                self.positions[key] = table.copy()

    def scale(self, factor: float) -> None:
        """Multiply everything by the factor."""
        for name in ARRAYS:
            getattr(self, name)[...] *= factor
        self.formats = {key: amount * factor for key, amount in self.formats.items()}
        self.positions = {key: table * factor for key, table in self.positions.items()}
        self.reads *= factor

    def copy(self) -> Counts:
        """A copy that shares nothing."""
        fresh = Counts.none(len(self.severities))
        fresh.add(self)
        return fresh

    def record(self) -> CountsRecord:
        """To be written down; figures are rounded to DECIMALS."""
        tables = {name: _written(getattr(self, name)) for name in ARRAYS}
        positions = {key: _written(table) for key, table in self.positions.items()}
        formats = {key: round(amount, DECIMALS) for key, amount in self.formats.items()}
        return CountsRecord(reads=round(self.reads, DECIMALS), formats=formats, positions=positions, **tables)

    @classmethod
    def of(cls, record: CountsRecord, severities: int) -> Counts:
        """What was written down. InvalidInput where it cannot be, as of another version's channel."""
        counts = cls.none(severities)
        for name in ARRAYS:
            counts._take(name, getattr(record, name))
        names = {*record.formats, *record.positions}
        if len(names) > MOST_PATTERNS or any(len(name) > LONGEST_NAME for name in names):
            raise InvalidInput(f"more than {MOST_PATTERNS} patterns, or names of more than {LONGEST_NAME} characters")
        for key, amounts in record.positions.items():
            if len(amounts) % COUNTED or not 0 < len(amounts) <= MAX_SYMBOLS * COUNTED:
                raise InvalidInput(f"positions of {key!r} has {len(amounts)} figures, no table of {COUNTED} columns")
            counts.positions[key] = _table(amounts, f"positions of {key!r}").reshape(-1, COUNTED)
        counts.formats = {key: float(_table([amount], "formats")[0]) for key, amount in record.formats.items()}
        counts.reads = float(_table([record.reads], "reads")[0])
        return counts

    def _take(self, name: str, amounts: Sequence[float]) -> None:
        table = getattr(self, name)
        if len(amounts) != table.size:
            raise InvalidInput(
                f"{name} has {len(amounts)} figures, but this version counts {table.size}; "
                "export from a service of the same version, or reset and learn anew"
            )
        table[...] = _table(amounts, name).reshape(table.shape)


def _written(table: Floats) -> list[float]:
    amounts: list[float] = np.round(np.maximum(table, 0.0), DECIMALS).ravel().tolist()
    return amounts


def _table(amounts: Sequence[float], name: str) -> Floats:
    table = np.array(amounts, dtype=np.float64)
    if not (np.isfinite(table).all() and (table >= 0).all() and (table <= MOST_COUNTED).all()):
        raise InvalidInput(f"{name} holds figures that no count can have")
    return table


ARRAYS = tuple(f.name for f in fields(Counts) if f.name not in ("formats", "positions", "reads"))


@dataclass(slots=True)
class Source:
    """What one kind of evidence counted: in total, and by camera; reads of no known camera under the empty name."""

    total: Counts
    cameras: dict[str, Counts] = field(default_factory=dict)

    def add(self, counts: Source, *, fading: bool) -> list[str]:
        """Add another's counts; with fading, the older ones lose weight as new ones come.

        Gives the cameras that there was no room for: their counts are in the total alone.
        """
        self.total.add(counts.total, window=WINDOW_OF_ALL if fading else None)
        for camera_id, fresh in counts.cameras.items():
            if camera_id not in self.cameras:
                self.cameras[camera_id] = Counts.none(len(fresh.severities))
            self.cameras[camera_id].add(fresh, window=WINDOW if fading else None)
        order = sorted(self.cameras, key=lambda camera_id: -self.cameras[camera_id].reads)
        for camera_id in order[MOST_CAMERAS:]:
            del self.cameras[camera_id]
        return order[MOST_CAMERAS:]

    def record(self) -> SourceRecord:
        """To be written down."""
        cameras = {camera_id: counts.record() for camera_id, counts in self.cameras.items()}
        return SourceRecord(self.total.record(), cameras)

    @classmethod
    def of(cls, record: SourceRecord, severities: int) -> Source:
        """See Counts.of; InvalidInput also for more than MOST_CAMERAS."""
        if len(record.cameras) > MOST_CAMERAS:
            raise InvalidInput(f"{len(record.cameras)} cameras; there is room for {MOST_CAMERAS}")
        cameras = {camera_id: Counts.of(counts, severities) for camera_id, counts in record.cameras.items()}
        return cls(Counts.of(record.total, severities), cameras)

    def forget(self, camera_id: str) -> None:
        """Take the camera's counts out, of the total as far as they are still in it."""
        gone = self.cameras.pop(camera_id, None)
        if gone is None:
            return
        for name in ARRAYS:
            table = getattr(self.total, name)
            np.maximum(table - getattr(gone, name), 0.0, out=table)
        for key, amount in gone.formats.items():
            self.total.formats[key] = max(self.total.formats.get(key, 0.0) - amount, 0.0)
        self.total.reads = max(self.total.reads - gone.reads, 0.0)


@dataclass(slots=True)
class Experience:
    """All that was counted: traffic, which nobody labelled, and pairs of truth and read. version grows with changes."""

    traffic: Source
    pairs: Source
    version: int = 0

    @classmethod
    def none(cls, severities: int) -> Experience:
        """Nothing counted yet."""
        return cls(Source(Counts.none(severities)), Source(Counts.none(severities)))

    def record(self) -> ExperienceRecord:
        """To be exported."""
        return ExperienceRecord(FORMAT, self.version, self.traffic.record(), self.pairs.record())

    @classmethod
    def of(cls, record: ExperienceRecord, severities: int) -> Experience:
        """What was exported. Raises InvalidInput where it is of another format, or as Counts.of does."""
        if record.format != FORMAT:
            raise InvalidInput(f"format is {record.format!r}, but must be {FORMAT!r}", field="$.format")
        return cls(Source.of(record.traffic, severities), Source.of(record.pairs, severities), record.version)

    def add(self, other: Experience) -> None:
        """Add what was counted elsewhere, or since."""
        self.traffic.add(other.traffic, fading=True)
        self.pairs.add(other.pairs, fading=False)
        self.version += 1

    def forget(self, camera_id: str) -> None:
        """Forget the camera, as far as its counts can be told from the others'."""
        self.traffic.forget(camera_id)
        self.pairs.forget(camera_id)
        self.version += 1

    def total(self) -> Counts:
        """Both kinds of evidence of all cameras."""
        both = self.traffic.total.copy()
        both.add(self.pairs.total)
        return both

    def camera(self, camera_id: str) -> Counts:
        """Both kinds of evidence of one camera."""
        both = Counts.none(len(self.traffic.total.severities))
        for source in (self.traffic, self.pairs):
            if camera_id in source.cameras:
                both.add(source.cameras[camera_id])
        return both

    @property
    def cameras(self) -> list[str]:
        """Every camera that anything was counted of."""
        return sorted((self.traffic.cameras.keys() | self.pairs.cameras.keys()) - {""})
