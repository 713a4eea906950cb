"""Reads what the citizen may see of an opened case, from desk's tables."""

from datetime import UTC, datetime

from sqlalchemy import Connection

from services.ingest.tracking import CaseView, Due, Entry
from shared.contracts.enums import CitizenAct
from shared.db.read.cases import citizen_view


def read_case(conn: Connection, ticket: str) -> CaseView | None:
    """The case, or none while it has not been opened."""
    found = citizen_view(conn, ticket)
    if found is None:
        return None
    now = datetime.now(UTC)
    return CaseView(
        status=found.status,
        opd=found.opd,
        due=Due(**found.due),
        timeline=[
            Entry(
                at=entry.at,
                type=entry.type.value.removeprefix("tanggap.case.").removesuffix(".v1"),
                by=entry.actor.value,
                text=entry.text,
                opd=entry.opd,
                score=entry.score,
                act_id=entry.act_id,
            )
            for entry in found.timeline
        ],
        question=found.question,
        allowed=frozenset(act for act in CitizenAct if found.may(act, now)),
    )
