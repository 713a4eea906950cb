"""Which counters make up the value of a window at a tick: ranges, never a scan of cases.

Whole months are read from the monthly grains and only the rest by day, so that the number of rows
does not grow with the length of history.
"""

from dataclasses import dataclass
from datetime import date

from shared.scores.measures import Grain, first_day_of, month_of

_NO_STEP = range(1)


@dataclass(frozen=True, slots=True)
class Range:
    """Rows of one grain with one of the steps and a tick between the ends, both included.

    Steps are listed, not spanned: a database then goes to each step's ticks directly instead of
    reading all ticks of all steps.
    """

    grain: Grain
    steps: range
    tick_from: int
    tick_to: int


def state_ranges(tick: int) -> tuple[Range, ...]:
    """What is running, missed or backlog at a tick."""
    month = month_of(tick >> 1)
    begin = 2 * first_day_of(month)
    return (
        Range(Grain.STATE_DAY, _NO_STEP, begin, tick),
        Range(Grain.STATE_MONTH, _NO_STEP, 0, month - 1),
    )


def step_ranges(start: date, tick: int) -> tuple[Range, ...]:
    """What was done since `start`, as it stood at a tick."""
    first = start.toordinal()
    month, step_month = month_of(tick >> 1), month_of(first)
    begin = 2 * first_day_of(month)
    found: list[Range] = []
    if first != first_day_of(step_month):
        days = range(first, first_day_of(step_month + 1))
        found += [
            Range(Grain.STEP_DAY_DAY, days, begin, tick),
            Range(Grain.STEP_DAY_MONTH, days, 0, month - 1),
        ]
        step_month += 1
    months = range(step_month, month + 1)
    found += [
        Range(Grain.STEP_MONTH_DAY, months, begin, tick),
        Range(Grain.STEP_MONTH_MONTH, months, 0, month - 1),
    ]
    return tuple(found)


def year_ranges(first: int, last: int, tick: int) -> tuple[Range, ...]:
    """What became of the cases received in these years, as it stood at a tick."""
    month = month_of(tick >> 1)
    begin = 2 * first_day_of(month)
    months = range(first * 12, last * 12 + 12)
    return (
        Range(Grain.YEAR_DAY, months, begin, tick),
        Range(Grain.YEAR_MONTH, months, 0, month - 1),
    )
