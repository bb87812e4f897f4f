"""The first schema: lists, hits with their reads and sightings, webhooks, keys, audit."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def text(length: int | None = None) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("audit_id", ROW_NUMBER, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", text(), nullable=False),
        sa.Column("action", text(100), nullable=False),
        sa.Column("object", text(), nullable=False),
        sa.Column("detail", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit")),
    )
    op.create_table(
        "events",
        sa.Column("event_id", text(100), nullable=False),
        sa.Column("type", text(40), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("hit_id", text(64)),
        sa.Column("watchlist_id", text(64)),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_created_at"), "events", ["created_at"])
    op.create_index(op.f("ix_events_hit_id"), "events", ["hit_id"])
    op.create_table(
        "hits",
        sa.Column("hit_id", text(64), nullable=False),
        sa.Column("sighting_id", text(64), nullable=False),
        sa.Column("watchlist_id", text(64), nullable=False),
        sa.Column("entry_id", text(200), nullable=False),
        sa.Column("covert", sa.Boolean(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("explanation", sa.LargeBinary(), nullable=False),
        sa.Column("read", sa.LargeBinary(), nullable=False),
        sa.Column("reads", sa.Integer(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("watchlist", sa.LargeBinary(), nullable=False),
        sa.Column("version", ROW_NUMBER, nullable=False),
        sa.Column("list_age_s", sa.Float(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("alerted_at", sa.BigInteger()),
        sa.Column("withdrawn_at", sa.BigInteger()),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("picture_url", text()),
        sa.Column("disposition", sa.LargeBinary()),
        sa.Column("disposed_by", text()),
        sa.Column("disposed_at", sa.BigInteger()),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("announcements", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hit_id", name=op.f("pk_hits")),
    )
    op.create_index(op.f("ix_hits_created_at_hit_id"), "hits", ["created_at", "hit_id"])
    op.create_index(
        op.f("ix_hits_watchlist_id_entry_id_created_at"), "hits", ["watchlist_id", "entry_id", "created_at"]
    )
    op.create_table(
        "keys",
        sa.Column("key_id", text(64), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("role", text(20), nullable=False),
        sa.Column("owner", text(200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("scope", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_keys")),
    )
    log = op.create_table(
        "log",
        sa.Column("log_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", ROW_NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("log_id", name=op.f("pk_log")),
    )
    op.bulk_insert(log, [{"log_id": 1, "version": 0}])
    op.create_table(
        "reads",
        sa.Column("read_id", text(200), nullable=False),
        sa.Column("camera_id", text(200), nullable=False),
        sa.Column("captured_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("plate", text(64), nullable=False),
        sa.Column("read", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("read_id", "camera_id", name=op.f("pk_reads")),
    )
    op.create_index(op.f("ix_reads_recorded_at"), "reads", ["recorded_at"])
    op.create_table(
        "watchlists",
        sa.Column("watchlist_id", text(64), nullable=False),
        sa.Column("covert", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("listed_at", sa.BigInteger(), nullable=False),
        sa.Column("version", ROW_NUMBER, nullable=False),
        sa.Column("watchlist", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("watchlist_id", name=op.f("pk_watchlists")),
    )
    op.create_table(
        "webhooks",
        sa.Column("webhook_id", text(64), nullable=False),
        sa.Column("url", text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("description", text(200)),
        sa.Column("lists", sa.LargeBinary(), nullable=False),
        sa.Column("covert_lists", sa.LargeBinary(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", text()),
        sa.Column("failing_since", sa.BigInteger()),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("webhook_id", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", ROW_NUMBER, nullable=False),
        sa.Column("webhook_id", text(64), nullable=False),
        sa.Column("event_id", text(100), nullable=False),
        sa.Column("state", text(20), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("last_status", sa.Integer()),
        sa.Column("last_error", text()),
        sa.Column("last_latency_ms", sa.Float()),
        sa.Column("last_answer", text()),
        sa.Column("delivered_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["event_id"], ["events.event_id"], name=op.f("fk_deliveries_event_id")),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.webhook_id"], name=op.f("fk_deliveries_webhook_id")),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_deliveries")),
    )
    op.create_index(op.f("ix_deliveries_event_id"), "deliveries", ["event_id"])
    op.create_index(op.f("ix_deliveries_state_webhook_id_due_at"), "deliveries", ["state", "webhook_id", "due_at"])
    op.create_index(op.f("ix_deliveries_webhook_id_delivery_id"), "deliveries", ["webhook_id", "delivery_id"])
    op.create_table(
        "dispositions",
        sa.Column("disposition_id", ROW_NUMBER, nullable=False),
        sa.Column("hit_id", text(64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", text(), nullable=False),
        sa.Column("disposition", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["hit_id"], ["hits.hit_id"], name=op.f("fk_dispositions_hit_id")),
        sa.PrimaryKeyConstraint("disposition_id", name=op.f("pk_dispositions")),
    )
    op.create_index(op.f("ix_dispositions_hit_id"), "dispositions", ["hit_id"])
    op.create_table(
        "entries",
        sa.Column("watchlist_id", text(64), nullable=False),
        sa.Column("entry_id", text(200), nullable=False),
        sa.Column("version", ROW_NUMBER, nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["watchlist_id"], ["watchlists.watchlist_id"], name=op.f("fk_entries_watchlist_id")),
        sa.PrimaryKeyConstraint("watchlist_id", "entry_id", name=op.f("pk_entries")),
    )
    op.create_index(op.f("ix_entries_expires_at"), "entries", ["expires_at"])
    op.create_table(
        "hit_reads",
        sa.Column("hit_id", text(64), nullable=False),
        sa.Column("camera_id", text(200), nullable=False),
        sa.Column("read_id", text(200), nullable=False),
        sa.Column("plate", text(64), nullable=False),
        sa.Column("log_odds", sa.Float(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["hit_id"], ["hits.hit_id"], name=op.f("fk_hit_reads_hit_id")),
        sa.ForeignKeyConstraint(
            ["read_id", "camera_id"], ["reads.read_id", "reads.camera_id"], name=op.f("fk_hit_reads_read_id_camera_id")
        ),
        sa.PrimaryKeyConstraint("hit_id", "camera_id", "read_id", name=op.f("pk_hit_reads")),
    )
    op.create_index(op.f("ix_hit_reads_read_id_camera_id"), "hit_reads", ["read_id", "camera_id"])
    op.create_table(
        "pictures",
        sa.Column("read_id", text(200), nullable=False),
        sa.Column("camera_id", text(200), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["read_id", "camera_id"], ["reads.read_id", "reads.camera_id"], name=op.f("fk_pictures_read_id_camera_id")
        ),
        sa.PrimaryKeyConstraint("read_id", "camera_id", name=op.f("pk_pictures")),
    )
    op.create_table(
        "sightings",
        sa.Column("hit_id", text(64), nullable=False),
        sa.Column("sighting_id", text(64), nullable=False),
        sa.Column("watchlist_id", text(64), nullable=False),
        sa.Column("entry_id", text(200), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("cameras", sa.LargeBinary(), nullable=False),
        sa.Column("reads", sa.Integer(), nullable=False),
        sa.Column("best", sa.Float(), nullable=False),
        sa.Column("gain", sa.Float(), nullable=False),
        sa.Column("support", sa.Float(), nullable=False),
        sa.Column("combined", sa.Float(), nullable=False),
        sa.Column("announced", sa.Float()),
        sa.ForeignKeyConstraint(["hit_id"], ["hits.hit_id"], name=op.f("fk_sightings_hit_id")),
        sa.PrimaryKeyConstraint("hit_id", name=op.f("pk_sightings")),
    )
    op.create_index(op.f("ix_sightings_entry_id_last_at"), "sightings", ["entry_id", "last_at"])
    op.create_table(
        "attempts",
        sa.Column("attempt_id", ROW_NUMBER, nullable=False),
        sa.Column("delivery_id", ROW_NUMBER, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("delivered", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("latency_ms", sa.Float(), nullable=False),
        sa.Column("error", text()),
        sa.Column("answer", text()),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.delivery_id"], name=op.f("fk_attempts_delivery_id")),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_delivery_id"), "attempts", ["delivery_id"])
