"""What was accepted and what became of it, by counting rows; knows nothing of metrics."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    Table,
    cast,
    exists,
    func,
    literal,
    select,
)

from shared.db.tables.common import dead_letters, outbox
from shared.db.tables.desk import desk_cases
from shared.db.tables.ingest import ingest_complaints, ingest_keys, ingest_surveys
from shared.db.tables.scoring import scoring_cases, scoring_surveys

# What is younger may still be on its way and is not missed yet.
PATIENCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class OutboxBacklog:
    """Unpublished outbox rows of one service."""

    service: str
    pending: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class DeadLetterCount:
    """Dead letters that nobody has replayed."""

    group: str
    reason: str
    n: int


@dataclass(frozen=True, slots=True)
class Accounting:
    """How many of each there are, and how many are missing further down.

    `missing_cases`: complaints accepted that opened no case and are no dead letter;
    `missing_case_scores`: cases opened that scoring does not know; `missing_survey_scores`: the
    same for surveys. Only what is older than `PATIENCE` can be missing.
    """

    complaints: int
    surveys: int
    cases: int
    cases_scored: int
    surveys_scored: int
    missing_cases: int
    missing_case_scores: int
    missing_survey_scores: int


def outbox_backlog(conn: Connection) -> list[OutboxBacklog]:
    """The unpublished rows of every service that has some."""
    rows = conn.execute(
        select(outbox.c.service, func.count(), func.min(outbox.c.created_at))
        .where(outbox.c.published_at.is_(None))
        .group_by(outbox.c.service)
    )
    return [OutboxBacklog(service, pending, oldest) for service, pending, oldest in rows]


def dead_letter_counts(conn: Connection) -> list[DeadLetterCount]:
    """Dead letters that wait for somebody, by group and reason."""
    group, reason = dead_letters.c.group, dead_letters.c.reason
    rows = conn.execute(
        select(group, reason, func.count())
        .where(dead_letters.c.replayed_at.is_(None))
        .group_by(group, reason)
        .order_by(group, reason)
    )
    return [DeadLetterCount(*row) for row in rows]


def accounting(conn: Connection, now: datetime) -> Accounting:
    """Count what was accepted and what it became, in the connection's snapshot."""
    horizon = now - PATIENCE
    complaint, survey, case = ingest_complaints.c, ingest_surveys.c, desk_cases.c
    return Accounting(
        complaints=_count(conn, ingest_complaints),
        surveys=_count(conn, ingest_surveys),
        cases=_count(conn, desk_cases),
        cases_scored=_count(conn, scoring_cases),
        surveys_scored=_count(conn, scoring_surveys),
        missing_cases=_missing(
            conn, complaint.ticket, case.ticket, complaint.received_at < horizon
        ),
        missing_case_scores=_missing(
            conn, case.ticket, scoring_cases.c.ticket, case.opened_at < horizon
        ),
        missing_survey_scores=_missing(
            conn,
            survey.receipt,
            scoring_surveys.c.receipt,
            survey.received_at < horizon,
            # A survey from a file has the day it was answered on; its key tells when it came in.
            ~exists(
                select(literal(1)).where(
                    ingest_keys.c.ticket == survey.receipt, ingest_keys.c.created_at >= horizon
                )
            ),
        ),
    )


def _count(conn: Connection, table: Table) -> int:
    return conn.execute(select(func.count()).select_from(table)).scalar_one()


def _missing(
    conn: Connection, here: Column[str], there: Column[str], *old: ColumnElement[bool]
) -> int:
    """Rows of `here` that are old but neither `there` nor a dead letter."""
    arrived = exists(select(literal(1)).where(there == here))
    # By key, which holds a survey's receipt as well as a ticket.
    dead = exists(select(literal(1)).where(dead_letters.c.key == cast(here, LargeBinary)))
    query = select(func.count()).select_from(here.table).where(~arrived, ~dead, *old)
    return conn.execute(query).scalar_one()
