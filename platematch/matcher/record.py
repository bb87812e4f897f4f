"""How counts, and reads on their way to being counted, are written down: the records of the store and of exports."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from platematch.reads import Identifier, PlateRead

Amount = Annotated[float, Meta(ge=0)]
Amounts = list[Amount]

FORMAT = "platematch-learnt-1"
SYMBOLS = "?0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""In whose order tables of characters are written; `?` is an unread one."""


class CameraRead(PlateRead, kw_only=True, omit_defaults=True):
    """What learning looks at of a read, on its way to being counted."""

    camera_id: Identifier | None = None


class CountsRecord(Struct, frozen=True, forbid_unknown_fields=True):
    """Counts, each table row by row, in the order of SYMBOLS. See counts.Counts for what each holds."""

    reads: Amount
    severities: Amounts
    shown: Amounts
    chances: Amounts
    gaps: Amounts
    gap_chances: Amounts
    strays: Amounts
    characters: Amounts
    candidates: Amounts
    hinted: Amounts
    formats: dict[str, Amount] = {}
    positions: dict[str, Amounts] = {}


class SourceRecord(Struct, frozen=True, forbid_unknown_fields=True):
    """Counts in total and by camera."""

    total: CountsRecord
    cameras: dict[Identifier, CountsRecord] = {}


class ExperienceRecord(Struct, frozen=True, forbid_unknown_fields=True):
    """All that was counted, as exported. format: FORMAT."""

    format: str
    version: Annotated[int, Meta(ge=0)]
    traffic: SourceRecord
    pairs: SourceRecord
