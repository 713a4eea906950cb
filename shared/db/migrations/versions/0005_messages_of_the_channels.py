"""Messages of the channels, talks with citizens, and what is sent back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
JSON_DOC: sa.JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "ingest_deliveries",
        sa.Column("id", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("ticket", sa.String(length=16), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.String(length=16), nullable=True),
        sa.Column("region", sa.String(length=16), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("chain", JSON_DOC, nullable=False),
        sa.Column("sender_hash", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("provider_hash", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingest_deliveries")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("ingest_deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_ingest_deliveries_provider_hash", ["provider_hash"], unique=False)
        batch_op.create_index(
            "ix_ingest_deliveries_state_due_at", ["state", "due_at"], unique=False
        )
        batch_op.create_index("ix_ingest_deliveries_ticket", ["ticket"], unique=False)

    op.create_table(
        "ingest_messages",
        sa.Column("id", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("sender_hash", sa.String(length=64), nullable=False),
        sa.Column("region", sa.String(length=16), nullable=True),
        sa.Column("group_hash", sa.String(length=64), nullable=True),
        sa.Column("part", sa.Integer(), nullable=True),
        sa.Column("parts", sa.Integer(), nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingest_messages")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_ingest_messages_key_hash")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("ingest_messages", schema=None) as batch_op:
        batch_op.create_index("ix_ingest_messages_group_hash", ["group_hash"], unique=False)
        batch_op.create_index("ix_ingest_messages_sender_hash", ["sender_hash", "id"], unique=False)
        batch_op.create_index("ix_ingest_messages_state_due_at", ["state", "due_at"], unique=False)

    op.create_table(
        "ingest_talks",
        sa.Column("sender_hash", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("region", sa.String(length=16), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("ticket", sa.String(length=16), nullable=True),
        sa.Column("said_at", INSTANT, nullable=True),
        sa.Column("heard_at", INSTANT, nullable=False),
        sa.Column("stopped_at", INSTANT, nullable=True),
        sa.Column("asked", sa.String(length=20), nullable=True),
        sa.Column("asked_at", INSTANT, nullable=True),
        sa.Column("progress", JSON_DOC, nullable=False),
        sa.PrimaryKeyConstraint("sender_hash", name=op.f("pk_ingest_talks")),
    )
    with op.batch_alter_table("ingest_talks", schema=None) as batch_op:
        batch_op.create_index("ix_ingest_talks_heard_at", ["heard_at"], unique=False)


def downgrade() -> None:
    """Back to the one before."""
    with op.batch_alter_table("ingest_talks", schema=None) as batch_op:
        batch_op.drop_index("ix_ingest_talks_heard_at")

    op.drop_table("ingest_talks")
    with op.batch_alter_table("ingest_messages", schema=None) as batch_op:
        batch_op.drop_index("ix_ingest_messages_state_due_at")
        batch_op.drop_index("ix_ingest_messages_sender_hash")
        batch_op.drop_index("ix_ingest_messages_group_hash")

    op.drop_table("ingest_messages")
    with op.batch_alter_table("ingest_deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_ingest_deliveries_ticket")
        batch_op.drop_index("ix_ingest_deliveries_state_due_at")
        batch_op.drop_index("ix_ingest_deliveries_provider_hash")

    op.drop_table("ingest_deliveries")
