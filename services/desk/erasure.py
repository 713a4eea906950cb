"""A citizen's right to erasure, desk's part: every text of the case goes, the figures stay."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, update

from shared.db.tables.desk import (
    desk_audit,
    desk_case_events,
    desk_cases,
    desk_waiting_acts,
)

ERASED = "[dihapus atas permintaan pelapor]"


def erase(conn: Connection, ticket: str, now: datetime, username: str = "-") -> bool:
    """Remove what the citizen and staff wrote; false when there is no such case."""
    found = conn.execute(
        update(desk_cases)
        .where(desk_cases.c.ticket == ticket)
        .values(text=ERASED, pii=[], location=None, hints={}, service=None)
    )
    conn.execute(
        update(desk_case_events)
        .where(desk_case_events.c.ticket == ticket, desk_case_events.c.text.is_not(None))
        .values(text=ERASED)
    )
    conn.execute(delete(desk_waiting_acts).where(desk_waiting_acts.c.ticket == ticket))
    conn.execute(
        insert(desk_audit).values(at=now, username=username, action="erase", ticket=ticket)
    )
    return found.rowcount == 1
