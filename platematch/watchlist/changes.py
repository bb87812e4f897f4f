"""The changes that police make to lists; each is committed, applied to the live index and answered, in that order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from platematch.watchlist.entry import Entry
from platematch.watchlist.policy import Watchlist


class PutWatchlist(Struct, frozen=True):
    """Create the list or replace its policy; its entries stay."""

    watchlist: Watchlist


class RemoveWatchlist(Struct, frozen=True):
    """Remove the list with its entries."""

    watchlist_id: str


class PutEntry(Struct, frozen=True):
    """Add the entry or replace the one of its id."""

    watchlist_id: str
    entry: Entry


class RemoveEntry(Struct, frozen=True):
    """Take one entry off its list."""

    watchlist_id: str
    entry_id: str


class ReplaceEntries(Struct, frozen=True):
    """An import: the rows of a file, whose entry_ids are unique. With merge, entries that the file lacks stay.

    A file under 80 % of the list's present size is refused (ImportRefused) unless force gives a reason.
    """

    watchlist_id: str
    entries: Sequence[Entry]
    merge: bool = False
    dry_run: bool = False
    force: str | None = None


Change = PutWatchlist | RemoveWatchlist | PutEntry | RemoveEntry | ReplaceEntries


class Changed(Struct, frozen=True):
    """What a change did. version: of the whole log after it; the rest is what the live index must now do.

    listed_at: when the list's entries last changed or were confirmed by an import; None where the list is gone.
    """

    version: int
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    put: Sequence[Entry] = ()
    gone: Sequence[str] = ()
    created: bool = False
    listed_at: datetime | None = None
