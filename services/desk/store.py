"""Cases in the database: read under lock, written together with their events and outbox rows.

Every function works in the caller's transaction; none decides anything.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from services.desk.casework import Case, Decision, Step
from services.desk.opening import Opened
from services.desk.ports import Due, DueClocks, PastEvent
from shared.contracts.case import CaseEventType
from shared.contracts.codec import topic_type
from shared.contracts.enums import Category, Channel, Kind, Status, Urgency
from shared.contracts.notices import NotificationRequested
from shared.contracts.topics import Service, Topic
from shared.db.read.directory import Directory
from shared.db.tables.desk import desk_case_events, desk_cases
from shared.ids import new_event_id
from shared.outbox.store import Outgoing, add

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_RANKS = {Urgency.DARURAT: 0, Urgency.MENDESAK: 1, Urgency.BIASA: 2, Urgency.RENDAH: 2}
# Channels on which nobody can be written to unless they left a contact.
PAGE_CHANNELS = frozenset({Channel.WEB, Channel.WALKIN, Channel.LAPOR, Channel.OPEN311})
_ENUMS: dict[str, type[Any]] = {
    "status": Status,
    "channel": Channel,
    "kind": Kind,
    "category": Category,
    "urgency": Urgency,
}
# `window_from` is not stored: it is the reply or the end that the stored window came from.
_STORED = tuple(field.name for field in fields(Case) if field.name != "window_from")


def case_of(row: Any) -> Case:
    """The state in a row of `desk_cases`."""
    values = {name: getattr(row, name) for name in _STORED}
    for name, kind in _ENUMS.items():
        values[name] = kind(values[name])
    values["window_from"] = None
    if row.window_until is not None:
        values["window_from"] = row.replied_at if row.open else row.closed_at
    return Case(**values)


def find(conn: Connection, ticket: str) -> Case | None:
    """The case, without a lock."""
    row = conn.execute(select(desk_cases).where(desk_cases.c.ticket == ticket)).one_or_none()
    return case_of(row) if row else None


def lock(conn: Connection, tickets: Iterable[str]) -> dict[str, Case]:
    """The cases, locked in ticket order until the transaction ends (SQLite has one writer)."""
    rows = conn.execute(
        select(desk_cases)
        .where(desk_cases.c.ticket.in_(sorted(set(tickets))))
        .order_by(desk_cases.c.ticket)
        .with_for_update()
    )
    return {row.ticket: case_of(row) for row in rows}


def past_events(conn: Connection, ticket: str) -> list[PastEvent]:
    """Every event of the case in its order."""
    rows = conn.execute(
        select(desk_case_events.c.type, desk_case_events.c.at, desk_case_events.c.data)
        .where(desk_case_events.c.ticket == ticket)
        .order_by(desk_case_events.c.sequence)
    )
    return [PastEvent(CaseEventType(row.type), row.at, row.data) for row in rows]


def existing(conn: Connection, tickets: Sequence[str]) -> set[str]:
    """Those tickets that already have a case."""
    query = select(desk_cases.c.ticket).where(desk_cases.c.ticket.in_(tickets))
    return set(conn.execute(query).scalars())


def insert_opened(
    conn: Connection,
    opened: Sequence[tuple[Opened, datetime]],
    clocks: DueClocks,
    directory: Directory,
) -> None:
    """Write new cases with their first events, a few statements for all of them."""
    if not opened:
        return
    cases, events, outgoing = [], [], []
    for found, at in opened:
        step = found.step
        first = PastEvent(step.type, step.at, step.event.as_json())
        due = clocks.read(found.case, [first], directory)
        cases.append({**_case_row(found.case, due, at), **found.details, "opened_at": at})
        event_id = new_event_id()
        events.append(_event_row(step, event_id, None))
        outgoing.append(_outgoing(step, event_id))
        if (notice := _notice(found.case, step)) is not None:
            outgoing.append(notice)
    conn.execute(insert(desk_cases), cases)
    conn.execute(insert(desk_case_events), events)
    add(conn, Service.DESK, outgoing)


def write(
    conn: Connection,
    decision: Decision,
    clocks: DueClocks,
    directory: Directory,
    *,
    now: datetime,
    cause: str | None = None,
) -> Case:
    """Write a decision: its events, their outbox rows, and the case with its clocks read anew."""
    ticket = decision.case.ticket
    outgoing: list[Outgoing] = []
    rows = []
    for step in decision.steps:
        event_id = new_event_id()
        rows.append(_event_row(step, event_id, cause))
        outgoing.append(_outgoing(step, event_id))
        notice = _notice(decision.case, step)
        if notice is not None:
            outgoing.append(notice)
    conn.execute(insert(desk_case_events), rows)
    due = clocks.read(decision.case, past_events(conn, ticket), directory)
    conn.execute(
        update(desk_cases)
        .where(desk_cases.c.ticket == ticket)
        .values(_case_row(decision.case, due, now))
    )
    add(conn, Service.DESK, outgoing)
    return replace(decision.case, window_until=due.window_until)


def set_notice_failed(conn: Connection, ticket: str, outcome: str | None) -> None:
    """Remember for the case page whether the last message reached the citizen."""
    conn.execute(
        update(desk_cases).where(desk_cases.c.ticket == ticket).values(notice_failed=outcome)
    )


def _case_row(case: Case, due: Due, now: datetime) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(case, name) for name in _STORED}
    waiting = [
        hand.due
        for hand in (due.verify, due.first_response, due.finish)
        if hand.due is not None and not hand.done
    ]
    row.update(
        open=case.open,
        changed_at=now,
        due_verify=due.verify.due,
        due_first_response=due.first_response.due,
        due_finish=due.finish.due,
        done_verify=due.verify.done,
        done_first_response=due.first_response.done,
        done_finish=due.finish.done,
        window_until=due.window_until,
        rank=_RANKS[case.urgency],
        next_due=min(waiting, default=NEVER),
    )
    return row


def _event_row(step: Step, event_id: str, cause: str | None) -> dict[str, Any]:
    event = step.event
    return {
        "ticket": event.ticket,
        "sequence": event.sequence,
        "event_id": event_id,
        "type": step.type.value,
        "at": step.at,
        "actor": event.actor.value,
        "unit": event.unit,
        "opd": event.opd,
        "username": step.username,
        "cause": cause,
        "text": step.text,
        "public": step.public,
        "data": event.as_json(),
    }


def _outgoing(step: Step, event_id: str) -> Outgoing:
    return Outgoing(
        topic=Topic.CASE_EVENTS,
        type=step.type.value,
        key=step.event.ticket,
        data=step.event,
        time=step.at,
        event_id=event_id,
    )


def _notice(case: Case, step: Step) -> Outgoing | None:
    reachable = case.has_contact or case.channel not in PAGE_CHANNELS
    if step.notice is None or not reachable:
        return None
    return Outgoing(
        topic=Topic.NOTIFICATION_REQUESTED,
        type=topic_type(Topic.NOTIFICATION_REQUESTED),
        key=case.ticket,
        data=NotificationRequested(
            ticket=case.ticket,
            region=case.region,
            sequence=step.event.sequence,
            purpose=step.notice,
            channel=case.channel,
        ),
        time=step.at,
    )
