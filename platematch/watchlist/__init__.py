"""Watchlists: named lists of wanted plates with their policy, and the changes that can be made to them."""

from platematch.watchlist.changes import (
    Change,
    Changed,
    PutEntry,
    PutWatchlist,
    RemoveEntry,
    RemoveWatchlist,
    ReplaceEntries,
)
from platematch.watchlist.entry import Entry
from platematch.watchlist.policy import MatchPolicy, Watchlist, covers

__all__ = [
    "Change",
    "Changed",
    "Entry",
    "MatchPolicy",
    "PutEntry",
    "PutWatchlist",
    "RemoveEntry",
    "RemoveWatchlist",
    "ReplaceEntries",
    "Watchlist",
    "covers",
]
