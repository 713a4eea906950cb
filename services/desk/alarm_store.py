"""Alarms in the database: begun and ended in the transaction of the case they belong to.

What is counted and timed is told after the commit; the message to the duty contact is `duty`'s.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from services.desk.alarms import Outcome, Turn, reply_text, turn_of
from services.desk.casework import Decision
from services.desk.opening import Opened
from shared.contracts.enums import Urgency
from shared.db.read import intake
from shared.db.tables.desk import desk_alarms, desk_cases
from shared.metrics import URGENT_ALERT_SECONDS, URGENT_SEEN_SECONDS

_alarm = desk_alarms.c


@dataclass(frozen=True, slots=True)
class Marks:
    """What came of one transaction, in seconds since the receipt of each complaint."""

    raised: tuple[float, ...] = ()
    seen: tuple[float, ...] = ()


class Alarms:
    """Begins and ends alarms; `poke` wakes whoever sends the messages."""

    def __init__(self, emergency_number: str, poke: Callable[[], None] = lambda: None) -> None:
        self._number = emergency_number
        self._poke = poke

    def opened(self, conn: Connection, opened: Sequence[Opened], now: datetime) -> Marks:
        """Begin the alarms of cases that open as darurat; the imported past gives none."""
        urgent = [
            found
            for found in opened
            if found.case.urgency is Urgency.DARURAT and not found.details["history"]
        ]
        if not urgent:
            return Marks()
        stated = intake.stated_languages(conn, [found.case.ticket for found in urgent])
        rows = []
        for found in urgent:
            ticket = found.case.ticket
            language = stated.get(ticket) or found.details["hints"]["language"]
            rows.append(self._row(ticket, found.case.region, 1, language, now))
        conn.execute(insert(desk_alarms), rows)
        return Marks(raised=tuple(_since(found.case.received_at, now) for found in urgent))

    def follow(self, conn: Connection, decision: Decision, now: datetime) -> Marks:
        """Carry what was decided over to the alarm of the case, whose row is locked."""
        turn = turn_of(decision)
        if turn is None:
            return Marks()
        case = decision.case
        found = conn.execute(
            select(_alarm.sequence, _alarm.seen_at, _alarm.attempts).where(
                _alarm.ticket == case.ticket, _alarm.ended_at.is_(None)
            )
        ).one_or_none()
        if found is not None:
            key = (_alarm.ticket == case.ticket, _alarm.sequence == found.sequence)
            if changes := _changes(found, turn, now):
                conn.execute(update(desk_alarms).where(*key).values(changes))
            if found.seen_at is None and turn.seen_at is not None:
                return Marks(seen=(_since(case.received_at, turn.seen_at),))
        elif turn.raised is not None:
            language = self._language(conn, case.ticket)
            row = self._row(case.ticket, case.region, turn.raised, language, now)
            # Who raised it has seen it.
            conn.execute(insert(desk_alarms).values(row | {"seen_at": turn.seen_at}))
            return Marks(raised=(_since(case.received_at, now),))
        return Marks()

    def tell(self, marks: Marks) -> None:
        """Count and time what was committed, and wake the messenger."""
        for seconds in marks.raised:
            URGENT_ALERT_SECONDS.observe(seconds)
        for seconds in marks.seen:
            URGENT_SEEN_SECONDS.observe(seconds)
        if marks.raised:
            self._poke()

    def _row(
        self, ticket: str, region: str, sequence: int, language: str | None, now: datetime
    ) -> dict[str, Any]:
        return {
            "ticket": ticket,
            "sequence": sequence,
            "region": region,
            "raised_at": now,
            "reply": reply_text(ticket, self._number, language),
            "attempts": 0,
            "next_at": now,
        }

    def _language(self, conn: Connection, ticket: str) -> str | None:
        stated = intake.stated_languages(conn, [ticket]).get(ticket)
        hints: Mapping[str, Any] = conn.execute(
            select(desk_cases.c.hints).where(desk_cases.c.ticket == ticket)
        ).scalar_one()
        return stated or hints.get("language")


def _changes(found: Any, turn: Turn, now: datetime) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if found.seen_at is None and turn.seen_at is not None:
        changes["seen_at"] = turn.seen_at
    if turn.outcome is not None:
        changes |= {"outcome": turn.outcome.value, "ended_at": turn.ended_at, "next_at": None}
        # Somebody may be on the way: the contact is told that it is off.
        if turn.outcome is not Outcome.CONFIRMED and found.attempts:
            changes |= {"attempts": 0, "next_at": now, "trouble": None}
    return changes


def _since(received_at: datetime, at: datetime) -> float:
    return max((at - received_at).total_seconds(), 0.0)
