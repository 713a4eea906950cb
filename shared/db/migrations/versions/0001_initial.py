"""Initial schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
JSON_DOC: sa.JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "classifier_corrections",
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("ticket", sa.String(length=16), nullable=False),
        sa.Column("region", sa.String(length=16), nullable=False),
        sa.Column("before_kind", sa.String(length=24), nullable=False),
        sa.Column("before_category", sa.String(length=32), nullable=False),
        sa.Column("before_urgency", sa.String(length=16), nullable=False),
        sa.Column("before_berkadar_pengawasan", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("urgency", sa.String(length=16), nullable=False),
        sa.Column("berkadar_pengawasan", sa.Boolean(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("corrected_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_classifier_corrections")),
    )
    with op.batch_alter_table("classifier_corrections", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_classifier_corrections_ticket"), ["ticket"], unique=False
        )

    op.create_table(
        "classifier_results",
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("region", sa.String(length=16), nullable=False),
        sa.Column("model_version", sa.String(length=64), nullable=False),
        sa.Column("degraded", sa.String(length=64), nullable=True),
        sa.Column("language", sa.String(length=3), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("berkadar_pengawasan", sa.Boolean(), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("urgency", sa.String(length=16), nullable=False),
        sa.Column("opd", sa.String(length=64), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("external", sa.String(length=64), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_classifier_results")),
    )
    with op.batch_alter_table("classifier_results", schema=None) as batch_op:
        batch_op.create_index("ix_classifier_results_created_at", ["created_at"], unique=False)

    op.create_table(
        "dead_letters",
        sa.Column("id", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("group", sa.String(length=16), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("topic", sa.String(length=96), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", BIG_KEY, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("headers", JSON_DOC, nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.String(length=16), nullable=True),
        sa.Column("region", sa.String(length=16), nullable=True),
        sa.Column("failed_at", INSTANT, nullable=False),
        sa.Column("replayed_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letters")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("dead_letters", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dead_letters_region"), ["region"], unique=False)
        batch_op.create_index(batch_op.f("ix_dead_letters_ticket"), ["ticket"], unique=False)

    op.create_table(
        "desk_audit",
        sa.Column("id", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("ticket", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_audit")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("desk_audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_desk_audit_ticket"), ["ticket"], unique=False)

    op.create_table(
        "desk_cases",
        sa.Column("ticket", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=16), nullable=False),
        sa.Column("opd", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("berkadar_pengawasan", sa.Boolean(), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("urgency", sa.String(length=12), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("accused", sa.String(length=64), nullable=True),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("has_contact", sa.Boolean(), nullable=False),
        sa.Column("assignee", sa.String(length=64), nullable=True),
        sa.Column("service", sa.String(length=200), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("pii", JSON_DOC, nullable=False),
        sa.Column("hints", JSON_DOC, nullable=False),
        sa.Column("location", JSON_DOC, nullable=True),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("history", sa.Boolean(), nullable=False),
        sa.Column("lapor", sa.Boolean(), nullable=False),
        sa.Column("lapor_id", sa.String(length=40), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("forwarded", sa.Boolean(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("reopenings", sa.Integer(), nullable=False),
        sa.Column("rated", sa.Boolean(), nullable=False),
        sa.Column("question", sa.Integer(), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("replied_at", INSTANT, nullable=True),
        sa.Column("spam", sa.Boolean(), nullable=False),
        sa.Column("notice_failed", sa.String(length=24), nullable=True),
        sa.Column("due_verify", INSTANT, nullable=True),
        sa.Column("due_first_response", INSTANT, nullable=True),
        sa.Column("due_finish", INSTANT, nullable=True),
        sa.Column("done_verify", sa.Boolean(), nullable=False),
        sa.Column("done_first_response", sa.Boolean(), nullable=False),
        sa.Column("done_finish", sa.Boolean(), nullable=False),
        sa.Column("window_until", INSTANT, nullable=True),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("next_due", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("ticket", name=op.f("pk_desk_cases")),
    )
    with op.batch_alter_table("desk_cases", schema=None) as batch_op:
        batch_op.create_index(
            "ix_desk_cases_queue", ["opd", "open", "rank", "next_due", "ticket"], unique=False
        )
        batch_op.create_index(
            "ix_desk_cases_region_queue",
            ["region", "open", "rank", "next_due", "ticket"],
            unique=False,
        )
        batch_op.create_index("ix_desk_cases_status", ["region", "status"], unique=False)
        batch_op.create_index(
            "ix_desk_cases_window",
            ["window_until"],
            unique=False,
            sqlite_where=sa.text("open AND window_until IS NOT NULL"),
            postgresql_where=sa.text("open AND window_until IS NOT NULL"),
        )

    op.create_table(
        "desk_login_attempts",
        sa.Column("id", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_login_attempts")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("desk_login_attempts", schema=None) as batch_op:
        batch_op.create_index("ix_desk_login_attempts_subject", ["subject", "at"], unique=False)

    op.create_table(
        "desk_regions",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("short", sa.String(length=80), nullable=False),
        sa.Column("province", sa.String(length=80), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("sms_codes", JSON_DOC, nullable=False),
        sa.Column("emergency", JSON_DOC, nullable=False),
        sa.Column("counts_from", sa.Date(), nullable=True),
        sa.Column("public_scores", sa.Boolean(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_desk_regions")),
    )
    op.create_table(
        "desk_users",
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("region", sa.String(length=16), nullable=True),
        sa.Column("opd", sa.String(length=64), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("disabled_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_desk_users")),
    )
    op.create_table(
        "desk_waiting_acts",
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("ticket", sa.String(length=16), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("data", JSON_DOC, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_desk_waiting_acts")),
    )
    with op.batch_alter_table("desk_waiting_acts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_desk_waiting_acts_ticket"), ["ticket"], unique=False)

    op.create_table(
        "inbox",
        sa.Column("group", sa.String(length=16), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("group", "event_id", name=op.f("pk_inbox")),
    )
    op.create_table(
        "ingest_complaints",
        sa.Column("ticket", sa.String(length=16), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("region", sa.String(length=16), nullable=False),
        sa.Column("opd_asked", sa.String(length=64), nullable=True),
        sa.Column("category_asked", sa.String(length=40), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("has_contact", sa.Boolean(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("phone_hash", sa.String(length=64), nullable=True),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_identity", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_code", sa.LargeBinary(), nullable=True),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("erased_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("ticket", name=op.f("pk_ingest_complaints")),
        sa.UniqueConstraint("event_id", name=op.f("uq_ingest_complaints_event_id")),
    )
    with op.batch_alter_table("ingest_complaints", schema=None) as batch_op:
        batch_op.create_index("ix_ingest_complaints_phone_hash", ["phone_hash"], unique=False)
        batch_op.create_index("ix_ingest_complaints_received_at", ["received_at"], unique=False)

    op.create_table(
        "ingest_erasures",
        sa.Column("id", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("ticket", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("removed", JSON_DOC, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingest_erasures")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("ingest_erasures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ingest_erasures_ticket"), ["ticket"], unique=False)

    op.create_table(
        "ingest_idempotency",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_ingest_idempotency")),
    )
    with op.batch_alter_table("ingest_idempotency", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ingest_idempotency_created_at"), ["created_at"], unique=False
        )

    op.create_table(
        "ingest_keys",
        sa.Column("ticket", sa.String(length=16), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("ticket", name=op.f("pk_ingest_keys")),
    )
    op.create_table(
        "ingest_notices",
        sa.Column("ticket", sa.String(length=16), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("ticket", "sequence", "purpose", name=op.f("pk_ingest_notices")),
    )
    op.create_table(
        "ingest_surveys",
        sa.Column("receipt", sa.String(length=16), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("region", sa.String(length=16), nullable=False),
        sa.Column("opd", sa.String(length=64), nullable=False),
        sa.Column("token_used", sa.Boolean(), nullable=False),
        sa.Column("sealed_comment", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("receipt", name=op.f("pk_ingest_surveys")),
        sa.UniqueConstraint("event_id", name=op.f("uq_ingest_surveys_event_id")),
    )
    op.create_table(
        "ingest_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("opd", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.Column("receipt", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_ingest_tokens")),
    )
    with op.batch_alter_table("ingest_tokens", schema=None) as batch_op:
        batch_op.create_index("ix_ingest_tokens_opd", ["opd"], unique=False)

    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("service", sa.String(length=16), nullable=False),
        sa.Column("topic", sa.String(length=96), nullable=False),
        sa.Column("key", sa.String(length=96), nullable=False),
        sa.Column("headers", JSON_DOC, nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("event_id", name=op.f("uq_outbox_event_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_created_at", ["created_at"], unique=False)
        batch_op.create_index(
            "ix_outbox_pending",
            ["service", "id"],
            unique=False,
            sqlite_where=sa.text("published_at IS NULL"),
            postgresql_where=sa.text("published_at IS NULL"),
        )

    op.create_table(
        "scoring_cases",
        sa.Column("ticket", sa.String(length=16), nullable=False),
        sa.Column("region", sa.String(length=16), nullable=False),
        sa.Column("deltas", JSON_DOC, nullable=False),
        sa.PrimaryKeyConstraint("ticket", name=op.f("pk_scoring_cases")),
    )
    with op.batch_alter_table("scoring_cases", schema=None) as batch_op:
        batch_op.create_index("ix_scoring_cases_region", ["region"], unique=False)

    op.create_table(
        "scoring_counters",
        sa.Column("region", sa.String(length=16), nullable=False),
        sa.Column("grain", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tick", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("opd", sa.String(length=64), nullable=False),
        sa.Column("measure", sa.String(length=32), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "region", "grain", "step", "tick", "opd", "measure", name=op.f("pk_scoring_counters")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "scoring_events",
        sa.Column("ticket", sa.String(length=16), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=48), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("fact", JSON_DOC, nullable=False),
        sa.PrimaryKeyConstraint("ticket", "sequence", name=op.f("pk_scoring_events")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "scoring_skm_counters",
        sa.Column("region", sa.String(length=16), nullable=False),
        sa.Column("grain", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("opd", sa.String(length=64), nullable=False),
        sa.Column("service", sa.String(length=200), nullable=False),
        sa.Column("element", sa.String(length=16), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "region",
            "grain",
            "step",
            "opd",
            "service",
            "element",
            name=op.f("pk_scoring_skm_counters"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "scoring_surveys",
        sa.Column("receipt", sa.String(length=24), nullable=False),
        sa.Column("region", sa.String(length=16), nullable=False),
        sa.Column("opd", sa.String(length=64), nullable=False),
        sa.Column("service", sa.String(length=200), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("answers", JSON_DOC, nullable=False),
        sa.Column("token_used", sa.Boolean(), nullable=False),
        sa.Column("sentiment", sa.String(length=12), nullable=False),
        sa.Column("history", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("receipt", name=op.f("pk_scoring_surveys")),
    )
    with op.batch_alter_table("scoring_surveys", schema=None) as batch_op:
        batch_op.create_index("ix_scoring_surveys_opd", ["opd", "day"], unique=False)

    op.create_table(
        "desk_case_events",
        sa.Column("ticket", sa.String(length=16), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=48), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.String(length=16), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=True),
        sa.Column("opd", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=True),
        sa.Column("cause", sa.String(length=64), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("data", JSON_DOC, nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket"], ["desk_cases.ticket"], name=op.f("fk_desk_case_events_ticket_desk_cases")
        ),
        sa.PrimaryKeyConstraint("ticket", "sequence", name=op.f("pk_desk_case_events")),
        sa.UniqueConstraint("event_id", name=op.f("uq_desk_case_events_event_id")),
    )
    op.create_table(
        "desk_opds",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("region", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("short", sa.String(length=80), nullable=False),
        sa.Column("parent", sa.String(length=64), nullable=True),
        sa.Column("kode", sa.String(length=1), nullable=True),
        sa.Column("internal_only", sa.Boolean(), nullable=False),
        sa.Column("external", sa.Boolean(), nullable=False),
        sa.Column("locus", JSON_DOC, nullable=False),
        sa.Column("handles", JSON_DOC, nullable=False),
        sa.Column("keywords", JSON_DOC, nullable=False),
        sa.Column("counts_from", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["region"], ["desk_regions.code"], name=op.f("fk_desk_opds_region_desk_regions")
        ),
        sa.PrimaryKeyConstraint("code", "valid_from", name=op.f("pk_desk_opds")),
    )
    with op.batch_alter_table("desk_opds", schema=None) as batch_op:
        batch_op.create_index("ix_desk_opds_region", ["region", "valid_to"], unique=False)

    op.create_table(
        "desk_sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["username"], ["desk_users.username"], name=op.f("fk_desk_sessions_username_desk_users")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_desk_sessions")),
    )
    with op.batch_alter_table("desk_sessions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_desk_sessions_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_desk_sessions_username"), ["username"], unique=False)

    op.create_table(
        "ingest_acts",
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("ticket", sa.String(length=16), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket"],
            ["ingest_complaints.ticket"],
            name=op.f("fk_ingest_acts_ticket_ingest_complaints"),
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_ingest_acts")),
    )
    with op.batch_alter_table("ingest_acts", schema=None) as batch_op:
        batch_op.create_index("ix_ingest_acts_ticket", ["ticket", "received_at"], unique=False)

    op.create_table(
        "ingest_files",
        sa.Column("file_id", sa.String(length=32), nullable=False),
        sa.Column("ticket", sa.String(length=16), nullable=False),
        sa.Column("act_id", sa.String(length=64), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("object_name", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket"],
            ["ingest_complaints.ticket"],
            name=op.f("fk_ingest_files_ticket_ingest_complaints"),
        ),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_ingest_files")),
        sa.UniqueConstraint("object_name", name=op.f("uq_ingest_files_object_name")),
    )
    with op.batch_alter_table("ingest_files", schema=None) as batch_op:
        batch_op.create_index("ix_ingest_files_ticket", ["ticket", "position"], unique=False)


def downgrade() -> None:
    """Back to the one before."""
    with op.batch_alter_table("ingest_files", schema=None) as batch_op:
        batch_op.drop_index("ix_ingest_files_ticket")

    op.drop_table("ingest_files")
    with op.batch_alter_table("ingest_acts", schema=None) as batch_op:
        batch_op.drop_index("ix_ingest_acts_ticket")

    op.drop_table("ingest_acts")
    with op.batch_alter_table("desk_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_desk_sessions_username"))
        batch_op.drop_index(batch_op.f("ix_desk_sessions_expires_at"))

    op.drop_table("desk_sessions")
    with op.batch_alter_table("desk_opds", schema=None) as batch_op:
        batch_op.drop_index("ix_desk_opds_region")

    op.drop_table("desk_opds")
    op.drop_table("desk_case_events")
    with op.batch_alter_table("scoring_surveys", schema=None) as batch_op:
        batch_op.drop_index("ix_scoring_surveys_opd")

    op.drop_table("scoring_surveys")
    op.drop_table("scoring_skm_counters")
    op.drop_table("scoring_events")
    op.drop_table("scoring_counters")
    with op.batch_alter_table("scoring_cases", schema=None) as batch_op:
        batch_op.drop_index("ix_scoring_cases_region")

    op.drop_table("scoring_cases")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_pending",
            sqlite_where=sa.text("published_at IS NULL"),
            postgresql_where=sa.text("published_at IS NULL"),
        )
        batch_op.drop_index("ix_outbox_created_at")

    op.drop_table("outbox")
    op.drop_table("meta")
    op.drop_table("leases")
    with op.batch_alter_table("ingest_tokens", schema=None) as batch_op:
        batch_op.drop_index("ix_ingest_tokens_opd")

    op.drop_table("ingest_tokens")
    op.drop_table("ingest_surveys")
    op.drop_table("ingest_notices")
    op.drop_table("ingest_keys")
    with op.batch_alter_table("ingest_idempotency", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ingest_idempotency_created_at"))

    op.drop_table("ingest_idempotency")
    with op.batch_alter_table("ingest_erasures", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ingest_erasures_ticket"))

    op.drop_table("ingest_erasures")
    with op.batch_alter_table("ingest_complaints", schema=None) as batch_op:
        batch_op.drop_index("ix_ingest_complaints_received_at")
        batch_op.drop_index("ix_ingest_complaints_phone_hash")

    op.drop_table("ingest_complaints")
    op.drop_table("inbox")
    with op.batch_alter_table("desk_waiting_acts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_desk_waiting_acts_ticket"))

    op.drop_table("desk_waiting_acts")
    op.drop_table("desk_users")
    op.drop_table("desk_regions")
    with op.batch_alter_table("desk_login_attempts", schema=None) as batch_op:
        batch_op.drop_index("ix_desk_login_attempts_subject")

    op.drop_table("desk_login_attempts")
    with op.batch_alter_table("desk_cases", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_desk_cases_window",
            sqlite_where=sa.text("open AND window_until IS NOT NULL"),
            postgresql_where=sa.text("open AND window_until IS NOT NULL"),
        )
        batch_op.drop_index("ix_desk_cases_status")
        batch_op.drop_index("ix_desk_cases_region_queue")
        batch_op.drop_index("ix_desk_cases_queue")

    op.drop_table("desk_cases")
    with op.batch_alter_table("desk_audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_desk_audit_ticket"))

    op.drop_table("desk_audit")
    with op.batch_alter_table("dead_letters", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dead_letters_ticket"))
        batch_op.drop_index(batch_op.f("ix_dead_letters_region"))

    op.drop_table("dead_letters")
    with op.batch_alter_table("classifier_results", schema=None) as batch_op:
        batch_op.drop_index("ix_classifier_results_created_at")

    op.drop_table("classifier_results")
    with op.batch_alter_table("classifier_corrections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_classifier_corrections_ticket"))

    op.drop_table("classifier_corrections")
