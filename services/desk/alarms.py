"""What a complaint that is darurat sets off, and what a decision means for its alarm. Pure.

An alarm begins when the classifier or a person calls a complaint darurat; it waits until a person
acts on the case, and ends when the urgency is corrected or the case is closed.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.desk.casework import Decision, Step
from shared.contracts.case import CaseArchived, CaseCorrected, CaseEventType, CaseRejected
from shared.contracts.enums import Actor, CloseReason, Language, Urgency

REPLY_LENGTH = 160
"""Characters of one SMS in its basic alphabet."""
_REPLIES = {
    Language.IND: "Tanggap bukan layanan darurat. Ada bahaya? Hubungi {number} sekarang juga. "
    "Laporan {ticket} kami terima; jangan menunggu jawaban kami.",
    Language.ENG: "Tanggap is not an emergency service. In danger? Call {number} now. "
    "We have your report {ticket}; do not wait for our answer.",
}
_STAFF = frozenset({Actor.HANDLER, Actor.COORDINATOR})
# The danger was real, but another body's, or known from an earlier report.
_REAL = frozenset({CloseReason.BUKAN_WEWENANG, CloseReason.GANDA})


class Outcome(StrEnum):
    """How an alarm ended: as one, as a wrong one, or without anybody saying."""

    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Turn:
    """What a decision does to a case's alarm.

    `raised`: the sequence of the correction that begins one; `seen_at`: a person acted.
    """

    raised: int | None = None
    seen_at: datetime | None = None
    outcome: Outcome | None = None
    ended_at: datetime | None = None


def reply_text(ticket: str, number: str, language: str | None) -> str:
    """What the citizen is told at once: whom to call, and no promise; none of their own words."""
    chosen = Language.ENG if language == Language.ENG else Language.IND
    return _REPLIES[chosen].format(number=number, ticket=ticket)


def turn_of(decision: Decision) -> Turn | None:
    """What the decision means for the alarm of its case; none when it cannot have one."""
    raised, seen_at, outcome, ended_at = None, None, None, None
    for step in decision.steps:
        if step.event.actor in _STAFF:
            seen_at = seen_at or step.at
        if raises(step):
            raised = step.event.sequence
        elif outcome is None and (found := _end(step)) is not None:
            outcome, ended_at = found, step.at
    if decision.case.urgency is not Urgency.DARURAT and outcome is not Outcome.CORRECTED:
        return None
    return Turn(raised, seen_at, outcome, ended_at)


def raises(step: Step) -> bool:
    """Whether a person's correction calls the complaint darurat that was not."""
    event = step.event
    return (
        isinstance(event, CaseCorrected)
        and event.urgency is Urgency.DARURAT
        and event.before_urgency is not Urgency.DARURAT
    )


def _end(step: Step) -> Outcome | None:
    event = step.event
    if isinstance(event, CaseCorrected):
        fell = event.before_urgency is Urgency.DARURAT and event.urgency is not Urgency.DARURAT
        return Outcome.CORRECTED if fell else None
    if isinstance(event, CaseRejected | CaseArchived):
        return Outcome.CONFIRMED if event.reason in _REAL else Outcome.DROPPED
    if step.type in (CaseEventType.RESOLVED, CaseEventType.AUTO_RESOLVED):
        return Outcome.CONFIRMED
    return Outcome.DROPPED if step.type is CaseEventType.WITHDRAWN else None
