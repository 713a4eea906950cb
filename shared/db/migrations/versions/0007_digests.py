"""Where staff get the morning's digest, and which were sent."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """To this revision."""
    op.add_column("desk_users", sa.Column("email", sa.String(length=200), nullable=True))
    op.create_table(
        "desk_digests",
        sa.Column("recipient", sa.String(length=80), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("next_at", INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("trouble", sa.String(length=24), nullable=True),
        sa.PrimaryKeyConstraint("recipient", "day", name=op.f("pk_desk_digests")),
    )
    with op.batch_alter_table("desk_digests", schema=None) as batch_op:
        batch_op.create_index(
            "ix_desk_digests_due",
            ["next_at"],
            unique=False,
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )


def downgrade() -> None:
    """Back to the one before."""
    with op.batch_alter_table("desk_digests", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_desk_digests_due",
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )
    op.drop_table("desk_digests")
    op.drop_column("desk_users", "email")
