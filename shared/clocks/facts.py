"""What the clocks need of a case event, and nothing more: no text, no person.

A fact is made of an event's type, its own time and its data, and goes to the database as compact
JSON and back unchanged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.contracts.case import (
    CaseCorrected,
    CaseEvent,
    CaseEventType,
    CaseOpened,
    CaseRated,
    CaseRejected,
    CaseResolved,
    CaseUnsent,
)
from shared.contracts.enums import Actor, Channel, CloseReason, Kind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Opening:
    """What only `case.opened` tells."""

    received_at: datetime
    policy: str
    service: str | None
    lapor: bool
    restricted: bool


@dataclass(frozen=True, slots=True)
class CaseFact:
    """One event of a case as the clocks see it.

    `flag`: of a correction that it is confirmed, of a resolving that the reopening was unfounded.
    `number`: the question of an unsent, the score of a rating.
    """

    type: CaseEventType
    at: datetime
    sequence: int
    opd: str
    unit: str | None
    actor: Actor
    kind: Kind | None = None
    berkadar: bool = False
    flag: bool = False
    number: int | None = None
    reason: CloseReason | None = None
    opening: Opening | None = None

    @property
    def by_person(self) -> bool:
        """Whether a member of staff did it: neither a citizen nor the system."""
        return self.actor is Actor.HANDLER or self.actor is Actor.COORDINATOR


def fact_of(type_: CaseEventType, at: datetime, data: CaseEvent) -> CaseFact:
    """The fact of an event."""
    kind: Kind | None = None
    berkadar = flag = False
    number: int | None = None
    reason: CloseReason | None = None
    opening: Opening | None = None
    match data:
        case CaseOpened():
            kind, berkadar = data.kind, data.berkadar_pengawasan
            lapor = data.lapor or data.channel is Channel.LAPOR
            opening = Opening(
                data.received_at.astimezone(UTC), data.policy, data.service, lapor, data.restricted
            )
        case CaseCorrected():
            kind, berkadar, flag = data.kind, data.berkadar_pengawasan, data.confirmed
        case CaseResolved():
            flag = data.unfounded
        case CaseUnsent():
            number = data.question
        case CaseRated():
            number = data.score
        case CaseRejected():
            reason = data.reason
        case _:
            pass
    return CaseFact(
        type_, at.astimezone(UTC), data.sequence, data.opd, data.unit, data.actor,
        kind, berkadar, flag, number, reason, opening,
    )  # fmt: skip


def to_json(fact: CaseFact) -> dict[str, Any]:
    """Compact JSON; what is at its default is left out."""
    found: dict[str, Any] = {"o": fact.opd, "a": fact.actor.value, "t": _micros(fact.at)}
    if fact.unit is not None:
        found["u"] = fact.unit
    if fact.kind is not None:
        found["k"] = fact.kind.value
    if fact.berkadar:
        found["b"] = 1
    if fact.flag:
        found["f"] = 1
    if fact.number is not None:
        found["n"] = fact.number
    if fact.reason is not None:
        found["r"] = fact.reason.value
    if fact.opening is not None:
        opening = fact.opening
        found["x"] = [
            _micros(opening.received_at),
            opening.policy,
            opening.service,
            int(opening.lapor),
            int(opening.restricted),
        ]
    return found


def from_json(type_: str, sequence: int, found: Mapping[str, Any]) -> CaseFact:
    """The fact that `to_json` wrote."""
    opening = found.get("x")
    kind = found.get("k")
    reason = found.get("r")
    return CaseFact(
        _TYPES[type_],
        _EPOCH + timedelta(microseconds=found["t"]),
        sequence,
        found["o"],
        found.get("u"),
        _ACTORS[found["a"]],
        _KINDS[kind] if kind else None,
        "b" in found,
        "f" in found,
        found.get("n"),
        CloseReason(reason) if reason else None,
        _opening(opening) if opening else None,
    )


# Looking a member up in a plain mapping is several times faster than calling the enum.
_TYPES = {member.value: member for member in CaseEventType}
_ACTORS = {member.value: member for member in Actor}
_KINDS = {member.value: member for member in Kind}


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _opening(found: list[Any]) -> Opening:
    received, policy, service, lapor, restricted = found
    return Opening(
        _EPOCH + timedelta(microseconds=received), policy, service, bool(lapor), bool(restricted)
    )
