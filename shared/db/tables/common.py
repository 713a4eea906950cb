"""Tables that every service writes: outbox, inbox, dead letters, leases and meta."""

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text, text

from shared.db.tables.base import metadata
from shared.db.types import BigKey, JSONDoc, UTCDateTime

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("event_id", String(64), nullable=False, unique=True),
    Column("service", String(16), nullable=False),
    Column("topic", String(96), nullable=False),
    Column("key", String(96), nullable=False),
    Column("headers", JSONDoc, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("published_at", UTCDateTime),
    sqlite_autoincrement=True,
)
Index(
    "ix_outbox_pending",
    outbox.c.service,
    outbox.c.id,
    sqlite_where=text("published_at IS NULL"),
    postgresql_where=text("published_at IS NULL"),
)
Index("ix_outbox_created_at", outbox.c.created_at)

inbox = Table(
    "inbox",
    metadata,
    Column("group", String(16), primary_key=True),
    Column("event_id", String(64), primary_key=True),
    Column("outcome", String(8), nullable=False),
    Column("at", UTCDateTime, nullable=False),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("group", String(16), nullable=False),
    Column("event_id", String(64), nullable=False),
    Column("topic", String(96), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigKey, nullable=False),
    Column("key", LargeBinary),
    Column("headers", JSONDoc, nullable=False),
    Column("value", LargeBinary),
    Column("reason", String(64), nullable=False),
    Column("error", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("ticket", String(16), index=True),
    Column("region", String(16), index=True),
    Column("failed_at", UTCDateTime, nullable=False),
    Column("replayed_at", UTCDateTime),
    sqlite_autoincrement=True,
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("expires_at", UTCDateTime, nullable=False),
)

meta = Table(
    "meta",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
