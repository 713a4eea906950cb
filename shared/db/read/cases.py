"""What the citizen may see of their case, from desk's tables: for the tracking page and answers.

No names of staff, no internal notes, nothing of how a report about officers is handled inside.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from shared.contracts.case import CaseEventType
from shared.contracts.enums import Actor, CitizenAct, Status
from shared.db.tables.desk import desk_alarms, desk_case_events, desk_cases

_CLOCKS = ("verify", "first_response", "finish")
# Internal: notes, who took it, corrections and links; the rest the citizen sees.
_SHOWN = frozenset(CaseEventType) - {
    CaseEventType.NOTED,
    CaseEventType.TAKEN,
    CaseEventType.CORRECTED,
    CaseEventType.LINKED,
    CaseEventType.UNSENT,
}
_MOVES = frozenset({CaseEventType.ASSIGNED, CaseEventType.FORWARDED})
_FINISHED = frozenset({Status.SELESAI, Status.SELESAI_OTOMATIS})
_CONTESTABLE = _FINISHED | {Status.DITOLAK, Status.BUKAN_WEWENANG}


@dataclass(frozen=True, slots=True)
class CitizenEntry:
    """One thing that happened; `text` only where it was meant for the citizen or came from them."""

    sequence: int
    type: CaseEventType
    at: datetime
    opd: str
    actor: Actor
    text: str | None = None
    reason: str | None = None
    score: int | None = None
    external: str | None = None
    act_id: str | None = None


@dataclass(frozen=True, slots=True)
class CitizenAlarm:
    """The complaint stood as darurat from `at` on; `reply` is what the citizen was told at once."""

    sequence: int
    at: datetime
    reply: str
    running: bool


@dataclass(frozen=True, slots=True)
class CitizenView:
    """A case as its citizen sees it; `question` is the open question to them, if any."""

    ticket: str
    region: str
    status: Status
    opd: str
    open: bool
    paused: bool
    question: str | None
    received_at: datetime
    window_until: datetime | None
    spam: bool
    rated: bool
    due: dict[str, datetime | None] = field(hash=False)
    done: tuple[str, ...] = ()
    timeline: tuple[CitizenEntry, ...] = ()
    alarms: tuple[CitizenAlarm, ...] = ()

    def may(self, act: CitizenAct, now: datetime) -> bool:
        """Whether the act would do something now; desk's rules decide when it arrives."""
        match act:
            case CitizenAct.ANSWER:
                return self.open and self.paused
            case CitizenAct.ADD:
                return True
            case CitizenAct.WITHDRAW:
                return self.open
            case CitizenAct.RATE:
                return self.status in _FINISHED and not self.rated
            case CitizenAct.NOT_DONE:
                in_window = self.window_until is None or now < self.window_until
                return self.status in _CONTESTABLE and not self.spam and in_window

    def as_json(self) -> dict[str, Any]:
        """Status, OPD, deadlines and timeline, as `GET …/complaints/{ticket}` answers them."""
        return {
            "ticket": self.ticket,
            "status": self.status.value,
            "opd": self.opd,
            "due": {clock: at.isoformat() if at else None for clock, at in self.due.items()},
            "timeline": [_entry_json(entry) for entry in self.timeline],
        }


def citizen_view(conn: Connection, ticket: str) -> CitizenView | None:
    """The case as its citizen may see it, or none while it is not open yet."""
    case = (
        conn.execute(select(desk_cases).where(desk_cases.c.ticket == ticket))
        .mappings()
        .one_or_none()
    )
    if case is None:
        return None
    events = conn.execute(
        select(desk_case_events)
        .where(desk_case_events.c.ticket == ticket)
        .order_by(desk_case_events.c.sequence)
    ).mappings()
    timeline = tuple(entry for event in events if (entry := _entry(event)) is not None)
    asked = [entry.text for entry in timeline if entry.sequence == case["question"]]
    return CitizenView(
        ticket=ticket,
        region=case["region"],
        status=Status(case["status"]),
        opd=case["opd"],
        open=bool(case["open"]),
        paused=bool(case["paused"]),
        question=asked[0] if asked and case["paused"] else None,
        received_at=case["received_at"],
        window_until=case["window_until"],
        spam=bool(case["spam"]),
        rated=bool(case["rated"]),
        due={clock: case[f"due_{clock}"] for clock in _CLOCKS},
        done=tuple(clock for clock in _CLOCKS if case[f"done_{clock}"]),
        timeline=timeline,
        alarms=_alarms(conn, ticket),
    )


def notice_text(conn: Connection, ticket: str, sequence: int) -> str | None:
    """The words meant for the citizen in event `sequence`; none if it has none for them.

    Of an event that raised an alarm these are the automatic reply with the emergency number.
    """
    event, alarm = desk_case_events.c, desk_alarms.c
    said: str | None = conn.execute(
        select(event.text).where(
            event.ticket == ticket, event.sequence == sequence, event.public.is_(True)
        )
    ).scalar_one_or_none()
    if said is not None:
        return said
    replied = select(alarm.reply).where(alarm.ticket == ticket, alarm.sequence == sequence)
    return conn.execute(replied).scalar_one_or_none()


def _alarms(conn: Connection, ticket: str) -> tuple[CitizenAlarm, ...]:
    alarm = desk_alarms.c
    rows = conn.execute(
        select(alarm.sequence, alarm.raised_at, alarm.reply, alarm.ended_at)
        .where(alarm.ticket == ticket)
        .order_by(alarm.sequence)
    )
    return tuple(
        CitizenAlarm(row.sequence, row.raised_at, row.reply, row.ended_at is None) for row in rows
    )


def _entry(event: RowMapping) -> CitizenEntry | None:
    kind = CaseEventType(event["type"])
    data: dict[str, Any] = event["data"]
    moved = data.get("from_opd") != event["opd"]
    if kind not in _SHOWN or (kind in _MOVES and not moved):
        return None
    return CitizenEntry(
        sequence=event["sequence"],
        type=kind,
        at=event["at"],
        opd=event["opd"],
        actor=Actor(event["actor"]),
        text=event["text"] if event["public"] else None,
        reason=data.get("reason"),
        score=data.get("score"),
        external=data.get("external"),
        act_id=event["cause"],
    )


def _entry_json(entry: CitizenEntry) -> dict[str, Any]:
    found: dict[str, Any] = {
        "sequence": entry.sequence,
        "type": entry.type.value.removeprefix("tanggap.case.").removesuffix(".v1"),
        "at": entry.at.isoformat(),
        "opd": entry.opd,
        "by": entry.actor.value,
    }
    extras = {
        "text": entry.text,
        "reason": entry.reason,
        "score": entry.score,
        "external": entry.external,
    }
    return found | {name: value for name, value in extras.items() if value is not None}
