"""The values the rules work on: a case's state, a staff command, and what a decision writes.

Knows no database, no clock and no HTTP.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.contracts.case import CASE_EVENTS, CaseEvent, CaseEventType
from shared.contracts.enums import (
    CLOSED_STATUSES,
    Action,
    Actor,
    Category,
    Channel,
    CloseReason,
    Kind,
    Role,
    Status,
    Urgency,
)
from shared.contracts.notices import NotificationPurpose


class RefusedError(Exception):
    """The act is not allowed in this state; everything in it may be shown to the actor."""

    def __init__(self, detail: str, remedy: str, field: str = "action") -> None:
        super().__init__(detail)
        self.detail = detail
        self.remedy = remedy
        self.field = field


@dataclass(frozen=True, slots=True)
class Case:
    """A case as its events left it. `window_from` starts the citizen's reply window."""

    ticket: str
    region: str
    version: int
    opd: str
    status: Status
    channel: Channel
    kind: Kind
    berkadar_pengawasan: bool
    category: Category
    urgency: Urgency
    restricted: bool
    accused: str | None
    anonymous: bool
    confidential: bool
    has_contact: bool
    received_at: datetime
    policy: str
    assignee: str | None = None
    lapor: bool = False
    lapor_id: str | None = None
    verified: bool = False
    forwarded: bool = False
    refusals: int = 0
    reopenings: int = 0
    rated: bool = False
    question: int | None = None
    paused: bool = False
    spam: bool = False
    replied_at: datetime | None = None
    closed_at: datetime | None = None
    window_from: datetime | None = None
    window_until: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether somebody still has to work on it."""
        return self.status not in CLOSED_STATUSES


@dataclass(frozen=True, slots=True)
class Staff:
    """Who acts; `unit` is the OPD or unit of the account (coordinator: the triage unit)."""

    username: str
    role: Role
    region: str
    unit: str


@dataclass(frozen=True, slots=True)
class Command:
    """What a member of staff wants done, with the fields of design §3."""

    action: Action
    text: str | None = None
    opd: str | None = None
    user: str | None = None
    kind: Kind | None = None
    category: Category | None = None
    urgency: Urgency | None = None
    berkadar_pengawasan: bool | None = None
    reason: CloseReason | None = None
    external: str | None = None
    lapor_id: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One event to write; `public`: the citizen may read its text."""

    type: CaseEventType
    event: CaseEvent
    at: datetime
    username: str | None = None
    text: str | None = None
    public: bool = False
    notice: NotificationPurpose | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The case afterwards, and the events that led there, in order."""

    case: Case
    steps: tuple[Step, ...]


class Draft:
    """Collects the steps of one decision; each raises the version by one."""

    def __init__(
        self,
        case: Case,
        actor: Actor,
        now: datetime,
        *,
        unit: str | None = None,
        username: str | None = None,
    ) -> None:
        self.case = case
        self.now = now
        self._actor = actor
        self._unit = unit
        self._username = username
        self._steps: list[Step] = []

    def change(self, **fields: Any) -> None:
        """Change the state; the next step carries it."""
        self.case = replace(self.case, **fields)

    def write(
        self,
        kind: CaseEventType,
        /,
        *,
        text: str | None = None,
        public: bool = False,
        notice: NotificationPurpose | None = None,
        **fields: Any,
    ) -> None:
        """Add an event of the present state."""
        self.change(version=self.case.version + 1)
        event = CASE_EVENTS[kind](
            ticket=self.case.ticket,
            region=self.case.region,
            sequence=self.case.version,
            opd=self.case.opd,
            unit=self._unit,
            actor=self._actor,
            **fields,
        )
        step = Step(kind, event, self.now, self._username, text, public, notice)
        self._steps.append(step)

    def done(self) -> Decision:
        """The decision."""
        return Decision(self.case, tuple(self._steps))
