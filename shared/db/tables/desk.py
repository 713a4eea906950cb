"""Desk's tables: cases and what happened to them, staff accounts and sessions, the audit trail.

Citizens' words are here only masked. Due instants are the clocks' results of the last event, kept
for the queue's order and for metrics; the events are the truth.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from shared.db.tables.base import metadata
from shared.db.types import BigKey, JSONDoc, UTCDateTime

desk_cases = Table(
    "desk_cases",
    metadata,
    Column("ticket", String(16), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("region", String(16), nullable=False),
    Column("opd", String(64), nullable=False),
    Column("status", String(24), nullable=False),
    Column("open", Boolean, nullable=False),
    Column("channel", String(16), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("berkadar_pengawasan", Boolean, nullable=False),
    Column("category", String(32), nullable=False),
    Column("urgency", String(12), nullable=False),
    Column("restricted", Boolean, nullable=False),
    Column("accused", String(64)),
    Column("anonymous", Boolean, nullable=False),
    Column("confidential", Boolean, nullable=False),
    Column("has_contact", Boolean, nullable=False),
    Column("assignee", String(64)),
    Column("service", String(200)),
    Column("text", Text, nullable=False),
    Column("pii", JSONDoc, nullable=False),
    Column("hints", JSONDoc, nullable=False),
    Column("location", JSONDoc),
    Column("files", Integer, nullable=False),
    Column("occurred_on", Date),
    Column("received_at", UTCDateTime, nullable=False),
    Column("opened_at", UTCDateTime, nullable=False),
    Column("closed_at", UTCDateTime),
    Column("changed_at", UTCDateTime, nullable=False),
    Column("policy", String(64), nullable=False),
    Column("history", Boolean, nullable=False),
    Column("lapor", Boolean, nullable=False),
    Column("lapor_id", String(40)),
    # What the rules remember between events.
    Column("verified", Boolean, nullable=False),
    Column("forwarded", Boolean, nullable=False),
    Column("refusals", Integer, nullable=False),
    Column("reopenings", Integer, nullable=False),
    Column("rated", Boolean, nullable=False),
    Column("question", Integer),
    Column("paused", Boolean, nullable=False),
    Column("replied_at", UTCDateTime),
    Column("spam", Boolean, nullable=False),
    Column("notice_failed", String(24)),
    # What the clocks say.
    Column("due_verify", UTCDateTime),
    Column("due_first_response", UTCDateTime),
    Column("due_finish", UTCDateTime),
    Column("done_verify", Boolean, nullable=False),
    Column("done_first_response", Boolean, nullable=False),
    Column("done_finish", Boolean, nullable=False),
    Column("window_until", UTCDateTime),
    Column("rank", SmallInteger, nullable=False),
    Column("next_due", UTCDateTime, nullable=False),
)
Index(
    "ix_desk_cases_queue",
    desk_cases.c.opd,
    desk_cases.c.open,
    desk_cases.c.rank,
    desk_cases.c.next_due,
    desk_cases.c.ticket,
)
Index(
    "ix_desk_cases_region_queue",
    desk_cases.c.region,
    desk_cases.c.open,
    desk_cases.c.rank,
    desk_cases.c.next_due,
    desk_cases.c.ticket,
)
Index("ix_desk_cases_status", desk_cases.c.region, desk_cases.c.status)
Index(
    "ix_desk_cases_window",
    desk_cases.c.window_until,
    sqlite_where=text("open AND window_until IS NOT NULL"),
    postgresql_where=text("open AND window_until IS NOT NULL"),
)

desk_case_events = Table(
    "desk_case_events",
    metadata,
    Column("ticket", String(16), ForeignKey("desk_cases.ticket"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("event_id", String(64), nullable=False, unique=True),
    Column("type", String(48), nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("actor", String(16), nullable=False),
    Column("unit", String(64)),
    Column("opd", String(64), nullable=False),
    Column("username", String(64)),
    # The citizen's act that brought it about, to find their own words again.
    Column("cause", String(64)),
    Column("text", Text),
    Column("public", Boolean, nullable=False),
    # The event's data as it went out (no text in it).
    Column("data", JSONDoc, nullable=False),
)

# A citizen may act before the case is open (two topics, no common order): kept until then.
desk_waiting_acts = Table(
    "desk_waiting_acts",
    metadata,
    Column("event_id", String(64), primary_key=True),
    Column("ticket", String(16), nullable=False, index=True),
    Column("at", UTCDateTime, nullable=False),
    Column("data", JSONDoc, nullable=False),
)

desk_users = Table(
    "desk_users",
    metadata,
    Column("username", String(64), primary_key=True),
    Column("password_hash", String(200), nullable=False),
    Column("role", String(16), nullable=False),
    Column("region", String(16)),
    Column("opd", String(64)),
    Column("created_at", UTCDateTime, nullable=False),
    Column("disabled_at", UTCDateTime),
    # Where the morning's digest goes; none: nowhere.
    Column("email", String(200)),
)

# The morning's digests: one row a recipient and local day, made when its time has come.
desk_digests = Table(
    "desk_digests",
    metadata,
    # `user:<name>` or `unit:<code>`.
    Column("recipient", String(80), primary_key=True),
    Column("day", Date, primary_key=True),
    # When to try next, none when it was sent or nothing was to be said.
    Column("next_at", UTCDateTime),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", UTCDateTime),
    Column("trouble", String(24)),
    Index(
        "ix_desk_digests_due",
        "next_at",
        sqlite_where=text("next_at IS NOT NULL"),
        postgresql_where=text("next_at IS NOT NULL"),
    ),
)

desk_sessions = Table(
    "desk_sessions",
    metadata,
    # Only a hash of the cookie's token: a stolen backup opens no session.
    Column("token_hash", String(64), primary_key=True),
    Column("username", String(64), ForeignKey("desk_users.username"), nullable=False, index=True),
    Column("created_at", UTCDateTime, nullable=False),
    Column("seen_at", UTCDateTime, nullable=False),
    Column("expires_at", UTCDateTime, nullable=False, index=True),
)

desk_login_attempts = Table(
    "desk_login_attempts",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("subject", String(80), nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Index("ix_desk_login_attempts_subject", "subject", "at"),
    sqlite_autoincrement=True,
)

desk_audit = Table(
    "desk_audit",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("at", UTCDateTime, nullable=False),
    Column("username", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    Column("ticket", String(16), index=True),
    Column("reason", Text),
    sqlite_autoincrement=True,
)

# Complaints that stood as darurat: what the citizen was told, who was alerted, when a person acted
# and what came of it.
desk_alarms = Table(
    "desk_alarms",
    metadata,
    Column("ticket", String(16), ForeignKey("desk_cases.ticket"), primary_key=True),
    # The case's event that raised it: its opening, or a person's correction.
    Column("sequence", Integer, primary_key=True),
    Column("region", String(16), nullable=False),
    Column("raised_at", UTCDateTime, nullable=False),
    # The automatic reply, in the citizen's language.
    Column("reply", String(160), nullable=False),
    Column("seen_at", UTCDateTime),
    Column("ended_at", UTCDateTime),
    Column("outcome", String(16)),
    # The message to the duty contact; `next_at` is when to try, none when nothing is to be sent.
    Column("attempts", Integer, nullable=False),
    Column("next_at", UTCDateTime),
    Column("told_at", UTCDateTime),
    Column("cleared_at", UTCDateTime),
    Column("trouble", String(16)),
)
Index(
    "ix_desk_alarms_open",
    desk_alarms.c.region,
    sqlite_where=text("ended_at IS NULL"),
    postgresql_where=text("ended_at IS NULL"),
)
Index(
    "ix_desk_alarms_message",
    desk_alarms.c.next_at,
    sqlite_where=text("next_at IS NOT NULL"),
    postgresql_where=text("next_at IS NOT NULL"),
)
