"""Windows that end at a local day (design §4)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

EARLIEST = date(2001, 1, 1)


class Window(StrEnum):
    """The windows that can be asked for."""

    DAYS_90 = "90d"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Span:
    """A window with its ends as local days, and the last tick that counts."""

    window: Window
    start: date
    end: date
    tick: int


def span(window: Window, as_of: date | None, now: datetime, zone: ZoneInfo, days: int) -> Span:
    """The window ending at `as_of` (none: today, up to now).

    Raises `ValueError` for a day that has not begun, or lies before any calendar.
    """
    today = now.astimezone(zone).date()
    end = as_of or today
    if end > today:
        raise ValueError(f"as_of {end} has not begun in {zone.key}")
    if end < EARLIEST:
        raise ValueError(f"as_of {end} lies before {EARLIEST}, where the calendars begin")
    if window is Window.MONTH:
        start = end.replace(day=1)
    elif window is Window.YEAR:
        start = end.replace(month=1, day=1)
    else:
        start = end - timedelta(days=days - 1)
    # A day that is over has also passed its deadlines at 24:00; today has not.
    tick = 2 * end.toordinal() + (1 if end < today else 0)
    return Span(window, start, end, tick)
