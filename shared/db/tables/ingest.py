"""Tables that only ingest writes: submissions, their keys and files, acts, tokens, notices.

Whatever a citizen wrote or is known by is sealed with the key of its ticket (`ingest_keys`);
deleting that row is the erasure. Hashes are keyed, so they are of no use without the master key.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from shared.db.tables.base import metadata
from shared.db.types import BigKey, JSONDoc, UTCDateTime

ingest_keys = Table(
    "ingest_keys",
    metadata,
    # A ticket or a survey's receipt.
    Column("ticket", String(16), primary_key=True),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
)

ingest_complaints = Table(
    "ingest_complaints",
    metadata,
    Column("ticket", String(16), primary_key=True),
    Column("event_id", String(64), nullable=False, unique=True),
    Column("channel", String(16), nullable=False),
    Column("region", String(16), nullable=False),
    Column("opd_asked", String(64)),
    Column("category_asked", String(40)),
    Column("language", String(8)),
    Column("anonymous", Boolean, nullable=False),
    Column("confidential", Boolean, nullable=False),
    Column("has_contact", Boolean, nullable=False),
    Column("occurred_on", Date),
    Column("received_at", UTCDateTime, nullable=False),
    Column("due_at", UTCDateTime, nullable=False),
    Column("code_hash", String(64), nullable=False),
    Column("phone_hash", String(64)),
    # Sealed with the ticket's key; none after erasure.
    Column("sealed_text", LargeBinary),
    Column("sealed_identity", LargeBinary),
    Column("sealed_code", LargeBinary),
    Column("files", Integer, nullable=False),
    Column("erased_at", UTCDateTime),
    Index("ix_ingest_complaints_phone_hash", "phone_hash"),
    Index("ix_ingest_complaints_received_at", "received_at"),
)

ingest_surveys = Table(
    "ingest_surveys",
    metadata,
    Column("receipt", String(16), primary_key=True),
    Column("event_id", String(64), nullable=False, unique=True),
    Column("channel", String(16), nullable=False),
    Column("region", String(16), nullable=False),
    Column("opd", String(64), nullable=False),
    Column("token_used", Boolean, nullable=False),
    Column("sealed_comment", LargeBinary),
    Column("received_at", UTCDateTime, nullable=False),
)

ingest_acts = Table(
    "ingest_acts",
    metadata,
    # The id of the act's event on `citizen.acted`, by which desk's timeline names it.
    Column("event_id", String(64), primary_key=True),
    Column(
        "ticket",
        String(16),
        ForeignKey("ingest_complaints.ticket"),
        nullable=False,
    ),
    Column("act", String(16), nullable=False),
    Column("score", Integer),
    Column("sealed_text", LargeBinary),
    Column("channel", String(16), nullable=False),
    Column("files", Integer, nullable=False),
    Column("received_at", UTCDateTime, nullable=False),
    Index("ix_ingest_acts_ticket", "ticket", "received_at"),
)

ingest_files = Table(
    "ingest_files",
    metadata,
    Column("file_id", String(32), primary_key=True),
    Column(
        "ticket",
        String(16),
        ForeignKey("ingest_complaints.ticket"),
        nullable=False,
    ),
    # The act the file came with; none: it came with the complaint.
    Column("act_id", String(64)),
    Column("position", Integer, nullable=False),
    # Name of the sealed object in the file store.
    Column("object_name", String(120), nullable=False, unique=True),
    Column("media_type", String(40), nullable=False),
    Column("size", Integer, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("created_at", UTCDateTime, nullable=False),
    Index("ix_ingest_files_ticket", "ticket", "position"),
)

ingest_idempotency = Table(
    "ingest_idempotency",
    metadata,
    # Keyed hash of endpoint and key: the key itself may say who sent it.
    Column("key_hash", String(64), primary_key=True),
    Column("body_hash", String(64), nullable=False),
    # The ticket, receipt or act that the first request made.
    Column("reference", String(64), nullable=False),
    Column("created_at", UTCDateTime, nullable=False, index=True),
)

ingest_tokens = Table(
    "ingest_tokens",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("opd", String(64), nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("used_at", UTCDateTime),
    Column("receipt", String(16)),
    Index("ix_ingest_tokens_opd", "opd"),
)

ingest_notices = Table(
    "ingest_notices",
    metadata,
    Column("ticket", String(16), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("purpose", String(16), primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("outcome", String(24), nullable=False),
    Column("at", UTCDateTime, nullable=False),
)

ingest_erasures = Table(
    "ingest_erasures",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("ticket", String(16), nullable=False, index=True),
    Column("by", String(80), nullable=False),
    Column("reason", Text, nullable=False),
    Column("removed", JSONDoc, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    sqlite_autoincrement=True,
)
