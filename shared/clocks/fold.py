"""Folding a case's facts into the state of its clocks (design §4); pure, and independent of the
order in which the facts became known.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from shared.clocks.facts import CaseFact, Opening
from shared.clocks.region import RegionRules
from shared.clocks.state import CaseClocks, ClockState, Rating
from shared.clocks.worktime import start_of_day
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


def fold(facts: Iterable[CaseFact], rules: RegionRules) -> CaseClocks | None:
    """The case after all its facts; none while its opening is not known."""
    ordered = sorted(facts, key=_by_sequence)
    if not ordered or ordered[0].opening is None:
        return None
    return _fold(ordered, rules)


def snapshots(
    facts: Iterable[CaseFact], rules: RegionRules
) -> Iterator[tuple[int, CaseClocks | None]]:
    """For each local day on which something happened: the case as of that day's end.

    That is the fold of all facts whose own time lies before that end.
    """
    ordered = sorted(facts, key=_by_sequence)
    if not ordered or ordered[0].opening is None:
        return
    days = [rules.day(fact.at) for fact in ordered]
    steady = all(first <= second for first, second in pairwise(days))
    if steady and not _unsent(ordered):
        running = _Folding(rules, ordered[0], frozenset())
        last = len(ordered) - 1
        for index, fact in enumerate(ordered):
            if index:
                running.apply(fact)
            if index == last or days[index + 1] != days[index]:
                yield days[index], running.clocks()
        return
    # Own times that contradict the sequence, or a question that proved unsent afterwards: what is
    # known of a day is then not a beginning of what is known in the end.
    for day in sorted(set(days)):
        known = [fact for fact, own in zip(ordered, days, strict=True) if own <= day]
        yield day, _fold(known, rules) if known[0].opening else None


def _by_sequence(fact: CaseFact) -> int:
    return fact.sequence


def _unsent(facts: Sequence[CaseFact]) -> frozenset[int]:
    return frozenset(
        fact.number
        for fact in facts
        if fact.type is CaseEventType.UNSENT and fact.number is not None
    )


def _fold(ordered: Sequence[CaseFact], rules: RegionRules) -> CaseClocks:
    running = _Folding(rules, ordered[0], _unsent(ordered))
    for fact in ordered[1:]:
        running.apply(fact)
    return running.clocks()


@dataclass(frozen=True, slots=True)
class _Finish:
    """An act that finished the case; `closed_day` may be later than the day it counts on."""

    day: int
    doer: str
    auto: bool


@dataclass(frozen=True, slots=True)
class _Closure:
    """How the case stands closed."""

    by: CaseEventType
    day: int
    finish: _Finish | None


@dataclass(frozen=True, slots=True)
class _Reopening:
    """A reopening with what it undid, so that it can be treated as if it had not happened."""

    day: int
    closure: _Closure
    holders: int


class _Folding:
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
        self.closure: _Closure | None = None
        self.reopenings: list[_Reopening] = []
        self.ratings: list[Rating] = []

    # -- facts --------------------------------------------------------------------------------

    def apply(self, fact: CaseFact) -> None:
        """Take one fact in."""
        day = self.rules.day(fact.at)
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
        if self.closure is None and not self._paused:
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
        self._close(fact, day, _Finish(day, fact.unit or self.holder, auto=False))

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
            self._close(fact, day, _Finish(on, doer, auto=True))

    def _rejected(self, fact: CaseFact, day: int) -> None:
        if self.closure is None:
            if fact.by_person:
                self._spoke(fact, day)
            self._close(fact, day, None)

    def _ended(self, fact: CaseFact, day: int) -> None:
        if self.closure is None:
            self._close(fact, day, None)

    def _close(self, fact: CaseFact, day: int, finish: _Finish | None) -> None:
        self._end_pause(day)
        self.awaiting = False
        self.closure = _Closure(fact.type, day, finish)

    def _reopened(self, fact: CaseFact, day: int) -> None:
        self.awaiting = False
        if self.closure is not None:
            self.reopenings.append(_Reopening(day, self.closure, self.known_holders))
            self.closure = None

    def _rated(self, fact: CaseFact, day: int) -> None:
        if fact.number is None:
            return
        finish = self._last_finish
        opd = finish.doer if finish else self.holder
        rating = Rating(day, opd, fact.number, len(self.reopenings))
        if self.ratings and self.ratings[-1].finish == rating.finish:
            self.ratings.pop()
        self.ratings.append(rating)

    def _linked(self, fact: CaseFact, day: int) -> None:
        self.lapor = True

    @property
    def _paused(self) -> bool:
        return bool(self.pauses) and self.pauses[-1][1] is None

    def _end_pause(self, day: int) -> None:
        if self._paused:
            self.pauses[-1] = (self.pauses[-1][0], day)

    # -- what follows -------------------------------------------------------------------------

    @property
    def _last_finish(self) -> _Finish | None:
        if self.closure is not None and self.closure.finish is not None:
            return self.closure.finish
        undone = self._undone
        return undone[-1] if undone else None

    @property
    def _undone(self) -> list[_Finish]:
        return [r.closure.finish for r in self.reopenings if r.closure.finish is not None]

    def clocks(self) -> CaseClocks:
        """The case as it stands."""
        skipped = self._skipped()
        undone = self._undone
        finish = self._last_finish
        closure = self.closure
        held = closure.finish if closure else None
        return CaseClocks(
            zone=self.rules.zone,
            received_at=self.opening.received_at,
            received_day=self.received_day,
            opened_day=self.opened_day,
            first_holder=self.holders[0][1],
            holder=self.holder,
            kind=self.kind,
            berkadar=self.berkadar,
            policy=self.opening.policy,
            lapor=self.lapor,
            verify=self._verify_clock(skipped),
            first_response=self._response_clock(skipped),
            finish=self._finish_clock(skipped, undone),
            open=closure is None,
            closed_by=closure.by if closure else None,
            closed_day=closure.day if closure else None,
            paused=self._paused,
            finished=held is not None,
            finish_day=finish.day if finish else None,
            finish_opd=finish.doer if finish else None,
            auto_finished=held is not None and held.auto,
            reopenings=len(undone),
            undone=undone[-1].doer if undone else None,
            responded_at=self.responded[2] if self.responded else None,
            window_day=self._window_day(),
            ratings=tuple(self.ratings),
        )

    def _window_day(self) -> int | None:
        if self.closure is not None or not self.awaiting or self.contact is None:
            return None
        return self.calendar.add_working_days(self.contact[0], self.limits.reply_window)

    def _skipped(self) -> Sequence[int]:
        """Working days that no clock counts: paused ones up to the limit, and closed ones."""
        if not self.pauses and not self.reopenings:
            return ()
        days = self._paused_days()
        for reopening in self.reopenings:
            days += self.calendar.between(reopening.closure.day, reopening.day)
        return sorted(days)

    def _paused_days(self) -> list[int]:
        most = self.limits.pause_max
        first = self.calendar.effective(self.received_day) + 1
        days: list[int] = []
        for begin, end in self.pauses:
            begin = max(begin, first)
            left = most - len(days)
            if left <= 0 or (end is not None and end <= begin):
                continue
            until = self.calendar.nth_after(begin - 1, left) + 1
            days += self.calendar.between(begin, until if end is None else min(end, until))
        return days

    def _verify_clock(self, skipped: Sequence[int]) -> ClockState:
        due, mark = self._deadline(self.received_day, self.limits.verify, skipped)
        ended = self.closure.day if self.closure else None
        if self.machine_day is not None and (ended is None or self.machine_day < ended):
            ended = self.machine_day
        return self._step(due, mark, self.verified, ended)

    def _response_clock(self, skipped: Sequence[int]) -> ClockState:
        if self.response_start is None:
            return ClockState(None, None, False, False, None, self.holder, self.holder)
        due, mark = self._deadline(self.response_start, self.limits.first_response, skipped)
        done = self.responded[:2] if self.responded else None
        return self._step(due, mark, done, self.closure.day if self.closure else None)

    def _step(
        self, due: int, mark: int, done: tuple[int, str] | None, ended: int | None
    ) -> ClockState:
        bearer = self._holder_on(mark)
        if done is not None:
            return ClockState(due, done[0], done[0] > due, True, done[1], bearer, self.holder)
        counted = ended is None or due < ended
        return ClockState(due, None, False, counted, None, bearer, self.holder)

    def _finish_clock(self, skipped: Sequence[int], undone: list[_Finish]) -> ClockState:
        days = self.limits.finish[finish_kind(self.kind, self.berkadar)]
        due, mark = self._deadline(self.received_day, days, skipped)
        if self.reopenings:
            earliest, later_mark = self._deadline(
                self.reopenings[-1].day, self.limits.reopened, skipped
            )
            if earliest > due:
                due, mark = earliest, later_mark
        bearer = undone[-1].doer if undone else self._holder_on(mark)
        runner = undone[-1].doer if undone else self.holder
        closure = self.closure
        if closure is None:
            return ClockState(due, None, False, True, None, bearer, runner)
        finish = closure.finish
        if finish is not None:
            late = finish.day > due or len(undone) > 1
            return ClockState(due, finish.day, late, True, finish.doer, bearer, runner)
        if due < closure.day:
            return ClockState(due, closure.day, True, True, None, bearer, runner)
        return ClockState(due, None, False, False, None, bearer, runner)

    def _deadline(self, start: int, count: int, skipped: Sequence[int]) -> tuple[int, int]:
        """The day of a deadline, and the counted day that decides whose mark it is."""
        mark = max(1, count - self.limits.mark_day + 1)
        add = self.calendar.add_working_days
        return add(start, count, skipped), add(start, mark, skipped)

    def _holder_on(self, day: int) -> str:
        """Who held the case at 00:00 local of a day, or its first holder if it came later."""
        found = self.holders[0][1]
        if len(self.holders) > 1:
            begin = start_of_day(day, self.rules.zone)
            for at, opd in self.holders[1:]:
                if at <= begin:
                    found = opd
        return found


_ACTS: dict[CaseEventType, Callable[[_Folding, CaseFact, int], None]] = {
    CaseEventType.VERIFIED: _Folding._verified,
    CaseEventType.TAKEN: _Folding._taken,
    CaseEventType.ASKED: _Folding._asked,
    CaseEventType.REPLIED: _Folding._replied,
    CaseEventType.ANSWERED: _Folding._answered,
    CaseEventType.ADDED: _Folding._added,
    CaseEventType.CORRECTED: _Folding._corrected,
    CaseEventType.RESOLVED: _Folding._resolved,
    CaseEventType.AUTO_RESOLVED: _Folding._auto_resolved,
    CaseEventType.REJECTED: _Folding._rejected,
    CaseEventType.ARCHIVED: _Folding._ended,
    CaseEventType.WITHDRAWN: _Folding._ended,
    CaseEventType.REOPENED: _Folding._reopened,
    CaseEventType.RATED: _Folding._rated,
    CaseEventType.LINKED: _Folding._linked,
}
