"""Reads what the citizen may see of an opened case, from desk's tables."""

from datetime import datetime

from sqlalchemy import Connection

from services.ingest.tracking import CaseView, Due, Entry
from shared.contracts.enums import Actor, CitizenAct
from shared.db.read.cases import CitizenAlarm, CitizenEntry, citizen_view

_PREFIX, _SUFFIX = "tanggap.case.", ".v1"


def read_case(conn: Connection, ticket: str, now: datetime) -> CaseView | None:
    """The case, or none while it has not been opened."""
    found = citizen_view(conn, ticket)
    if found is None:
        return None
    due = found.due
    # In the order of the events; the automatic reply follows the event that raised the alarm.
    entries = [(entry.sequence, 0, _entry(entry)) for entry in found.timeline]
    entries += [(alarm.sequence, 1, _reply(alarm)) for alarm in found.alarms]
    entries.sort(key=lambda entry: entry[:2])
    return CaseView(
        status=found.status,
        opd=found.opd,
        due=Due(due.get("verify"), due.get("first_response"), due.get("finish")),
        timeline=[entry for _, _, entry in entries],
        question=found.question,
        allowed=frozenset(act for act in CitizenAct if found.may(act, now)),
        done=frozenset(found.done),
        emergency=any(alarm.running for alarm in found.alarms),
    )


def _reply(alarm: CitizenAlarm) -> Entry:
    return Entry(at=alarm.at, type="emergency", by="system", text=alarm.reply)


def _entry(entry: CitizenEntry) -> Entry:
    kind = entry.type.value.removeprefix(_PREFIX).removesuffix(_SUFFIX)
    return Entry(
        at=entry.at,
        type=kind,
        by=entry.actor.value,
        text=entry.text,
        opd=entry.opd,
        score=entry.score,
        reason=entry.reason,
        external=entry.external,
        act_id=entry.act_id if entry.actor is Actor.CITIZEN else None,
    )
