"""What a case's facts add up to, one by one in the order of their sequence; no deadline is known
here, only what happened, when, and who held the case.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.clocks.facts import CaseFact, Opening
from shared.clocks.region import RegionRules
from shared.clocks.state import Rating
from shared.contracts.case import CaseEventType
from shared.contracts.enums import Kind
from shared.policy.model import Limits, finish_kind

# Acts by which a person of the holding unit also verifies the case.
_IMPLY_VERIFICATION = frozenset(
    {
        CaseEventType.VERIFIED,
        CaseEventType.ASKED,
        CaseEventType.REPLIED,
        CaseEventType.RESOLVED,
        CaseEventType.REJECTED,
        CaseEventType.ARCHIVED,
        CaseEventType.ASSIGNED,
        CaseEventType.FORWARDED,
    }
)


@dataclass(frozen=True, slots=True)
class Finish:
    """An act that finished the case; `closed_day` may be later than the day it counts on."""

    day: int
    doer: str
    auto: bool


@dataclass(frozen=True, slots=True)
class Closure:
    """How the case stands closed."""

    by: CaseEventType
    day: int
    finish: Finish | None


@dataclass(frozen=True, slots=True)
class Reopening:
    """A reopening with what it undid, so that it can be treated as if it had not happened."""

    day: int
    closure: Closure
    holders: int


class Ledger:
    """The case while its facts are applied one by one, in the order of their sequence."""

    def __init__(self, rules: RegionRules, first: CaseFact, unsent: frozenset[int]) -> None:
        opening = first.opening
        assert opening is not None  # noqa: S101 - the callers looked
        assert first.kind is not None  # noqa: S101 - an opening has a kind
        self.rules = rules
        self.unsent = unsent
        self.opening: Opening = opening
        self.opened_day = rules.day(first.at)
        self.received_day = rules.day(opening.received_at)
        self.calendar = rules.calendar(self.received_day)
        self.limits: Limits = rules.limits(
            opening.policy, first.opd, opening.service, self.received_day
        )
        self.kind: Kind = first.kind
        self.berkadar = first.berkadar
        self.lapor = opening.lapor
        self.holder = first.opd
        self.holders: list[tuple[datetime, str]] = [(first.at, first.opd)]
        self.known_holders = 1
        self.verified: tuple[int, str] | None = None
        self.machine_day: int | None = None
        self.response_start = None if first.opd == rules.triage else self.received_day
        self.responded: tuple[int, str, datetime] | None = None
        self.pauses: list[tuple[int, int | None]] = []
        self.contact: tuple[int, str] | None = None
        self.awaiting = False
        self.closure: Closure | None = None
        self.reopenings: list[Reopening] = []
        self.ratings: list[Rating] = []

    # -- facts --------------------------------------------------------------------------------

    def apply(self, fact: CaseFact, day: int) -> None:
        """Take one fact in; `day` is the local day of its own time."""
        before = self.holder
        self.known_holders = len(self.holders)
        # What is written on a closed case moves it nowhere; only a reopening does.
        moves = self.closure is None or fact.type is CaseEventType.REOPENED
        if fact.opd != before and moves:
            self.holder = fact.opd
            self.holders.append((fact.at, fact.opd))
            if self.response_start is None and fact.opd != self.rules.triage:
                self.response_start = day
        if (
            self.verified is None
            and fact.type in _IMPLY_VERIFICATION
            and fact.by_person
            and (fact.type is CaseEventType.VERIFIED or fact.unit == before)
        ):
            self.verified = (day, fact.unit or before)
        act = _ACTS.get(fact.type)
        if act is not None:
            act(self, fact, day)

    def _verified(self, fact: CaseFact, day: int) -> None:
        if not fact.by_person and self.machine_day is None:
            self.machine_day = day

    def _taken(self, fact: CaseFact, day: int) -> None:
        if self.response_start is None:
            self.response_start = day

    def _asked(self, fact: CaseFact, day: int) -> None:
        if fact.sequence in self.unsent:
            return
        self._spoke(fact, day)
        if self.closure is None and not self.paused:
            self.pauses.append((day, None))

    def _replied(self, fact: CaseFact, day: int) -> None:
        if fact.by_person:
            self._spoke(fact, day)

    def _spoke(self, fact: CaseFact, day: int) -> None:
        """A person's words to the citizen: the first response, and the reply window's start."""
        doer = fact.unit or self.holder
        if self.response_start is None:
            self.response_start = day
        if self.responded is None:
            self.responded = (day, doer, fact.at)
        self.contact = (day, doer)
        self.awaiting = True

    def _answered(self, fact: CaseFact, day: int) -> None:
        self.awaiting = False
        self._end_pause(day)

    def _added(self, fact: CaseFact, day: int) -> None:
        self.awaiting = False

    def _corrected(self, fact: CaseFact, day: int) -> None:
        if fact.kind is None:
            return
        limits = self.limits.finish
        now = limits[finish_kind(self.kind, self.berkadar)]
        if fact.flag or limits[finish_kind(fact.kind, fact.berkadar)] <= now:
            self.kind, self.berkadar = fact.kind, fact.berkadar

    def _resolved(self, fact: CaseFact, day: int) -> None:
        if self.closure is not None:
            return
        if fact.flag and self.reopenings:
            self._undo_reopening(day)
            return
        if fact.by_person:
            self._spoke(fact, day)
        self._close(fact, day, Finish(day, fact.unit or self.holder, auto=False))

    def _undo_reopening(self, day: int) -> None:
        """The coordinator marks the reopening unfounded: the case never left its holder."""
        self._end_pause(day)
        undone = self.reopenings.pop()
        self.closure = undone.closure
        del self.holders[undone.holders :]
        self.holder = self.holders[-1][1]

    def _auto_resolved(self, fact: CaseFact, day: int) -> None:
        if self.closure is None:
            on, doer = self.contact or (day, self.holder)
            self._close(fact, day, Finish(on, doer, auto=True))

    def _rejected(self, fact: CaseFact, day: int) -> None:
        if self.closure is None:
            if fact.by_person:
                self._spoke(fact, day)
            self._close(fact, day, None)

    def _ended(self, fact: CaseFact, day: int) -> None:
        if self.closure is None:
            self._close(fact, day, None)

    def _close(self, fact: CaseFact, day: int, finish: Finish | None) -> None:
        self._end_pause(day)
        self.awaiting = False
        self.closure = Closure(fact.type, day, finish)

    def _reopened(self, fact: CaseFact, day: int) -> None:
        self.awaiting = False
        if self.closure is not None:
            self.reopenings.append(Reopening(day, self.closure, self.known_holders))
            self.closure = None

    def _rated(self, fact: CaseFact, day: int) -> None:
        if fact.number is None:
            return
        finish = self.last_finish
        opd = finish.doer if finish else self.holder
        rating = Rating(day, opd, fact.number, len(self.reopenings))
        if self.ratings and self.ratings[-1].finish == rating.finish:
            self.ratings.pop()
        self.ratings.append(rating)

    def _linked(self, fact: CaseFact, day: int) -> None:
        self.lapor = True

    @property
    def paused(self) -> bool:
        """Whether a question to the citizen is open."""
        return bool(self.pauses) and self.pauses[-1][1] is None

    def _end_pause(self, day: int) -> None:
        if self.paused:
            self.pauses[-1] = (self.pauses[-1][0], day)

    @property
    def last_finish(self) -> Finish | None:
        """The finish that holds, or the one that was undone last."""
        if self.closure is not None and self.closure.finish is not None:
            return self.closure.finish
        undone = self.undone()
        return undone[-1] if undone else None

    def undone(self) -> list[Finish]:
        """The finishes that reopenings undid."""
        return [r.closure.finish for r in self.reopenings if r.closure.finish is not None]


_ACTS: dict[CaseEventType, Callable[[Ledger, CaseFact, int], None]] = {
    CaseEventType.VERIFIED: Ledger._verified,
    CaseEventType.TAKEN: Ledger._taken,
    CaseEventType.ASKED: Ledger._asked,
    CaseEventType.REPLIED: Ledger._replied,
    CaseEventType.ANSWERED: Ledger._answered,
    CaseEventType.ADDED: Ledger._added,
    CaseEventType.CORRECTED: Ledger._corrected,
    CaseEventType.RESOLVED: Ledger._resolved,
    CaseEventType.AUTO_RESOLVED: Ledger._auto_resolved,
    CaseEventType.REJECTED: Ledger._rejected,
    CaseEventType.ARCHIVED: Ledger._ended,
    CaseEventType.WITHDRAWN: Ledger._ended,
    CaseEventType.REOPENED: Ledger._reopened,
    CaseEventType.RATED: Ledger._rated,
    CaseEventType.LINKED: Ledger._linked,
}
