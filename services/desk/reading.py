"""Reading queues and cases for one person: every query is bounded by the person's scope."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from services.desk.permissions import Scope
from shared.contracts.enums import Status
from shared.db.read.directory import triage_unit
from shared.db.tables.common import dead_letters
from shared.db.tables.desk import desk_case_events, desk_cases, desk_users

CLOCKS = ("verify", "first_response", "finish")
PAGE = 50
MAX_PAGE = 200
MAX_RANK = 9
_case = desk_cases.c


class BadCursorError(ValueError):
    """`after` is not one this API gave out."""


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What of the scope a list shows."""

    opd: str | None = None
    status: Status | None = None
    overdue: bool = False
    closed: bool = False


def in_scope(scope: Scope) -> ColumnElement[bool]:
    """The cases a list of this scope may show."""
    parts: list[ColumnElement[bool]] = [_case.region == scope.region]
    if scope.units is not None:
        parts.append(_case.opd.in_(scope.units))
    if scope.restricted is not None:
        parts.append(_case.restricted.is_(scope.restricted))
    parts.append(
        or_(
            _case.restricted.is_(False),
            _case.accused.is_(None),
            _case.accused.not_in(scope.not_accused),
        )
    )
    return and_(*parts)


def overdue_clause(now: datetime) -> ColumnElement[bool]:
    """Cases with a clock whose deadline has passed undone."""
    return or_(
        *(and_(_case[f"done_{clock}"].is_(False), _case[f"due_{clock}"] <= now) for clock in CLOCKS)
    )


def queue(
    conn: Connection,
    scope: Scope,
    now: datetime,
    *,
    after: str | None = None,
    wanted: QueueFilter | None = None,
    limit: int = PAGE,
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of a queue, the most pressing first, and the next page's cursor (none: the end)."""
    wanted = wanted or QueueFilter()
    query = select(desk_cases).where(in_scope(scope), _case.open.is_(not wanted.closed))
    if wanted.opd:
        query = query.where(_case.opd == wanted.opd)
    if wanted.status:
        query = query.where(_case.status == wanted.status.value)
    if wanted.overdue:
        query = query.where(overdue_clause(now))
    if after:
        query = query.where(_beyond(after))
    rows = conn.execute(
        query.order_by(_case.rank, _case.next_due, _case.ticket).limit(limit + 1)
    ).all()
    items = [item(row, now) for row in rows[:limit]]
    return items, _cursor(rows[limit - 1]) if len(rows) > limit else None


def item(row: Any, now: datetime) -> dict[str, Any]:
    """A case in a list."""
    return {
        "ticket": row.ticket,
        "version": row.version,
        "status": row.status,
        "opd": row.opd,
        "kind": row.kind,
        "category": row.category,
        "urgency": row.urgency,
        "text": row.text,
        "restricted": row.restricted,
        "anonymous": row.anonymous,
        "confidential": row.confidential,
        "assignee": row.assignee,
        "paused": row.paused,
        "refusals": row.refusals,
        "reopenings": row.reopenings,
        "received_at": row.received_at.isoformat(),
        "suggestions": [guess["opd"] for guess in row.hints.get("opd", [])],
        "due": {clock: _iso(getattr(row, f"due_{clock}")) for clock in CLOCKS},
        "done": [clock for clock in CLOCKS if getattr(row, f"done_{clock}")],
        "overdue": overdue(row, now),
    }


def overdue(row: Any, now: datetime) -> list[str]:
    """The clocks of a row whose deadline has passed undone."""
    return [
        clock
        for clock in CLOCKS
        if not getattr(row, f"done_{clock}")
        and (due := getattr(row, f"due_{clock}")) is not None
        and due <= now
    ]


def detail(conn: Connection, ticket: str, now: datetime) -> dict[str, Any] | None:
    """Everything of a case that its holder sees; the caller has checked the permission."""
    row = conn.execute(select(desk_cases).where(_case.ticket == ticket)).one_or_none()
    if row is None:
        return None
    more = {
        "region": row.region,
        "berkadar_pengawasan": row.berkadar_pengawasan,
        "channel": row.channel,
        "service": row.service,
        "location": row.location,
        "files": row.files,
        "pii": row.pii,
        "classification": row.hints,
        "occurred_on": row.occurred_on.isoformat() if row.occurred_on else None,
        "opened_at": row.opened_at.isoformat(),
        "closed_at": _iso(row.closed_at),
        "lapor_id": row.lapor_id,
        "verified": row.verified,
        "open": row.open,
        "window_until": _iso(row.window_until),
        "notice_failed": row.notice_failed,
        "policy": row.policy,
        "timeline": timeline(conn, ticket),
    }
    return item(row, now) | more


def timeline(conn: Connection, ticket: str) -> list[dict[str, Any]]:
    """What happened to the case, in its order, texts and notes included."""
    table = desk_case_events
    rows = conn.execute(
        select(table).where(table.c.ticket == ticket).order_by(table.c.sequence)
    ).all()
    return [
        {
            "sequence": row.sequence,
            "type": row.type.removeprefix("tanggap.case.").removesuffix(".v1"),
            "at": row.at.isoformat(),
            "actor": row.actor,
            "unit": row.unit,
            "opd": row.opd,
            "username": row.username,
            "text": row.text,
            "public": row.public,
            "data": _extras(row.data),
        }
        for row in rows
    ]


def triage(conn: Connection, scope: Scope, now: datetime, limit: int = MAX_PAGE) -> dict[str, Any]:
    """The coordinator's view: without an OPD, reopened, twice refused; and dead letters.

    `duplicates` are tickets as the classifier named them: the caller leaves out what the person
    may not open.
    """
    unit = triage_unit(scope.region)

    def found(clause: ColumnElement[bool]) -> list[dict[str, Any]]:
        rows = conn.execute(
            select(desk_cases)
            .where(in_scope(scope), _case.open.is_(True), clause)
            .order_by(_case.rank, _case.next_due, _case.ticket)
            .limit(limit)
        ).all()
        return [item(row, now) | {"duplicates": row.hints.get("duplicates", [])} for row in rows]

    return {
        "waiting": found(and_(_case.opd == unit, _case.refusals == 0)),
        "refused": found(and_(_case.opd == unit, _case.refusals > 0)),
        "reopened": found(and_(_case.opd != unit, _case.status == Status.DIBUKA_KEMBALI.value)),
        "dead": dead(conn, scope.region),
    }


def dead(conn: Connection, region: str, limit: int = MAX_PAGE) -> list[dict[str, Any]]:
    """Dead letters of the region that nobody has replayed; their content is not shown."""
    table = dead_letters.c
    rows = conn.execute(
        select(table.id, table.ticket, table.topic, table.reason, table.failed_at)
        .where(table.region == region, table.replayed_at.is_(None))
        .order_by(table.id)
        .limit(limit)
    ).all()
    return [dict(row._mapping) | {"failed_at": row.failed_at.isoformat()} for row in rows]


def counts(conn: Connection, scope: Scope, now: datetime) -> dict[str, int]:
    """How many open and overdue cases the scope holds."""
    open_ = and_(in_scope(scope), _case.open.is_(True))
    row = conn.execute(
        select(func.count(), func.count().filter(overdue_clause(now))).where(open_)
    ).one()
    return {"open": row[0], "overdue": row[1]}


def colleagues(conn: Connection, units: Sequence[str]) -> list[str]:
    """User names of the handlers a case of these units can be assigned to."""
    query = select(desk_users.c.username).where(
        desk_users.c.opd.in_(units), desk_users.c.disabled_at.is_(None)
    )
    return list(conn.execute(query.order_by(desk_users.c.username)).scalars())


def _extras(data: dict[str, Any]) -> dict[str, Any]:
    known = {"ticket", "region", "sequence", "opd", "unit", "actor"}
    return {name: value for name, value in data.items() if name not in known}


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _cursor(row: Any) -> str:
    place = orjson.dumps([row.rank, row.next_due.isoformat(), row.ticket])
    return base64.urlsafe_b64encode(place).decode().rstrip("=")


def _beyond(cursor: str) -> ColumnElement[bool]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        rank, due, ticket = orjson.loads(base64.urlsafe_b64decode(padded))
        given = datetime.fromisoformat(due)
        # To UTC here already: a moment at the edge of the calendar cannot be moved there.
        at = given.astimezone(UTC)
        known = given.tzinfo is not None and type(rank) is int and type(ticket) is str
        if not known or not ticket.isprintable() or abs(rank) > MAX_RANK:
            raise BadCursorError
    except (ValueError, TypeError, OverflowError, binascii.Error) as error:
        raise BadCursorError("after") from error
    same_rank = _case.rank == rank
    return or_(
        _case.rank > rank,
        and_(same_rank, _case.next_due > at),
        and_(same_rank, _case.next_due == at, _case.ticket > ticket),
    )
