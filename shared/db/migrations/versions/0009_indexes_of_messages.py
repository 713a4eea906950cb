"""Indexes by which the messages of a ticket, a receipt's message and who is next are found."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    with op.batch_alter_table("ingest_messages") as batch_op:
        batch_op.drop_index("ix_ingest_messages_state_due_at")
        batch_op.create_index(
            "ix_ingest_messages_state", ["state", "sender_hash", "due_at"], unique=False
        )
        batch_op.create_index("ix_ingest_messages_reference", ["reference"], unique=False)
    with op.batch_alter_table("ingest_talks") as batch_op:
        batch_op.create_index("ix_ingest_talks_ticket", ["ticket"], unique=False)
    with op.batch_alter_table("ingest_deliveries") as batch_op:
        batch_op.drop_index("ix_ingest_deliveries_provider_hash")
        batch_op.create_index(
            "ix_ingest_deliveries_provider_hash", ["provider_hash", "state"], unique=False
        )


def downgrade() -> None:
    """Back to the one before."""
    with op.batch_alter_table("ingest_deliveries") as batch_op:
        batch_op.drop_index("ix_ingest_deliveries_provider_hash")
        batch_op.create_index("ix_ingest_deliveries_provider_hash", ["provider_hash"], unique=False)
    with op.batch_alter_table("ingest_talks") as batch_op:
        batch_op.drop_index("ix_ingest_talks_ticket")
    with op.batch_alter_table("ingest_messages") as batch_op:
        batch_op.drop_index("ix_ingest_messages_reference")
        batch_op.drop_index("ix_ingest_messages_state")
        batch_op.create_index("ix_ingest_messages_state_due_at", ["state", "due_at"], unique=False)
