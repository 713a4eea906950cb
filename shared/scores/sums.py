"""Which counters make up the value of a window at a tick: ranges, never a scan of cases.

Whole months are read from the monthly grains and only the rest by day, so that the number of rows
does not grow with the length of history.
"""

from dataclasses import dataclass
from datetime import date

from shared.scores.measures import Grain, first_day_of, month_of

_ALL = 10**9


@dataclass(frozen=True, slots=True)
class Range:
    """Rows of one grain with step and tick between the ends, both included."""

    grain: Grain
    step_from: int
    step_to: int
    tick_from: int
    tick_to: int


def state_ranges(tick: int) -> tuple[Range, ...]:
    """What is running, missed or backlog at a tick."""
    month = month_of(tick >> 1)
    begin = 2 * first_day_of(month)
    return (
        Range(Grain.STATE_DAY, 0, 0, begin, tick),
        Range(Grain.STATE_MONTH, 0, 0, 0, month - 1),
    )


def step_ranges(start: date, tick: int) -> tuple[Range, ...]:
    """What was done since `start`, as it stood at a tick."""
    first = start.toordinal()
    month, step_month = month_of(tick >> 1), month_of(first)
    begin = 2 * first_day_of(month)
    found: list[Range] = []
    if first != first_day_of(step_month):
        rest = first_day_of(step_month + 1) - 1
        found += [
            Range(Grain.STEP_DAY_DAY, first, rest, begin, tick),
            Range(Grain.STEP_DAY_MONTH, first, rest, 0, month - 1),
        ]
        step_month += 1
    found += [
        Range(Grain.STEP_MONTH_DAY, step_month, _ALL, begin, tick),
        Range(Grain.STEP_MONTH_MONTH, step_month, _ALL, 0, month - 1),
    ]
    return tuple(found)


def year_ranges(year: int, tick: int) -> tuple[Range, ...]:
    """What became of the cases received in a year, as it stood at a tick."""
    month = month_of(tick >> 1)
    begin = 2 * first_day_of(month)
    first, last = year * 12, year * 12 + 11
    return (
        Range(Grain.YEAR_DAY, first, last, begin, tick),
        Range(Grain.YEAR_MONTH, first, last, 0, month - 1),
    )
