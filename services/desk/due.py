"""The clocks of a case as desk shows them: the same folding scoring counts with."""

from collections.abc import Sequence
from datetime import datetime
from threading import Lock

from services.desk.casework import Case
from services.desk.ports import ClockHand, Due, PastEvent
from shared.clocks.facts import fact_of
from shared.clocks.fold import fold
from shared.clocks.region import RegionRules
from shared.clocks.state import CaseClocks, Clock
from shared.clocks.worktime import deadline_in_working_days, local_day
from shared.contracts.case import CASE_EVENTS
from shared.db.read.directory import Directory
from shared.policy.load import PolicyBook, load_policies


class FoldedClocks:
    """Reads clocks by folding a case's events; keeps each region's calendar."""

    def __init__(self, book: PolicyBook | None = None) -> None:
        self._book = book or load_policies()
        self._rules: dict[str, RegionRules] = {}
        self._lock = Lock()

    def policy_for(self, region: str, received_at: datetime, directory: Directory) -> str:
        """Name of the policy in force on the local day of receipt."""
        day = received_at.astimezone(directory.zone(region)).date()
        return self._book.at(day).name

    def read(self, case: Case, events: Sequence[PastEvent], directory: Directory) -> Due:
        """The clocks after these events."""
        rules = self._rules_of(case.region, directory)
        facts = [
            fact_of(event.type, event.at, CASE_EVENTS[event.type].model_validate(event.data))
            for event in events
        ]
        clocks = fold(facts, rules)
        if clocks is None:
            raise ValueError("a case begins with its opening")
        opening = facts[0].opening
        service = opening.service if opening else None
        return Due(
            verify=_hand(clocks, Clock.VERIFY),
            first_response=_hand(clocks, Clock.FIRST_RESPONSE),
            finish=_hand(clocks, Clock.FINISH),
            window_until=_window(case, clocks, rules, facts[0].opd, service),
        )

    def _rules_of(self, region: str, directory: Directory) -> RegionRules:
        with self._lock:
            found = self._rules.get(region)
            if found is None:
                found = RegionRules(region, directory.zone(region), self._book)
                self._rules[region] = found
            return found


def _hand(clocks: CaseClocks, clock: Clock) -> ClockHand:
    state = clocks.clock(clock)
    waiting = clocks.open and state.counted and state.done_day is None
    started = state.due_day is not None
    return ClockHand(clocks.due(clock), done=started and not waiting)


def _window(
    case: Case, clocks: CaseClocks, rules: RegionRules, first_opd: str, service: str | None
) -> datetime | None:
    if case.window_from is None:
        return None
    if case.open:
        return clocks.window_until
    # After its end: how long "belum selesai" reopens the case.
    received = local_day(case.received_at, rules.zone)
    days = rules.limits(case.policy, first_opd, service, received).reply_window
    return deadline_in_working_days(case.window_from, days, rules.calendar(received), rules.zone)
