"""The index on each of many days, swept once over what became known when. Pure.

Equal to reading each day by itself: the counters tell from which tick on they count, so a day's
value is the sum of everything up to its tick, of the steps that lie in its window.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shared.policy.model import CLOCK_PARTS, IndexPolicy
from shared.scores.index import Index, opd_index, region_index, tally_of
from shared.scores.measures import Measure, of_clock

MEASURES = (
    *(of_clock(name, what) for name in CLOCK_PARTS
      for what in ("on_time", "late", "missed", "running", "backlog")),
    Measure.CLOSED.value, Measure.NEVER_REOPENED.value,
    Measure.RATINGS.value, Measure.RATING_SUM.value,
)  # fmt: skip
"""What an index is made of."""


class Change(NamedTuple):
    """What counts from a tick on; `step` is the day it counts on (0: a state, in every window).

    `code` is an OPD, or anything else for the rest of its region.
    """

    tick: int
    step: int
    code: str
    measure: str
    n: int


@dataclass(frozen=True, slots=True)
class Day:
    """A local day with the rules that held on it.

    `start`: the window's first day; `tick`: the last one that counts; `codes`: the OPD and its
    units of that day, empty where it did not exist, none for the region itself.
    """

    day: int
    start: int
    tick: int
    policy: IndexPolicy
    codes: tuple[str, ...] | None


class _Sums:
    """Sums per OPD and measure of what is known so far and lies in the window."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, int]] = {}
        self.whole: dict[str, int] = {}
        self._by_step: dict[int, list[Change]] = {}
        self._start = 0

    def add(self, change: Change) -> None:
        """Something became known."""
        if change.step:
            self._by_step.setdefault(change.step, []).append(change)
        if not change.step or change.step >= self._start:
            self._count(change, 1)

    def begin(self, start: int) -> None:
        """The window begins on another day; a policy may also lengthen it."""
        for step in range(min(self._start, start), max(self._start, start)) if self._start else ():
            for change in self._by_step.get(step, ()):
                self._count(change, -1 if start > self._start else 1)
        self._start = start

    def _count(self, change: Change, sign: int) -> None:
        n = sign * change.n
        own = self.found.setdefault(change.code, {})
        own[change.measure] = own.get(change.measure, 0) + n
        self.whole[change.measure] = self.whole.get(change.measure, 0) + n


def sweep(days: Sequence[Day], changes: Iterable[Change]) -> Iterator[tuple[Day, Index | None]]:
    """The index of each day, in order of the days; none where the OPD did not exist."""
    waiting = iter(sorted(changes))
    ahead = next(waiting, None)
    sums = _Sums()
    for day in days:
        sums.begin(day.start)
        while ahead is not None and ahead.tick <= day.tick:
            sums.add(ahead)
            ahead = next(waiting, None)
        yield day, _index(day, sums)


def _index(day: Day, sums: _Sums) -> Index | None:
    region = tally_of(sums.whole)
    if day.codes is None:
        return region_index(region, day.policy)
    if not day.codes:
        return None
    own: dict[str, int] = {}
    for code in day.codes:
        for measure, n in sums.found.get(code, {}).items():
            own[measure] = own.get(measure, 0) + n
    return opd_index(tally_of(own), region, day.policy)
