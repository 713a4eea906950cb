"""Which counters make up the value of a window at a tick: ranges, never a scan of cases.

Whole months and years are read from their own grains. Of a month that is not whole, its days are
added or, where that is less to read, the whole month is taken and the other days are taken away
again; so are the months of a year. The number of rows hardly grows with the length of history, and
today there is little to take away: beyond it lie deadlines alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from shared.scores.measures import Grain, first_day_of, month_of

_NO_STEP = range(1)
_HALF_YEAR = 6


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
    levels = (Grain.STATE_DAY, Grain.STATE_MONTH, Grain.STATE_YEAR)
    return tuple(_until(tick, levels, _NO_STEP))


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
        *_until(tick, (Grain.STEP_MONTH_DAY, Grain.STEP_MONTH_MONTH), months),
        *_until(tick, (Grain.STEP_DAY_DAY, Grain.STEP_DAY_MONTH), days, sign),
    )


def year_ranges(first: int, last: int, tick: int) -> tuple[Range, ...]:
    """What became of the cases received in these years, as it stood at a tick."""
    levels = (Grain.COHORT_DAY, Grain.COHORT_MONTH, Grain.COHORT_YEAR)
    return tuple(_until(tick, levels, range(first, last + 1)))


def _ahead(tick: int, end: int, steps: range) -> int:
    """How much there is to read of the ticks after one: of a day that has not ended (an even tick)
    about half as many states as of a past one, and hardly a step.
    """
    if tick % 2:
        return end - tick
    return (end - tick) // 2 if steps == _NO_STEP else 0


def _until(tick: int, levels: Sequence[Grain], steps: range, sign: int = 1) -> Iterator[Range]:
    """All ticks up to and with one, by the grains of day, month and, where there is one, year."""
    if not steps:
        return
    by_day, by_month, *by_year = levels
    month = month_of(tick >> 1)
    begin, end = 2 * first_day_of(month), 2 * first_day_of(month + 1)
    if tick - begin < _ahead(tick, end, steps):
        yield Range(by_day, steps, begin, tick, sign)
        month -= 1
    else:
        yield Range(by_day, steps, tick + 1, end - 1, -sign)
    if not by_year:
        yield Range(by_month, steps, 0, month, sign)
        return
    # Now every month up to and with `month`.
    year, number = divmod(month, 12)
    if number < _HALF_YEAR:
        yield Range(by_month, steps, 12 * year, month, sign)
        year -= 1
    else:
        yield Range(by_month, steps, month + 1, 12 * year + 11, -sign)
    yield Range(by_year[0], steps, 0, year, sign)
