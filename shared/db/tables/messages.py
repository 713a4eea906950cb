"""Tables that only ingest writes: messages that came by a provider, talks, what is sent back.

What a citizen wrote, and every address, is sealed under the row's own key and emptied once it has
moved under a ticket's key or was sent; hashes are keyed. Rows without sealed parts name nobody.
"""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table

from shared.db.tables.base import metadata
from shared.db.types import BigKey, JSONDoc, UTCDateTime

ingest_messages = Table(
    "ingest_messages",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    # Keyed hash of the channel and the provider's id: what is sent twice is stored once.
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("channel", String(16), nullable=False),
    # Keyed hash of the channel and who wrote.
    Column("sender_hash", String(64), nullable=False),
    Column("region", String(16)),
    # Keyed hash of an album or a long SMS, and which piece of how many this is.
    Column("group_hash", String(64)),
    Column("part", Integer),
    Column("parts", Integer),
    Column("sent_at", UTCDateTime),
    Column("received_at", UTCDateTime, nullable=False),
    # waiting: not looked at before `due_at`; triage: waits for its region; done; dead: a person
    # must look at it.
    Column("state", String(12), nullable=False),
    Column("due_at", UTCDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    # What it became: complaint, act, survey, talk (an answer was enough), joined (a piece of
    # another message), erased (it waited when its sender was); and the ticket, act or receipt.
    Column("outcome", String(12)),
    Column("reference", String(64)),
    # The message itself; none once it was handled.
    Column("wrapped_key", LargeBinary),
    Column("sealed", LargeBinary),
    Index("ix_ingest_messages_state", "state", "sender_hash", "due_at"),
    Index("ix_ingest_messages_reference", "reference"),
    Index("ix_ingest_messages_sender_hash", "sender_hash", "id"),
    Index("ix_ingest_messages_group_hash", "group_hash"),
    sqlite_autoincrement=True,
)

ingest_talks = Table(
    "ingest_talks",
    metadata,
    # Keyed hash of the channel and who wrote.
    Column("sender_hash", String(64), primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("region", String(16)),
    Column("language", String(8)),
    # The case opened last, and when its last message came.
    Column("ticket", String(16)),
    Column("said_at", UTCDateTime),
    # The last message of the citizen at all: how long free answers are allowed.
    Column("heard_at", UTCDateTime, nullable=False),
    # The citizen wants no messages.
    Column("stopped_at", UTCDateTime),
    # What was asked last and not answered yet, and what is known so far (no text, no address).
    Column("asked", String(20)),
    Column("asked_at", UTCDateTime),
    Column("progress", JSONDoc, nullable=False),
    Index("ix_ingest_talks_heard_at", "heard_at"),
    Index("ix_ingest_talks_ticket", "ticket"),
)

ingest_deliveries = Table(
    "ingest_deliveries",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    # The notice it carries; none: a direct answer to a message.
    Column("ticket", String(16)),
    Column("sequence", Integer),
    Column("purpose", String(16)),
    Column("region", String(16)),
    Column("channel", String(16), nullable=False),
    # Channels to try next, in order.
    Column("chain", JSONDoc, nullable=False),
    Column("sender_hash", String(64)),
    # waiting: not tried before `due_at`; sent; delivered; failed.
    Column("state", String(12), nullable=False),
    Column("due_at", UTCDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("urgent", Boolean, nullable=False),
    # Keyed hash of the channel and the provider's id of the message: receipts name it.
    Column("provider_hash", String(64)),
    # Why the last try failed: a code of ours or the provider's, no text.
    Column("reason", String(40)),
    Column("created_at", UTCDateTime, nullable=False),
    Column("finished_at", UTCDateTime),
    # Address and words; none once it is finished.
    Column("wrapped_key", LargeBinary),
    Column("sealed", LargeBinary),
    Index("ix_ingest_deliveries_state_due_at", "state", "due_at"),
    # With the state: without statistics SQLite would rather read all that are under way.
    Index("ix_ingest_deliveries_provider_hash", "provider_hash", "state"),
    Index("ix_ingest_deliveries_ticket", "ticket"),
    sqlite_autoincrement=True,
)

# Receipts that name no message of ours yet: the answer to our own call is still on its way. Kept
# for an hour, and of the newest thousand; most that stay name messages of somebody else.
ingest_early_receipts = Table(
    "ingest_early_receipts",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    # As in `ingest_deliveries`; the first receipt of a message is the one that counts.
    Column("provider_hash", String(64), nullable=False, unique=True),
    # delivered or failed, and then why: the provider's code, no text.
    Column("delivery", String(12), nullable=False),
    Column("reason", String(40)),
    Column("received_at", UTCDateTime, nullable=False),
    sqlite_autoincrement=True,
)
