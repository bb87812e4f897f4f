"""An entry: one wanted plate, or a pattern with wildcards, and what is known of its vehicle."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from platematch.reads import Identifier, Instant, PlateText, ShortText, Vehicle


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """plate is kept as it was listed; matching works on its canonical form. `?` and `*` are wildcards."""

    entry_id: Identifier
    plate: PlateText
    reason: Annotated[str, Meta(min_length=1, max_length=1000)]
    region: Annotated[str, Meta(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")] | None = None
    vehicle: Vehicle | None = None
    vin: ShortText | None = None
    case_number: ShortText | None = None
    priority: Annotated[int, Meta(ge=0, le=100, description="0 is the highest")] | None = None
    valid_from: Instant | None = None
    expires_at: Instant | None = None
    instructions: Annotated[str, Meta(max_length=2000)] | None = None
    source: Annotated[str, Meta(max_length=2000)] | None = None
