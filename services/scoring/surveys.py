"""Surveys: kept as answers and added up per OPD, service and day, once each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from shared.db.statements import insert_new, upsert_add
from shared.db.tables.scoring import scoring_skm_counters, scoring_surveys
from shared.scores.measures import month_of
from shared.scores.periods import BY_DAY, BY_MONTH, OF_ALL_SERVICES
from shared.scores.skm import RESPONDENTS, of_comment

SurveyKey = tuple[str, int, int, str, str, str]
"""Region, grain, step, OPD, service, element: the primary key of the counters."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What a survey adds to the SKM."""

    receipt: str
    region: str
    opd: str
    service: str
    day: int
    answers: dict[str, int]
    token_used: bool
    sentiment: str = ""
    commented: bool = False


def keep(conn: Connection, rows: list[dict[str, Any]]) -> None:
    """Keep new surveys and count them; one that is there already changes nothing."""
    fresh = insert_new(conn, scoring_surveys, sorted(rows, key=lambda r: r["receipt"]), "receipt")
    add(conn, sums(_survey(row) for row in rows if row["receipt"] in fresh))


def _survey(row: dict[str, Any]) -> Survey:
    return Survey(
        row["receipt"], row["region"], row["opd"], row["service"], row["day"],
        row["answers"], row["token_used"], row["sentiment"], row["commented"],
    )  # fmt: skip


def sums(surveys: Iterable[Survey]) -> dict[SurveyKey, tuple[int, int]]:
    """What surveys add to the counters: total and n of each key.

    A sentiment counts only where the respondent wrote words: without any it says nothing.
    """
    found: dict[SurveyKey, tuple[int, int]] = {}
    for survey in surveys:
        parts = [(RESPONDENTS, int(survey.token_used)), *sorted(survey.answers.items())]
        if survey.commented:
            parts.append((of_comment(survey.sentiment), 0))
        for grain, step, service in _grains(survey):
            for element, value in parts:
                key = (survey.region, grain, step, survey.opd, service, element)
                total, n = found.get(key, (0, 0))
                found[key] = (total + value, n + 1)
    return found


def _grains(survey: Survey) -> tuple[tuple[int, int, str], ...]:
    """By day and month, of its service and of all: an OPD may have hundreds of services."""
    day, month = survey.day, month_of(survey.day)
    return (
        (BY_DAY, day, survey.service),
        (BY_MONTH, month, survey.service),
        (BY_DAY + OF_ALL_SERVICES, day, ""),
        (BY_MONTH + OF_ALL_SERVICES, month, ""),
    )


def add(conn: Connection, changes: dict[SurveyKey, tuple[int, int]]) -> None:
    """Add to the counters, in key order."""
    columns = ("region", "grain", "step", "opd", "service", "element")
    rows: list[dict[str, Any]] = [
        {**dict(zip(columns, key, strict=True)), "total": total, "n": n}
        for key, (total, n) in changes.items()
        if total or n
    ]
    upsert_add(conn, scoring_skm_counters, rows, ["total", "n"])


def every_survey(conn: Connection) -> Iterator[Survey]:
    """All surveys, without holding them all in memory."""
    c = scoring_surveys.c
    query = select(
        c.receipt, c.region, c.opd, c.service, c.day, c.answers, c.token_used, c.sentiment,
        c.commented,
    )  # fmt: skip
    for row in conn.execute(query, execution_options={"yield_per": 5000}):
        yield Survey(*row)
