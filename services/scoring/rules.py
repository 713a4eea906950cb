"""From a case's facts to the changes of counters: pure, and independent of the order of arrival.

The value of any counter at any day equals the fold of all facts whose own time lies before that
day's end, because a case's deltas are the differences between its contributions at each point
where they change: a day on which something happened, the end of a day that was a deadline, and
the day on which a miss becomes backlog.
"""

from collections.abc import Iterable, Iterator, Mapping

from shared.clocks.facts import CaseFact
from shared.clocks.fold import snapshots
from shared.clocks.region import RegionRules
from shared.clocks.state import CaseClocks, Clock, ClockState
from shared.clocks.worktime import within_clock_hours
from shared.contracts.case import CaseEventType
from shared.contracts.enums import Kind
from shared.scores.measures import Key, Measure, of_clock

Contribution = dict[tuple[str, str, int], int]
"""OPD, measure, step day (0: none) → n."""

# Kinds that no. 28 of PEKPPP counts.
_ASSESSED_KINDS = frozenset({Kind.PENGADUAN, Kind.PERMINTAAN_INFORMASI})
_ENDINGS = {
    CaseEventType.REJECTED: Measure.REJECTED,
    CaseEventType.ARCHIVED: Measure.ARCHIVED,
    CaseEventType.WITHDRAWN: Measure.WITHDRAWN,
}
_CLOCKS = tuple(Clock)
_MEASURES = {
    (clock, what): of_clock(clock, what)
    for clock in Clock
    for what in ("on_time", "late", "running", "missed", "backlog")
}


def deltas(facts: Iterable[CaseFact], rules: RegionRules) -> dict[Key, int]:
    """All changes that a case's facts make to the counters."""
    found: dict[Key, int] = {}
    before: Contribution = {}
    for tick, after in timeline(facts, rules):
        for key, n in after.items():
            change = n - before.get(key, 0)
            if change:
                found[(*key, tick)] = change
        for key, n in before.items():
            if key not in after:
                found[(*key, tick)] = -n
        before = after
    return found


def timeline(facts: Iterable[CaseFact], rules: RegionRules) -> Iterator[tuple[int, Contribution]]:
    """The case's contributions from each tick on at which they may change."""
    known = [(day, clocks) for day, clocks in snapshots(facts, rules) if clocks is not None]
    if not known:
        return
    first = known[0][1]  # the policy and the day of receipt are those of the opening, for good
    backlog = rules.backlog_days(first.policy, first.received_day)
    for index, (day, clocks) in enumerate(known):
        until = known[index + 1][0] if index + 1 < len(known) else None
        lasting = _lasting(clocks, rules)
        yield 2 * day, lasting | _changing(clocks, rules, backlog, day - 1)
        for passed in _passing(clocks, backlog, day, until):
            yield 2 * passed + 1, lasting | _changing(clocks, rules, backlog, passed)


def _passing(clocks: CaseClocks, backlog: int, day: int, until: int | None) -> list[int]:
    """Days at whose end something changes by itself, before the next event."""
    days: set[int] = set()
    for state in (clocks.verify, clocks.first_response, clocks.finish):
        if state.counted and state.done_day is None and state.due_day is not None:
            days.update((state.due_day, state.due_day + backlog))
    return sorted(d for d in days if d >= day and (until is None or d < until))


def contributions(clocks: CaseClocks, rules: RegionRules, backlog: int, ended: int) -> Contribution:
    """What the case adds to the counters once the day `ended` has ended."""
    return _lasting(clocks, rules) | _changing(clocks, rules, backlog, ended)


def _in_index(clocks: CaseClocks, rules: RegionRules) -> bool:
    return rules.counts_from is None or clocks.received_day >= rules.counts_from


def _lasting(clocks: CaseClocks, rules: RegionRules) -> Contribution:
    """What stays as it is until the next event."""
    found: Contribution = {}
    if _in_index(clocks, rules):
        _add_ratings(found, clocks)
        _add(found, clocks.first_holder, Measure.RECEIVED, clocks.received_day)
        if clocks.closed_by in _ENDINGS and clocks.closed_day is not None:
            _add(found, clocks.holder, _ENDINGS[clocks.closed_by], clocks.closed_day)
    _add_year(found, clocks, rules)
    return found


def _changing(clocks: CaseClocks, rules: RegionRules, backlog: int, ended: int) -> Contribution:
    """What the passing of a day's end can change."""
    found: Contribution = {}
    if _in_index(clocks, rules):
        states = (clocks.verify, clocks.first_response, clocks.finish)
        for clock, state in zip(_CLOCKS, states, strict=True):
            _add_clock(found, clock, state, clocks.open, backlog, ended)
        _add_finish(found, clocks, ended)
    return found


def _add(found: Contribution, opd: str, measure: str, step: int, n: int = 1) -> None:
    key = (opd, measure, step)
    found[key] = found.get(key, 0) + n


def _add_clock(
    found: Contribution, clock: Clock, state: ClockState, open_: bool, backlog: int, ended: int
) -> None:
    if not state.counted:
        return
    if state.done_day is not None:
        if state.late or state.doer is None:
            _add(found, state.mark, _MEASURES[clock, "late"], state.done_day)
        else:
            _add(found, state.doer, _MEASURES[clock, "on_time"], state.done_day)
    elif not state.missed_at_end_of(ended):
        _add(found, state.runner, _MEASURES[clock, "running"], 0)
    elif not state.missed_at_end_of(ended - backlog):
        _add(found, state.mark, _MEASURES[clock, "missed"], 0)
    elif open_:
        # Of a closed case nobody can do the step any more: it lapses instead.
        _add(found, state.mark, _MEASURES[clock, "backlog"], 0)


def _add_finish(found: Contribution, clocks: CaseClocks, ended: int) -> None:
    """Cases finished at least once, each once; one that is missed now counts as the miss."""
    state = clocks.finish
    if clocks.finish_day is not None:
        if clocks.finished:
            opd = state.mark if state.late else state.doer or state.mark
            _add(found, opd, Measure.CLOSED, clocks.finish_day)
            if clocks.reopenings == 0:
                _add(found, opd, Measure.NEVER_REOPENED, clocks.finish_day)
            if clocks.auto_finished:
                _add(found, opd, Measure.AUTO_FINISHED, clocks.finish_day)
        elif not state.missed_at_end_of(ended):
            _add(found, state.mark, Measure.CLOSED, clocks.finish_day)


def _add_ratings(found: Contribution, clocks: CaseClocks) -> None:
    for rating in clocks.ratings:
        _add(found, rating.opd, Measure.RATINGS, rating.day)
        if rating.score > 1:
            _add(found, rating.opd, Measure.RATING_SUM, rating.day, rating.score - 1)


def _add_year(found: Contribution, clocks: CaseClocks, rules: RegionRules) -> None:
    """The counts of PEKPPP for the year of receipt: no. 28, and no. 26 of an online unit."""
    if clocks.kind not in _ASSESSED_KINDS or not (clocks.open or clocks.finished):
        return
    opd, step = clocks.final_opd, clocks.received_day
    measures = [Measure.YEAR_RECEIVED.value, *_within(clocks, rules)]
    if clocks.lapor:
        measures.append(Measure.YEAR_LAPOR_RECEIVED)
    if clocks.finished:
        measures.append(Measure.YEAR_FINISHED)
        if clocks.auto_finished:
            measures.append(Measure.YEAR_AUTO)
        if clocks.lapor:
            measures.append(Measure.YEAR_LAPOR_FINISHED)
    for measure in measures:
        _add(found, opd, measure, step)


def _within(clocks: CaseClocks, rules: RegionRules) -> list[str]:
    if clocks.responded_at is None:
        return []
    received, responded = clocks.received_at, clocks.responded_at
    return [
        measure
        for limit, measure in rules.speed_limits
        if within_clock_hours(received, responded, limit)
    ]


def touched(before: Mapping[Key, int], after: Mapping[Key, int]) -> dict[Key, int]:
    """What must be added to the counters to go from one set of deltas to another."""
    changes = dict(after)
    for key, n in before.items():
        left = changes.get(key, 0) - n
        if left:
            changes[key] = left
        else:
            changes.pop(key, None)
    return changes
