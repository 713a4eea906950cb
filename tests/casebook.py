"""Builds the events of a case step by step, as desk would write them."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from shared.clocks.facts import CaseFact, fact_of
from shared.clocks.fold import fold
from shared.clocks.region import RegionRules
from shared.clocks.state import CaseClocks
from shared.contracts.case import CASE_EVENTS, CaseEvent, CaseEventType
from shared.contracts.codec import Envelope, Event, RawMessage
from shared.contracts.enums import Actor, Category, Channel, CloseReason, Kind, Urgency
from shared.contracts.topics import Topic

WITA = ZoneInfo("Asia/Makassar")
REGION = "paser"
X, Y, TRIAGE = "paser/dpupr", "paser/dlh", "paser/setda-organisasi"
T = CaseEventType
_numbers = count(1)


def rules(region: str = REGION, **options: Any) -> RegionRules:
    """The committed policy for a region in WITA."""
    return RegionRules(region, WITA, **options)


def at(text: str) -> datetime:
    """A local time such as "2026-03-16 10:00" (or a day: 10:00 of it)."""
    return datetime.fromisoformat(text if " " in text else f"{text} 10:00").replace(tzinfo=WITA)


def day(text: str) -> int:
    """The ordinal of a day."""
    return date.fromisoformat(text).toordinal()


class CaseBook:
    """A case whose events are added in order; each call returns itself."""

    def __init__(
        self,
        received: str,
        opd: str = X,
        kind: Kind = Kind.PENGADUAN,
        *,
        berkadar: bool = False,
        opened: str | None = None,
        ticket: str | None = None,
        **fields: Any,
    ) -> None:
        self.ticket = ticket or f"T{next(_numbers):07d}"
        self.opd = opd
        self.kind, self.berkadar = kind, berkadar
        self.events: list[tuple[CaseEventType, datetime, CaseEvent]] = []
        values: dict[str, Any] = {
            "channel": Channel.WEB,
            "received_at": at(received),
            "restricted": False,
            "anonymous": False,
            "confidential": False,
            "policy": "2024-1",
            "service": None,
            "lapor": False,
            "history": False,
            **fields,
        }
        self._add(T.OPENED, opened or received, None, Actor.SYSTEM, **self._labels(), **values)

    def _labels(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "berkadar_pengawasan": self.berkadar,
            "category": Category.LAINNYA,
            "urgency": Urgency.BIASA,
        }

    def _add(
        self, type_: CaseEventType, when: str, unit: str | None, actor: Actor, **fields: Any
    ) -> "CaseBook":
        data = CASE_EVENTS[type_](
            ticket=self.ticket,
            region=self.opd.partition("/")[0],
            sequence=len(self.events) + 1,
            opd=self.opd,
            unit=unit,
            actor=actor,
            **fields,
        )
        self.events.append((type_, at(when), data))
        return self

    def staff(
        self, type_: CaseEventType, when: str, unit: str | None = None, **f: Any
    ) -> "CaseBook":
        """An act of a person of a unit (default: of the one that holds the case)."""
        return self._add(type_, when, unit or self.opd, f.pop("actor", Actor.HANDLER), **f)

    def citizen(self, type_: CaseEventType, when: str, **fields: Any) -> "CaseBook":
        """An act of the citizen."""
        return self._add(type_, when, None, Actor.CITIZEN, **fields)

    def system(self, type_: CaseEventType, when: str, **fields: Any) -> "CaseBook":
        """Something that happened by itself."""
        return self._add(type_, when, None, Actor.SYSTEM, **fields)

    def verify(self, when: str, unit: str | None = None) -> "CaseBook":
        return self.staff(T.VERIFIED, when, unit)

    def reply(self, when: str, unit: str | None = None) -> "CaseBook":
        return self.staff(T.REPLIED, when, unit)

    def ask(self, when: str) -> "CaseBook":
        return self.staff(T.ASKED, when)

    def answer(self, when: str) -> "CaseBook":
        return self.citizen(T.ANSWERED, when)

    def resolve(self, when: str, unit: str | None = None, *, unfounded: bool = False) -> "CaseBook":
        return self.staff(T.RESOLVED, when, unit, unfounded=unfounded)

    def reject(self, when: str) -> "CaseBook":
        return self.staff(T.REJECTED, when, reason=CloseReason.LAINNYA)

    def archive(self, when: str) -> "CaseBook":
        return self.staff(T.ARCHIVED, when, reason=CloseReason.LAINNYA)

    def withdraw(self, when: str) -> "CaseBook":
        return self.citizen(T.WITHDRAWN, when)

    def rate(self, when: str, score: int) -> "CaseBook":
        return self.citizen(T.RATED, when, score=score)

    def move(self, type_: CaseEventType, when: str, to: str, unit: str | None = None) -> "CaseBook":
        """Assign or forward the case to another unit."""
        before, self.opd = self.opd, to
        return self._add(type_, when, unit or before, Actor.HANDLER, from_opd=before)

    def forward(self, when: str, to: str) -> "CaseBook":
        return self.move(T.FORWARDED, when, to)

    def assign(self, when: str, to: str) -> "CaseBook":
        return self.move(T.ASSIGNED, when, to)

    def reopen(self, when: str) -> "CaseBook":
        """The citizen is not content: the case goes to the coordinator."""
        self.opd = f"{self.opd.partition('/')[0]}/setda-organisasi"
        return self.citizen(T.REOPENED, when)

    def correct(
        self, when: str, kind: Kind, *, berkadar: bool = False, confirmed: bool = False
    ) -> "CaseBook":
        before: dict[str, Any] = {
            "before_kind": self.kind,
            "before_category": Category.LAINNYA,
            "before_urgency": Urgency.BIASA,
            "before_berkadar_pengawasan": self.berkadar,
        }
        self.kind, self.berkadar = kind, berkadar
        fields = {**self._labels(), **before, "confirmed": confirmed}
        return self.staff(T.CORRECTED, when, **fields)

    @property
    def facts(self) -> list[CaseFact]:
        """What the clocks see."""
        return [fact_of(type_, when, data) for type_, when, data in self.events]

    def fold(self, **options: Any) -> CaseClocks:
        """The state after all events."""
        found = fold(self.facts, rules(self.opd.partition("/")[0], **options))
        assert found is not None
        return found

    def messages(self) -> Iterator[Event]:
        """The events as a consumer decodes them."""
        for type_, when, data in self.events:
            event_id = f"{self.ticket}-{data.sequence}"
            envelope = Envelope(event_id, type_.value, "/tanggap/desk", when, self.ticket)
            raw = RawMessage(Topic.CASE_EVENTS.value, 0, 0, 0, self.ticket.encode(), b"{}", {})
            yield Event(envelope, data, raw)


def due_day(state: CaseClocks, clock: str) -> str:
    """The local day at whose 24:00 a clock is due."""
    found = getattr(state, clock).due_day
    assert found is not None
    return date.fromordinal(found).isoformat()


def plus(text: str, days: int) -> str:
    """A day some calendar days later."""
    return (date.fromisoformat(text) + timedelta(days=days)).isoformat()
