"""Which counters make up the value of a window at a tick: ranges, never a scan of cases.

Whole months are read from the monthly grains. Of a month that is not whole, its days are added or,
where that is less to read, the whole month is taken and the other days are taken away again. So the
number of rows does not grow with the length of history.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from shared.scores.measures import Grain, first_day_of, month_of

_NO_STEP = range(1)


@dataclass(frozen=True, slots=True)
class Range:
    """Rows of one grain with one of the steps and a tick between the ends, both included; `sign`
    says whether they are added or taken away.

    Steps are listed, not spanned: a database then goes to each step's ticks directly instead of
    reading all ticks of all steps.
    """

    grain: Grain
    steps: range
    tick_from: int
    tick_to: int
    sign: int = 1


def state_ranges(tick: int) -> tuple[Range, ...]:
    """What is running, missed or backlog at a tick."""
    return tuple(_until(tick, Grain.STATE_DAY, Grain.STATE_MONTH, _NO_STEP, 1))


def step_ranges(start: date, tick: int) -> tuple[Range, ...]:
    """What was done since `start`, as it stood at a tick."""
    first, last = start.toordinal(), month_of(tick >> 1)
    month = month_of(first)
    begin, end = first_day_of(month), first_day_of(month + 1)
    if first - begin <= end - first:
        months, days, sign = range(month, last + 1), range(begin, first), -1
    else:
        months, days, sign = range(month + 1, last + 1), range(first, end), 1
    return (
        *_until(tick, Grain.STEP_MONTH_DAY, Grain.STEP_MONTH_MONTH, months, 1),
        *_until(tick, Grain.STEP_DAY_DAY, Grain.STEP_DAY_MONTH, days, sign),
    )


def year_ranges(first: int, last: int, tick: int) -> tuple[Range, ...]:
    """What became of the cases received in these years, as it stood at a tick."""
    months = range(first * 12, last * 12 + 12)
    return tuple(_until(tick, Grain.YEAR_DAY, Grain.YEAR_MONTH, months, 1))


def _until(tick: int, by_day: Grain, by_month: Grain, steps: range, sign: int) -> Iterator[Range]:
    """All ticks up to and with one."""
    if not steps:
        return
    month = month_of(tick >> 1)
    begin, end = 2 * first_day_of(month), 2 * first_day_of(month + 1)
    if tick - begin < end - tick:
        yield Range(by_month, steps, 0, month - 1, sign)
        yield Range(by_day, steps, begin, tick, sign)
    else:
        yield Range(by_month, steps, 0, month, sign)
        yield Range(by_day, steps, tick + 1, end - 1, -sign)
