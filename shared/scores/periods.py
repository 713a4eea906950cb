"""Periods of a survey: a year, semester, quarter or month, or any first to last day. Pure."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from shared.scores.measures import first_day_of, month_of

EARLIEST_YEAR, LATEST_YEAR = 2001, 2069
"""The years that the calendars know."""
BY_DAY, BY_MONTH = 0, 1
"""The grains in which survey counters are kept."""
OF_ALL_SERVICES = 2
"""What is added to a grain for the counters of all of an OPD's services together."""
_PERIOD = re.compile(r"(\d{4})(?:-(?:(S)([12])|(Q|TW)([1-4])|(\d{2})))?", re.ASCII)
_ROMAN = ("I", "II", "III", "IV")


@dataclass(frozen=True, slots=True)
class Period:
    """A first and a last day, both included; `code` (`2026-Q1`) is empty for days of choice."""

    first: date
    last: date
    code: str = ""

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"the last day {self.last} lies before the first, {self.first}")
        if self.first.year < EARLIEST_YEAR or self.last.year > LATEST_YEAR:
            raise ValueError(f"the days lie outside {EARLIEST_YEAR} to {LATEST_YEAR}")

    @property
    def name(self) -> str:
        """The period in Indonesian, or its days."""
        year, _, part = self.code.partition("-")
        if part.startswith("S"):
            return f"Semester {_ROMAN[int(part[1]) - 1]} {year}"
        if part.startswith("Q"):
            return f"Triwulan {_ROMAN[int(part[1]) - 1]} {year}"
        return f"Tahun {year}" if year and not part else f"{self.first} s.d. {self.last}"


def period(code: str) -> Period:
    """The period of a code: `2026`, `2026-S1`, `2026-Q3` (or `2026-TW3`), `2026-11`.

    Raises `ValueError` for anything else.
    """
    found = _PERIOD.fullmatch(code.strip().upper())
    if found is None:
        raise ValueError(f"{code[:20]} is no period such as 2026, 2026-S1, 2026-Q3 or 2026-11")
    year = int(found[1])
    if found[2]:
        return _months(year, 6 * int(found[3]) - 5, 6, f"{year}-S{found[3]}")
    if found[4]:
        return _months(year, 3 * int(found[5]) - 2, 3, f"{year}-Q{found[5]}")
    if found[6]:
        return _months(year, int(found[6]), 1, f"{year}-{found[6]}")
    return _months(year, 1, 12, f"{year}")


def named(whole: Period) -> Period:
    """The period under the calendar's code, if it is a year or a part of it; else as it is."""
    year = whole.first.year
    codes = (f"{year}", *(f"{year}-S{n}" for n in (1, 2)), *(f"{year}-Q{n}" for n in range(1, 5)))
    for code in (*codes, f"{whole.first:%Y-%m}"):
        found = period(code)
        if (found.first, found.last) == (whole.first, whole.last):
            return found
    return whole


def quarters(year: int) -> tuple[Period, ...]:
    """The four quarters of a year."""
    return tuple(period(f"{year}-Q{number}") for number in range(1, 5))


def parts_of(whole: Period, months: int) -> tuple[Period, ...]:
    """The calendar's parts of so many months (1, 3, 6 or 12) that make up the period.

    The first and the last are cut to its days.
    """
    found: list[Period] = []
    day = whole.first
    while day <= whole.last:
        begin = (day.month - 1) // months * months + 1
        code = {1: f"-{begin:02}", 3: f"-Q{begin // 3 + 1}", 6: f"-S{begin // 6 + 1}", 12: ""}
        full = period(f"{day.year}{code[months]}")
        last = min(full.last, whole.last)
        found.append(full if (day, last) == (full.first, full.last) else Period(day, last))
        day = last + timedelta(days=1)
    return tuple(found)


def _months(year: int, month: int, count: int, code: str) -> Period:
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise ValueError(f"the year {year} lies outside {EARLIEST_YEAR} to {LATEST_YEAR}")
    end = year * 12 + month - 1 + count
    return Period(date(year, month, 1), date(end // 12, end % 12 + 1, 1) - timedelta(days=1), code)


@dataclass(frozen=True, slots=True)
class Steps:
    """Counter rows of one grain, from one step to another, both included; `sign` says whether they
    are added or taken away.
    """

    grain: int
    low: int
    high: int
    sign: int = 1


def steps_of(first: date, last: date, *, newest: bool = False) -> tuple[Steps, ...]:
    """The counter rows that make up the days: whole months by month, the others by day.

    `newest`: the last day is today, so that its month is read as a whole and the days to come,
    of which hardly anything is known, are taken away.
    """
    if newest and (first.day == 1 or month_of(first.toordinal()) != month_of(last.toordinal())):
        following = first_day_of(month_of(last.toordinal()) + 1)
        whole = steps_of(first, date.fromordinal(following - 1))
        ahead = Steps(BY_DAY, last.toordinal() + 1, following - 1, -1)
        return (*whole, ahead) if ahead.low <= ahead.high else whole
    begin, end = first.toordinal(), last.toordinal()
    month, after = month_of(begin), month_of(end + 1)
    if begin != first_day_of(month):
        month += 1
    if month >= after:
        # No whole month, or the first day of `after` lies beyond the last one.
        return (Steps(BY_DAY, begin, end),)
    found = [
        Steps(BY_DAY, begin, first_day_of(month) - 1),
        Steps(BY_MONTH, month, after - 1),
        Steps(BY_DAY, first_day_of(after), end),
    ]
    return tuple(steps for steps in found if steps.low <= steps.high)
