"""Receipts that came before the message they name was written."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "ingest_early_receipts",
        sa.Column("id", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("provider_hash", sa.String(length=64), nullable=False),
        sa.Column("delivery", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingest_early_receipts")),
        sa.UniqueConstraint("provider_hash", name=op.f("uq_ingest_early_receipts_provider_hash")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Back to the one before."""
    op.drop_table("ingest_early_receipts")
