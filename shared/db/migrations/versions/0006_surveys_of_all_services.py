"""Counters of the surveys of all of an OPD's services together, made of those of each."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.execute(
        "INSERT INTO scoring_skm_counters (region, grain, step, opd, service, element, total, n) "
        "SELECT region, grain + 2, step, opd, '', element, sum(total), sum(n) "
        "FROM scoring_skm_counters GROUP BY region, grain, step, opd, element"
    )


def downgrade() -> None:
    """Back to the one before."""
    op.execute("DELETE FROM scoring_skm_counters WHERE grain > 1")
