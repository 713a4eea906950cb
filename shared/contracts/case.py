"""`case.events.v1`: what happened to a case. No text, no name: scoring needs neither.

Every event carries the case's version after it as `sequence` (given under the row lock, so the
order of arrival does not matter), `opd`, the unit that holds the case after the event, and
`unit`, the unit of the person who acted (none for citizens and the system). The event's own
time is the envelope's `ce_time`.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.contracts.base import Instant, OPDCode, RegionCode, WireModel
from shared.contracts.enums import Actor, Category, Channel, CloseReason, Kind, Urgency


class CaseEventType(StrEnum):
    """CloudEvents types on `case.events.v1`."""

    OPENED = "tanggap.case.opened.v1"
    VERIFIED = "tanggap.case.verified.v1"
    TAKEN = "tanggap.case.taken.v1"
    ASSIGNED = "tanggap.case.assigned.v1"
    ASKED = "tanggap.case.asked.v1"
    UNSENT = "tanggap.case.unsent.v1"
    REPLIED = "tanggap.case.replied.v1"
    ANSWERED = "tanggap.case.answered.v1"
    ADDED = "tanggap.case.added.v1"
    NOTED = "tanggap.case.noted.v1"
    CORRECTED = "tanggap.case.corrected.v1"
    FORWARDED = "tanggap.case.forwarded.v1"
    RESOLVED = "tanggap.case.resolved.v1"
    AUTO_RESOLVED = "tanggap.case.auto_resolved.v1"
    REJECTED = "tanggap.case.rejected.v1"
    POSTPONED = "tanggap.case.postponed.v1"
    ARCHIVED = "tanggap.case.archived.v1"
    REOPENED = "tanggap.case.reopened.v1"
    RATED = "tanggap.case.rated.v1"
    WITHDRAWN = "tanggap.case.withdrawn.v1"
    LINKED = "tanggap.case.linked.v1"


class CaseEvent(WireModel):
    """The fields of every case event."""

    ticket: str
    region: RegionCode
    sequence: Annotated[int, Field(ge=1)]
    opd: OPDCode
    unit: OPDCode | None = None
    actor: Actor


class CaseOpened(CaseEvent):
    """A case was opened at `opd`; the triage unit is `<region>/setda-organisasi`.

    `received_at` starts the clocks; `policy` is the version of the deadline policy under which
    the case was received and which it keeps. `accepted_at` is told when the provider's time starts
    the clocks: latency is counted from it.
    """

    channel: Channel
    kind: Kind
    berkadar_pengawasan: bool
    category: Category
    urgency: Urgency
    service: str | None = None
    received_at: Instant
    occurred_on: date | None = None
    restricted: bool
    anonymous: bool
    confidential: bool
    lapor: bool = False
    policy: str
    history: bool = False
    accepted_at: Instant | None = None

    @property
    def known_at(self) -> datetime:
        """When we had the complaint."""
        return self.accepted_at or self.received_at


class CaseVerified(CaseEvent):
    """A person of the holding unit verified the case; `implied`: by another act."""

    implied: bool = False


class CaseTaken(CaseEvent):
    """A person took the case on."""


class CaseAssigned(CaseEvent):
    """The case was given to a person of the unit, or by the coordinator to another unit."""

    from_opd: OPDCode


class CaseAsked(CaseEvent):
    """The citizen was asked; the pause begins."""


class CaseUnsent(CaseEvent):
    """The question `question` (its sequence) reached the citizen by no way: no pause was."""

    question: Annotated[int, Field(ge=1)]


class CaseReplied(CaseEvent):
    """A person wrote to the citizen."""


class CaseAnswered(CaseEvent):
    """The citizen answered; the pause ends."""


class CaseAdded(CaseEvent):
    """The citizen added something."""


class CaseNoted(CaseEvent):
    """An internal note."""


class CaseCorrected(CaseEvent):
    """Kind, category or urgency were corrected; the values are those after the correction.

    `confirmed`: the coordinator confirmed (or made) it, so a longer deadline counts.
    """

    kind: Kind
    berkadar_pengawasan: bool
    category: Category
    urgency: Urgency
    before_kind: Kind
    before_category: Category
    before_urgency: Urgency
    before_berkadar_pengawasan: bool
    confirmed: bool = False


class CaseForwarded(CaseEvent):
    """The case moved from `from_opd` to `opd`; no mark moves with it."""

    from_opd: OPDCode


class CaseResolved(CaseEvent):
    """The unit finished the case; `unfounded`: the coordinator marks the reopening unfounded."""

    unfounded: bool = False


class CaseAutoResolved(CaseEvent):
    """The reply window passed without a word: selesai_otomatis."""


class CaseRejected(CaseEvent):
    """The case was rejected."""

    reason: CloseReason
    external: str | None = None


class CasePostponed(CaseEvent):
    """The case was postponed; no clock stops."""

    reason: CloseReason | None = None


class CaseArchived(CaseEvent):
    """The case was archived."""

    reason: CloseReason


class CaseReopened(CaseEvent):
    """The case was opened again, by the citizen ("belum selesai") or by staff."""


class CaseRated(CaseEvent):
    """The citizen rated the handling, 1 to 5."""

    score: Annotated[int, Field(ge=1, le=5)]


class CaseWithdrawn(CaseEvent):
    """The citizen withdrew the complaint."""


class CaseLinked(CaseEvent):
    """The case carries an SP4N-LAPOR! tracking id."""


CASE_EVENTS: dict[CaseEventType, type[CaseEvent]] = {
    CaseEventType.OPENED: CaseOpened,
    CaseEventType.VERIFIED: CaseVerified,
    CaseEventType.TAKEN: CaseTaken,
    CaseEventType.ASSIGNED: CaseAssigned,
    CaseEventType.ASKED: CaseAsked,
    CaseEventType.UNSENT: CaseUnsent,
    CaseEventType.REPLIED: CaseReplied,
    CaseEventType.ANSWERED: CaseAnswered,
    CaseEventType.ADDED: CaseAdded,
    CaseEventType.NOTED: CaseNoted,
    CaseEventType.CORRECTED: CaseCorrected,
    CaseEventType.FORWARDED: CaseForwarded,
    CaseEventType.RESOLVED: CaseResolved,
    CaseEventType.AUTO_RESOLVED: CaseAutoResolved,
    CaseEventType.REJECTED: CaseRejected,
    CaseEventType.POSTPONED: CasePostponed,
    CaseEventType.ARCHIVED: CaseArchived,
    CaseEventType.REOPENED: CaseReopened,
    CaseEventType.RATED: CaseRated,
    CaseEventType.WITHDRAWN: CaseWithdrawn,
    CaseEventType.LINKED: CaseLinked,
}
