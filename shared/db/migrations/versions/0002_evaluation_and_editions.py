"""Evaluation, editions, services, and scores as they were published."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
JSON_DOC: sa.JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "desk_assessments",
        sa.Column("id", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("region", sa.String(length=16), nullable=False),
        sa.Column("opd", sa.String(length=64), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=8), nullable=False),
        sa.Column("value", sa.String(length=16), nullable=True),
        sa.Column("n", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", JSON_DOC, nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_assessments")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("desk_assessments", schema=None) as batch_op:
        batch_op.create_index("ix_desk_assessments_opd", ["opd", "year", "item"], unique=False)
        batch_op.create_index("ix_desk_assessments_region", ["region", "year"], unique=False)

    op.create_table(
        "desk_editions",
        sa.Column("id", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("region", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("period", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("printed", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("printed_sha256", sa.String(length=64), nullable=False),
        sa.Column("signed_by", sa.String(length=64), nullable=False),
        sa.Column("signer_name", sa.String(length=120), nullable=False),
        sa.Column("signer_post", sa.String(length=160), nullable=False),
        sa.Column("signed_at", INSTANT, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("differences", JSON_DOC, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_editions")),
        sa.UniqueConstraint(
            "scope",
            "kind",
            "period",
            "number",
            name=op.f("uq_desk_editions_scope_kind_period_number"),
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("desk_editions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_desk_editions_region", ["region", "kind", "signed_at"], unique=False
        )

    op.create_table(
        "desk_followups",
        sa.Column("id", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("region", sa.String(length=16), nullable=False),
        sa.Column("opd", sa.String(length=64), nullable=False),
        sa.Column("service", sa.String(length=200), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("result_on", sa.Date(), nullable=False),
        sa.Column("element", sa.String(length=16), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("evidence", JSON_DOC, nullable=False),
        sa.Column("created_on", sa.Date(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_followups")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("desk_followups", schema=None) as batch_op:
        batch_op.create_index("ix_desk_followups_opd", ["opd", "year"], unique=False)
        batch_op.create_index("ix_desk_followups_region", ["region", "year"], unique=False)

    op.create_table(
        "desk_services",
        sa.Column("opd", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("region", sa.String(length=16), nullable=False),
        sa.Column("users_per_year", sa.Integer(), nullable=True),
        sa.Column("sippn_url", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("opd", "name", "valid_from", name=op.f("pk_desk_services")),
    )
    with op.batch_alter_table("desk_services", schema=None) as batch_op:
        batch_op.create_index(
            "ix_desk_services_region",
            ["region"],
            unique=False,
            sqlite_where=sa.text("valid_to IS NULL"),
            postgresql_where=sa.text("valid_to IS NULL"),
        )

    op.create_table(
        "scoring_case_units",
        sa.Column("opd", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ticket", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("opd", "day", "ticket", name=op.f("pk_scoring_case_units")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "scoring_published",
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.String(length=8), nullable=True),
        sa.Column("low", sa.String(length=8), nullable=False),
        sa.Column("high", sa.String(length=8), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("unit", "day", name=op.f("pk_scoring_published")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("scoring_surveys", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("commented", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    _add_coarser_grains()


def _add_coarser_grains() -> None:
    """Counters by year, summed from those by month; the cohorts by month go (shared/scores)."""
    for old, new, step, tick in (
        (1, 8, "step", "tick / 12"),
        (6, 9, "step / 12", "tick"),
        (7, 10, "step / 12", "tick"),
        (7, 11, "step / 12", "tick / 12"),
    ):
        op.execute(
            "INSERT INTO scoring_counters (region, grain, step, tick, opd, measure, n) "  # noqa: S608
            f"SELECT region, {new}, {step}, {tick}, opd, measure, sum(n) FROM scoring_counters "
            f"WHERE grain = {old} GROUP BY region, {step}, {tick}, opd, measure"
        )
    op.execute("DELETE FROM scoring_counters WHERE grain IN (6, 7)")


def downgrade() -> None:
    """Back to the one before; `tanggap score rebuild` then restores the cohorts by month."""
    op.execute("DELETE FROM scoring_counters WHERE grain > 7")
    with op.batch_alter_table("scoring_surveys", schema=None) as batch_op:
        batch_op.drop_column("commented")

    op.drop_table("scoring_published")
    op.drop_table("scoring_case_units")
    with op.batch_alter_table("desk_services", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_desk_services_region",
            sqlite_where=sa.text("valid_to IS NULL"),
            postgresql_where=sa.text("valid_to IS NULL"),
        )

    op.drop_table("desk_services")
    with op.batch_alter_table("desk_followups", schema=None) as batch_op:
        batch_op.drop_index("ix_desk_followups_region")
        batch_op.drop_index("ix_desk_followups_opd")

    op.drop_table("desk_followups")
    with op.batch_alter_table("desk_editions", schema=None) as batch_op:
        batch_op.drop_index("ix_desk_editions_region")

    op.drop_table("desk_editions")
    with op.batch_alter_table("desk_assessments", schema=None) as batch_op:
        batch_op.drop_index("ix_desk_assessments_region")
        batch_op.drop_index("ix_desk_assessments_opd")

    op.drop_table("desk_assessments")
