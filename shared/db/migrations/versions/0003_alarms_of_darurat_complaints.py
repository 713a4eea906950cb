"""Alarms of complaints that are darurat."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "desk_alarms",
        sa.Column("ticket", sa.String(length=16), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=16), nullable=False),
        sa.Column("raised_at", INSTANT, nullable=False),
        sa.Column("reply", sa.String(length=160), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", INSTANT, nullable=True),
        sa.Column("told_at", INSTANT, nullable=True),
        sa.Column("cleared_at", INSTANT, nullable=True),
        sa.Column("trouble", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket"], ["desk_cases.ticket"], name=op.f("fk_desk_alarms_ticket_desk_cases")
        ),
        sa.PrimaryKeyConstraint("ticket", "sequence", name=op.f("pk_desk_alarms")),
    )
    with op.batch_alter_table("desk_alarms", schema=None) as batch_op:
        batch_op.create_index(
            "ix_desk_alarms_message",
            ["next_at"],
            unique=False,
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_desk_alarms_open",
            ["region"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )


def downgrade() -> None:
    """Back to the one before."""
    with op.batch_alter_table("desk_alarms", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_desk_alarms_open",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_desk_alarms_message",
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )

    op.drop_table("desk_alarms")
