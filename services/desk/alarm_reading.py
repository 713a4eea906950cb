"""Running alarms for the pages of the staff: bounded by the person's scope, and free of words.

What is shown of a case that waits is its ticket, category, unit and age; never text or place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from services.desk.permissions import Scope
from services.desk.reading import in_scope
from shared.db.tables.desk import desk_alarms, desk_cases

BANNER = 20
"""Most alarms a page lists."""
_alarm = desk_alarms.c


@dataclass(frozen=True, slots=True)
class WaitingAlarm:
    """An alarm that no person has acted on; nothing of what the citizen wrote."""

    ticket: str
    opd: str
    category: str
    restricted: bool
    received_at: datetime
    told: bool
    attempts: int


def waiting(conn: Connection, scopes: Sequence[Scope], limit: int = BANNER) -> list[WaitingAlarm]:
    """The alarms of these scopes on which nobody has acted, the longest waiting first."""
    if not scopes:
        return []
    case = desk_cases.c
    rows = conn.execute(
        select(
            case.ticket, case.opd, case.category, case.restricted, case.received_at,
            _alarm.told_at.is_not(None).label("told"), _alarm.attempts,
        )
        .join(desk_alarms, _alarm.ticket == case.ticket)
        .where(_alarm.ended_at.is_(None), _alarm.seen_at.is_(None))
        .where(or_(*(in_scope(scope) for scope in scopes)))
        .order_by(case.received_at, case.ticket)
        .limit(limit)
    )  # fmt: skip
    return [WaitingAlarm(**row._mapping) for row in rows]


def alarm_of(conn: Connection, ticket: str) -> dict[str, Any] | None:
    """The running alarm of a case, as its page shows it."""
    row = conn.execute(
        select(desk_alarms).where(_alarm.ticket == ticket, _alarm.ended_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    return {
        "raised_at": row.raised_at.isoformat(),
        "seen": row.seen_at is not None,
        "reply": row.reply,
        "told": row.told_at is not None,
        "attempts": row.attempts,
    }
