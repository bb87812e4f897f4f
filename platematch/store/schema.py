"""The tables. Whatever changes here needs a step in migrations/versions; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
)

from platematch.hits.hit import Disposition
from platematch.matcher.match import Explanation
from platematch.matcher.record import CountsRecord
from platematch.reads import Location, Read
from platematch.store.columns import Moment, Packed, RowNumber, Words
from platematch.watchlist import Entry, Watchlist

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# One row: the number of the last change of any list. Taken in the changing transaction, so it has no gaps.
log = Table(
    "log",
    metadata,
    Column("log_id", Integer, primary_key=True, autoincrement=False),
    Column("version", RowNumber, nullable=False),
)

watchlists = Table(
    "watchlists",
    metadata,
    Column("watchlist_id", Words(64), primary_key=True),
    Column("covert", Boolean, nullable=False),
    Column("expires_at", Moment),
    Column("listed_at", Moment, nullable=False),
    Column("version", RowNumber, nullable=False),
    Column("watchlist", Packed(Watchlist), nullable=False),
)

entries = Table(
    "entries",
    metadata,
    Column("watchlist_id", Words(64), ForeignKey("watchlists.watchlist_id"), primary_key=True),
    Column("entry_id", Words(200), primary_key=True),
    Column("version", RowNumber, nullable=False),
    Column("expires_at", Moment, index=True),
    Column("entry", Packed(Entry), nullable=False),
)

# Only reads that hit are here. read_id leads the key, as it tells reads apart better than the camera does.
reads = Table(
    "reads",
    metadata,
    Column("read_id", Words(200), primary_key=True),
    Column("camera_id", Words(200), primary_key=True),
    Column("captured_at", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False, index=True),
    Column("plate", Words(64), nullable=False),
    Column("read", Packed(Read), nullable=False),
)

pictures = Table(
    "pictures",
    metadata,
    Column("read_id", Words(200), primary_key=True),
    Column("camera_id", Words(200), primary_key=True),
    Column("picture", LargeBinary, nullable=False),
    ForeignKeyConstraint(["read_id", "camera_id"], ["reads.read_id", "reads.camera_id"]),
)

# settled: decided and not acted on, so that the entry's end concerns nobody. announcements: events made so far.
hits = Table(
    "hits",
    metadata,
    Column("hit_id", Words(64), primary_key=True),
    Column("sighting_id", Words(64), nullable=False),
    Column("watchlist_id", Words(64), nullable=False),
    Column("entry_id", Words(200), nullable=False),
    Column("covert", Boolean, nullable=False),
    Column("probability", Float, nullable=False),
    Column("explanation", Packed(Explanation), nullable=False),
    Column("read", Packed(Read), nullable=False),
    Column("reads", Integer, nullable=False),
    Column("entry", Packed(Entry), nullable=False),
    Column("watchlist", Packed(Watchlist), nullable=False),
    Column("version", RowNumber, nullable=False),
    Column("list_age_s", Float, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("alerted_at", Moment),
    Column("withdrawn_at", Moment),
    Column("late", Boolean, nullable=False),
    Column("picture_url", Words()),
    Column("disposition", Packed(Disposition)),
    Column("disposed_by", Words()),
    Column("disposed_at", Moment),
    Column("settled", Boolean, nullable=False),
    Column("announcements", Integer, nullable=False),
    Index(None, "created_at", "hit_id"),
    Index(None, "watchlist_id", "entry_id", "created_at"),
)

hit_reads = Table(
    "hit_reads",
    metadata,
    Column("hit_id", Words(64), ForeignKey("hits.hit_id"), primary_key=True),
    Column("camera_id", Words(200), primary_key=True),
    Column("read_id", Words(200), primary_key=True),
    Column("plate", Words(64), nullable=False),
    Column("log_odds", Float, nullable=False),
    Column("probability", Float, nullable=False),
    ForeignKeyConstraint(["read_id", "camera_id"], ["reads.read_id", "reads.camera_id"]),
    Index(None, "read_id", "camera_id"),
)

sightings = Table(
    "sightings",
    metadata,
    Column("hit_id", Words(64), ForeignKey("hits.hit_id"), primary_key=True),
    Column("sighting_id", Words(64), nullable=False),
    Column("watchlist_id", Words(64), nullable=False),
    Column("entry_id", Words(200), nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("cameras", Packed(dict[str, Location | None]), nullable=False),
    Column("reads", Integer, nullable=False),
    Column("best", Float, nullable=False),
    Column("gain", Float, nullable=False),
    Column("support", Float, nullable=False),
    Column("combined", Float, nullable=False),
    Column("announced", Float),
    Index(None, "entry_id", "last_at"),
)

dispositions = Table(
    "dispositions",
    metadata,
    Column("disposition_id", RowNumber, primary_key=True),
    Column("hit_id", Words(64), ForeignKey("hits.hit_id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("actor", Words(), nullable=False),
    Column("disposition", Packed(Disposition), nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("event_id", Words(100), primary_key=True),
    Column("type", Words(40), nullable=False),
    Column("created_at", Moment, nullable=False, index=True),
    Column("hit_id", Words(64), index=True),
    Column("watchlist_id", Words(64)),
    Column("body", LargeBinary, nullable=False),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("webhook_id", Words(64), primary_key=True),
    Column("url", Words(), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("description", Words(200)),
    Column("lists", Packed(frozenset[str]), nullable=False),
    Column("covert_lists", Packed(frozenset[str]), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("disabled_reason", Words()),
    Column("failing_since", Moment),
    Column("secrets", Packed(list[str]), nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_id", RowNumber, primary_key=True),
    Column("webhook_id", Words(64), ForeignKey("webhooks.webhook_id"), nullable=False),
    Column("event_id", Words(100), ForeignKey("events.event_id"), nullable=False, index=True),
    Column("state", Words(20), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Moment),
    Column("last_status", Integer),
    Column("last_error", Words()),
    Column("last_latency_ms", Float),
    Column("last_answer", Words()),
    Column("delivered_at", Moment),
    Index(None, "state", "webhook_id", "due_at"),
    Index(None, "webhook_id", "delivery_id"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("attempt_id", RowNumber, primary_key=True),
    Column("delivery_id", RowNumber, ForeignKey("deliveries.delivery_id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("delivered", Boolean, nullable=False),
    Column("status", Integer),
    Column("latency_ms", Float, nullable=False),
    Column("error", Words()),
    Column("answer", Words()),
)

keys = Table(
    "keys",
    metadata,
    Column("key_id", Words(64), primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("role", Words(20), nullable=False),
    Column("owner", Words(200), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("scope", Packed(frozenset[str]), nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
)

# What was learnt: sums over many reads, no read and no plate. source: traffic or pairs; camera_id: empty for the total.
learnt = Table(
    "learnt",
    metadata,
    Column("source", Words(20), primary_key=True),
    Column("camera_id", Words(200), primary_key=True),
    Column("version", RowNumber, nullable=False),
    Column("counts", Packed(CountsRecord), nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("audit_id", RowNumber, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", Words(), nullable=False),
    Column("action", Words(100), nullable=False),
    Column("object", Words(), nullable=False),
    Column("detail", Packed(dict[str, object]), nullable=False),
)
