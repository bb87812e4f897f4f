"""Everything that must outlive the process: hits, lists, webhooks, keys and the audit log, in one database."""

from platematch.store.engine import open_sync

__all__ = ["open_sync"]
