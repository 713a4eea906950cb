"""What the counters count, and in which grains they are kept.

A counter row adds `n` to an OPD's measure from `tick` on. A tick is twice a local day for what an
event of that day caused, and one more for what the passing of that day's end caused. `step` is the
day (or month) a step counts on, which windows filter; states such as "running" have none.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import IntEnum, StrEnum
from functools import lru_cache

Key = tuple[str, str, int, int]
"""OPD, measure, step day (0: none), tick."""
CounterKey = tuple[str, int, int, int, str, str]
"""Region, grain, step, tick, OPD, measure: the primary key of the counters."""


class Measure(StrEnum):
    """Every measure; those of the clocks are built by `of_clock`."""

    CLOSED = "closed.n"
    NEVER_REOPENED = "closed.good"
    RATINGS = "rating.n"
    RATING_SUM = "rating.sum"
    RECEIVED = "received"
    REJECTED = "ended.rejected"
    ARCHIVED = "ended.archived"
    WITHDRAWN = "ended.withdrawn"
    AUTO_FINISHED = "ended.auto"
    YEAR_RECEIVED = "year.in"
    YEAR_FINISHED = "year.done"
    YEAR_AUTO = "year.auto"
    YEAR_LAPOR_RECEIVED = "year.lapor_in"
    YEAR_LAPOR_FINISHED = "year.lapor_done"


STATES = frozenset({"running", "missed", "backlog"})
HOURS_PREFIX = "year.within_"


def of_clock(clock: str, what: str) -> str:
    """The measure of a clock: on_time, late (steps) or running, missed, backlog (states)."""
    return f"{clock}.{what}"


class Grain(IntEnum):
    """Whether step and tick are kept by day, month or year; coarse ones keep long sums short.

    The name says step, then tick; states have no step, the step of a cohort is its year of receipt.
    6 and 7 were those of a cohort by month.
    """

    STATE_DAY = 0
    STATE_MONTH = 1
    STEP_DAY_DAY = 2
    STEP_DAY_MONTH = 3
    STEP_MONTH_DAY = 4
    STEP_MONTH_MONTH = 5
    STATE_YEAR = 8
    COHORT_DAY = 9
    COHORT_MONTH = 10
    COHORT_YEAR = 11


@lru_cache(maxsize=100_000)
def month_of(day: int) -> int:
    """The number of a day's month."""
    found = date.fromordinal(day)
    return found.year * 12 + found.month - 1


def first_day_of(month: int) -> int:
    """The first day of a numbered month."""
    return date(month // 12, month % 12 + 1, 1).toordinal()


def expand(deltas: Mapping[Key, int]) -> dict[CounterKey, int]:
    """The counter rows that a case's deltas add to."""
    rows: dict[CounterKey, int] = {}
    for (opd, measure, step, tick), n in deltas.items():
        region = opd.partition("/")[0]
        month = month_of(tick >> 1)
        for grain, row_step, row_tick in _grains(measure, step, tick, month):
            key = (region, grain, row_step, row_tick, opd, measure)
            rows[key] = rows.get(key, 0) + n
    return rows


def _grains(measure: str, step: int, tick: int, month: int) -> Iterable[tuple[int, int, int]]:
    if step == 0:
        return ((0, 0, tick), (1, 0, month), (8, 0, month // 12))
    step_month = month_of(step)
    if measure.startswith("year."):
        year = step_month // 12
        return ((9, year, tick), (10, year, month), (11, year, month // 12))
    return ((2, step, tick), (3, step, month), (4, step_month, tick), (5, step_month, month))
