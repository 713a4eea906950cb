"""What desk does with each message and each staff action; knows neither Faust nor FastAPI.

Consumer handlers get a batch of new events of one topic and the open transaction, and may be
called again with parts of it after a rollback: they keep nothing between calls.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, delete, select

from services.desk import citizen_rules, store
from services.desk.alarm_store import Alarms, Marks
from services.desk.casework import Case, Decision
from services.desk.opening import Opened, open_case, opened_at
from services.desk.ports import DueClocks, Hints
from shared.clock import Clock
from shared.contracts.codec import Event
from shared.contracts.enums import Form
from shared.contracts.feedback import CitizenActed, FeedbackClassified
from shared.contracts.notices import (
    NotificationFinished,
    NotificationOutcome,
    NotificationPurpose,
)
from shared.db.read.directory import Directory
from shared.db.statements import insert_ignore
from shared.db.tables.desk import desk_cases, desk_waiting_acts
from shared.errors import InvalidMessageError

AfterCommit = Callable[[], None]
_FAILED = frozenset({NotificationOutcome.PERMANENT_FAILURE, NotificationOutcome.TECHNICAL_FAILURE})


class DeskHandlers:
    """The consumer handlers, with what they need."""

    def __init__(
        self,
        directory: Callable[[Connection], Directory],
        clocks: DueClocks,
        clock: Clock,
        hints: Hints,
        threshold: float,
        alarms: Alarms,
    ) -> None:
        self._directory = directory
        self._clocks = clocks
        self._clock = clock
        self._hints = hints
        self._threshold = threshold
        self._alarms = alarms

    def classified(self, conn: Connection, events: Sequence[Event]) -> AfterCommit | None:
        """Open a case for every complaint that has none yet; surveys are scoring's business."""
        directory = self._directory(conn)
        now = self._clock.now()
        found: dict[str, tuple[Opened, datetime]] = {}
        for event in events:
            data = event.data
            if not isinstance(data, FeedbackClassified) or data.form is not Form.COMPLAINT:
                continue
            ticket = data.reference
            if ticket not in found:
                found[ticket] = (self._open(data, ticket, directory), opened_at(data, now))
        known = store.existing(conn, list(found))
        new = [pair for ticket, pair in found.items() if ticket not in known]
        store.insert_opened(conn, new, self._clocks, directory)
        changed = {opened.case.ticket: opened.case for opened, _ in new}
        marks = self._alarms.opened(conn, [opened for opened, _ in new], now)
        changed |= self._apply_waiting(conn, list(changed), directory)
        return self._tell(changed.values(), marks)

    def acted(self, conn: Connection, events: Sequence[Event]) -> AfterCommit | None:
        """Apply what citizens did; an act on a case not open yet waits for it."""
        directory = self._directory(conn)
        acts = [(event, event.data) for event in events if isinstance(event.data, CitizenActed)]
        cases = store.lock(conn, [data.ticket for _, data in acts])
        changed: dict[str, Case] = {}
        for event, data in acts:
            case = cases.get(data.ticket)
            if case is None:
                self._wait(conn, event.envelope.id, data)
                continue
            decision = citizen_rules.act(case, data)
            if decision is not None:
                cases[data.ticket] = changed[data.ticket] = self._write(
                    conn, decision, directory, event.envelope.id
                )
        return self._tell(changed.values())

    def notified(self, conn: Connection, events: Sequence[Event]) -> AfterCommit | None:
        """Show on the case whether the citizen was reached; an unsent question is no pause."""
        directory = self._directory(conn)
        now = self._clock.now()
        reports = [event.data for event in events if isinstance(event.data, NotificationFinished)]
        cases = store.lock(conn, [report.ticket for report in reports])
        changed: dict[str, Case] = {}
        for report in reports:
            case = cases.get(report.ticket)
            if case is None:
                continue
            failed = report.outcome in _FAILED
            store.set_notice_failed(conn, case.ticket, report.outcome.value if failed else None)
            lost = failed and report.purpose is NotificationPurpose.ASKED
            # On the web the question stands on the tracking page, whatever the message did.
            if lost and case.channel not in store.PAGE_CHANNELS:
                decision = citizen_rules.unsent(case, report.sequence, now)
                if decision is not None:
                    case = self._write(conn, decision, directory, None)
            cases[report.ticket] = changed[report.ticket] = case
        return self._tell(changed.values())

    def resolve_silent(self, conn: Connection, now: datetime, limit: int) -> list[Case]:
        """Finish cases whose reply window has passed; returns those finished."""
        directory = self._directory(conn)
        due = select(desk_cases.c.ticket).where(
            desk_cases.c.open.is_(True), desk_cases.c.window_until <= now
        )
        tickets = conn.execute(due.order_by(desk_cases.c.window_until).limit(limit)).scalars().all()
        finished = []
        for case in store.lock(conn, tickets).values():
            # Another act may have come between the reading and the lock.
            if case.window_until is None or case.window_until > now:
                continue
            decision = citizen_rules.auto_resolve(case)
            if decision is not None:
                finished.append(self._write(conn, decision, directory, None))
        return finished

    def apply_waiting(self, conn: Connection, limit: int) -> int:
        """Apply acts that came before their case and were missed by its opening."""
        tickets = (
            select(desk_waiting_acts.c.ticket)
            .where(desk_waiting_acts.c.ticket.in_(select(desk_cases.c.ticket)))
            .distinct()
            .limit(limit)
        )
        found = conn.execute(tickets).scalars().all()
        return len(self._apply_waiting(conn, list(found), self._directory(conn)))

    def _open(self, data: FeedbackClassified, ticket: str, directory: Directory) -> Opened:
        if directory.region(data.region) is None:
            raise InvalidMessageError("unknown-region", data.region)
        policy = self._clocks.policy_for(data.region, data.starts_at, directory)
        return open_case(data, ticket, policy, directory, self._threshold)

    def _wait(self, conn: Connection, event_id: str, data: CitizenActed) -> None:
        row = {
            "event_id": event_id,
            "ticket": data.ticket,
            "at": data.received_at,
            "data": data.as_json(),
        }
        insert_ignore(conn, desk_waiting_acts, [row])

    def _apply_waiting(
        self, conn: Connection, tickets: Sequence[str], directory: Directory
    ) -> dict[str, Case]:
        if not tickets:
            return {}
        table = desk_waiting_acts
        rows = conn.execute(
            select(table).where(table.c.ticket.in_(tickets)).order_by(table.c.at)
        ).all()
        if not rows:
            return {}
        cases = store.lock(conn, [row.ticket for row in rows])
        for row in rows:
            data = CitizenActed.model_validate(row.data, extra="ignore")
            decision = citizen_rules.act(cases[row.ticket], data)
            if decision is not None:
                cases[row.ticket] = self._write(conn, decision, directory, row.event_id)
        conn.execute(delete(table).where(table.c.event_id.in_([row.event_id for row in rows])))
        return cases

    def _write(
        self, conn: Connection, decision: Decision, directory: Directory, cause: str | None
    ) -> Case:
        now = self._clock.now()
        changed = store.write(conn, decision, self._clocks, directory, now=now, cause=cause)
        # Citizens and time end alarms; what is counted and timed is people's part.
        self._alarms.follow(conn, decision, now)
        return changed

    def _tell(self, cases: Collection[Case], marks: Marks | None = None) -> AfterCommit | None:
        return partial(self.tell, list(cases), marks) if cases else None

    def tell(self, cases: Sequence[Case], marks: Marks | None = None) -> None:
        """Hint the live pages at changed cases, and time the alarms; after the commit."""
        if marks is not None:
            self._alarms.tell(marks)
        for case in cases:
            self._hints.queue_changed(case.region, case.opd, case.ticket, case.version)
