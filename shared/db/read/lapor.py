"""What SP4N-LAPOR! does not know yet of a region's cases, from desk's tables; masked texts only.

Accusations are in no answer: they are Inspektorat's own to report.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from shared.contracts.case import CaseEventType
from shared.contracts.enums import Actor
from shared.db.tables.desk import desk_case_events, desk_cases

_case, _event = desk_cases.c, desk_case_events.c
_BY_PEOPLE = (Actor.HANDLER.value, Actor.COORDINATOR.value)
IMPORTED = "lapor"
"""Who stands on a step that LAPOR! told us of (`services.desk.lapor`)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Words to the citizen by a person of ours; `told`: they came from LAPOR! itself."""

    at: datetime
    opd: str
    text: str
    type: CaseEventType
    told: bool


@dataclass(frozen=True, slots=True)
class LaporCase:
    """A case with its answers, oldest first; `row` holds the columns of `desk_cases`."""

    row: Any
    answers: tuple[Answer, ...]

    @property
    def new_answers(self) -> tuple[Answer, ...]:
        """Answers of ours that LAPOR! has not told back with the same words."""
        known = {_plain(answer.text) for answer in self.answers if answer.told}
        return tuple(a for a in self.answers if not a.told and _plain(a.text) not in known)


def lapor_cases(
    conn: Connection, region: str, *, known: bool, since: datetime | None = None
) -> Iterator[LaporCase]:
    """The region's cases that LAPOR! knows (or does not), by receipt; without spam and withdrawn.

    `since`: only those received (known ones: changed) from then on.
    """
    tells = _case.lapor_id.is_not(None) if known else _case.lapor_id.is_(None)
    query = select(desk_cases).where(
        _case.region == region,
        tells,
        _case.restricted.is_(False),
        _case.spam.is_(False),
        _case.status != "dibatalkan",
    )
    if not known:
        query = query.where(_case.lapor.is_(False))
    if since is not None:
        query = query.where((_case.changed_at if known else _case.received_at) >= since)
    rows = conn.execute(query.order_by(_case.received_at, _case.ticket)).all()
    for row in rows:
        yield LaporCase(row, _answers(conn, row.ticket))


def _answers(conn: Connection, ticket: str) -> tuple[Answer, ...]:
    query = select(_event.at, _event.opd, _event.text, _event.type, _event.username).where(
        _event.ticket == ticket,
        # What LAPOR! told of an answer of ours is kept as a note.
        or_(_event.public.is_(True), _event.username == IMPORTED),
        _event.text.is_not(None),
        _event.actor.in_(_BY_PEOPLE),
    )
    rows = conn.execute(query.order_by(_event.sequence))
    return tuple(
        Answer(row.at, row.opd, row.text, CaseEventType(row.type), row.username == IMPORTED)
        for row in rows
    )


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
