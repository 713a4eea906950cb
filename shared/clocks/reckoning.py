"""From what happened to a case to the state of its clocks: deadlines, what is late, whose mark."""

from collections.abc import Sequence

from shared.clocks.ledger import Finish, Ledger
from shared.clocks.state import CaseClocks, ClockState
from shared.policy.model import finish_kind


def reckon(case: Ledger) -> CaseClocks:
    """The case as it stands."""
    skipped = _skipped(case)
    undone = case.undone()
    finish = case.last_finish
    closure = case.closure
    held = closure.finish if closure else None
    return CaseClocks(
        zone=case.rules.zone,
        received_at=case.opening.received_at,
        received_day=case.received_day,
        opened_day=case.opened_day,
        first_holder=case.holders[0][1],
        holder=case.holder,
        kind=case.kind,
        berkadar=case.berkadar,
        policy=case.opening.policy,
        lapor=case.lapor,
        verify=_verify_clock(case, skipped),
        first_response=_response_clock(case, skipped),
        finish=_finish_clock(case, skipped, undone),
        open=closure is None,
        closed_by=closure.by if closure else None,
        closed_day=closure.day if closure else None,
        paused=case.paused,
        finished=held is not None,
        finish_day=finish.day if finish else None,
        finish_opd=finish.doer if finish else None,
        auto_finished=held is not None and held.auto,
        reopenings=len(undone),
        undone=undone[-1].doer if undone else None,
        responded_at=case.responded[2] if case.responded else None,
        window_day=_window_day(case),
        ratings=tuple(case.ratings),
    )


def _window_day(case: Ledger) -> int | None:
    if case.closure is not None or not case.awaiting or case.contact is None:
        return None
    return case.calendar.add_working_days(case.contact[0], case.limits.reply_window)


def _skipped(case: Ledger) -> Sequence[int]:
    """Working days that no clock counts: paused ones up to the limit, and closed ones."""
    if not case.pauses and not case.reopenings:
        return ()
    days = _paused_days(case)
    for reopening in case.reopenings:
        days += case.calendar.between(reopening.closure.day, reopening.day)
    return sorted(days)


def _paused_days(case: Ledger) -> list[int]:
    most = case.limits.pause_max
    first = case.calendar.effective(case.received_day) + 1
    days: list[int] = []
    for begin, end in case.pauses:
        begin = max(begin, first)
        left = most - len(days)
        if left <= 0 or (end is not None and end <= begin):
            continue
        until = case.calendar.nth_after(begin - 1, left) + 1
        days += case.calendar.between(begin, until if end is None else min(end, until))
    return days


def _verify_clock(case: Ledger, skipped: Sequence[int]) -> ClockState:
    begin, limit = case.received_day, case.limits.verify
    ended = case.closure.day if case.closure else None
    if case.machine_day is not None and (ended is None or case.machine_day < ended):
        ended = case.machine_day
    return _step(case, begin, limit, skipped, case.verified, ended)


def _response_clock(case: Ledger, skipped: Sequence[int]) -> ClockState:
    if case.response_start is None:
        return ClockState(None, None, False, False, None, case.holder, case.holder)
    begin, limit = case.response_start, case.limits.first_response
    done = case.responded[:2] if case.responded else None
    ended = case.closure.day if case.closure else None
    return _step(case, begin, limit, skipped, done, ended)


def _step(
    case: Ledger,
    begin: int,
    limit: int,
    skipped: Sequence[int],
    done: tuple[int, str] | None,
    ended: int | None,
) -> ClockState:
    due = case.calendar.add_working_days(begin, limit, skipped)
    bearer = _bearer(case, begin, limit, skipped)
    if done is not None:
        return ClockState(due, done[0], done[0] > due, True, done[1], bearer, case.holder)
    counted = ended is None or due < ended
    return ClockState(due, None, False, counted, None, bearer, case.holder)


def _finish_clock(case: Ledger, skipped: Sequence[int], undone: list[Finish]) -> ClockState:
    begin, limit = case.received_day, case.limits.finish[finish_kind(case.kind, case.berkadar)]
    due = case.calendar.add_working_days(begin, limit, skipped)
    if case.reopenings:
        again, least = case.reopenings[-1].day, case.limits.reopened
        earliest = case.calendar.add_working_days(again, least, skipped)
        if earliest > due:
            begin, limit, due = again, least, earliest
    bearer = undone[-1].doer if undone else _bearer(case, begin, limit, skipped)
    runner = undone[-1].doer if undone else case.holder
    closure = case.closure
    if closure is None:
        return ClockState(due, None, False, True, None, bearer, runner)
    finish = closure.finish
    if finish is not None:
        late = finish.day > due or len(undone) > 1
        return ClockState(due, finish.day, late, True, finish.doer, bearer, runner)
    if due < closure.day:
        return ClockState(due, closure.day, True, True, None, bearer, runner)
    return ClockState(due, None, False, False, None, bearer, runner)


def _bearer(case: Ledger, begin: int, limit: int, skipped: Sequence[int]) -> str:
    """Whose mark a late or missed step is: who held the case at 00:00 local of the third-last
    counted day, or its first holder if it came later.
    """
    found = case.holders[0][1]
    if len(case.holders) > 1:
        mark = max(1, limit - case.limits.mark_day + 1)
        day = case.calendar.add_working_days(begin, mark, skipped)
        midnight = case.rules.midnight(day)
        for at, opd in case.holders[1:]:
            if at <= midnight:
                found = opd
    return found
