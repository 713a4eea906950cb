"""Earlier cases that may be about the same incident, for a person: only those they may open.

The classifier suggests tickets (`duplicates`); what they hold is not known to it. A ticket that the
person may not open does not exist for them, so it is left out without a trace.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from services.desk.permissions import Viewer, may_open
from shared.db.read.directory import Directory
from shared.db.tables.desk import desk_cases

_MOST = 1_000


def openable(
    conn: Connection,
    tickets: Iterable[str],
    viewer: Viewer,
    directory: Directory,
    *,
    restricted: bool = False,
) -> dict[str, dict[str, Any]]:
    """Of these cases, those the person may open, by ticket: what a list says of them.

    `restricted`: reports about officers too, which only the page of such a report names.
    """
    wanted = sorted(set(tickets))[:_MOST]
    if not wanted:
        return {}
    case = desk_cases.c
    columns = (
        case.ticket, case.region, case.opd, case.restricted, case.accused, case.anonymous,
        case.status, case.category, case.received_at,
    )  # fmt: skip
    rows = conn.execute(select(*columns).where(case.ticket.in_(wanted)))
    return {
        row.ticket: {
            "ticket": row.ticket,
            "opd": row.opd,
            "status": row.status,
            "category": row.category,
            "received_at": row.received_at.isoformat(),
        }
        for row in rows
        if (restricted or not row.restricted) and may_open(viewer, row, directory)
    }


def chosen(tickets: Iterable[str], known: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that are known, in their order: the earliest first."""
    return [known[ticket] for ticket in tickets if ticket in known]
