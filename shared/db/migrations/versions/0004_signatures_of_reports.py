"""Signatures of reports, by which reports of one incident are noticed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON_DOC: sa.JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "classifier_signatures",
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("marks", JSON_DOC, nullable=False),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_classifier_signatures")),
    )
    with op.batch_alter_table("classifier_signatures", schema=None) as batch_op:
        batch_op.create_index("ix_classifier_signatures_at", ["at"], unique=False)

    op.create_table(
        "classifier_bands",
        sa.Column("band", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("band", "at", "reference", name=op.f("pk_classifier_bands")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("classifier_bands", schema=None) as batch_op:
        batch_op.create_index("ix_classifier_bands_at", ["at"], unique=False)


def downgrade() -> None:
    """Back to the one before."""
    with op.batch_alter_table("classifier_bands", schema=None) as batch_op:
        batch_op.drop_index("ix_classifier_bands_at")

    op.drop_table("classifier_bands")
    with op.batch_alter_table("classifier_signatures", schema=None) as batch_op:
        batch_op.drop_index("ix_classifier_signatures_at")

    op.drop_table("classifier_signatures")
