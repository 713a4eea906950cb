"""Working days of a calendar, and the two clocks that count hours: three rules, never shared.

Days are proleptic ordinals (`date.toordinal`) of the region's zone; a deadline on day `d` is its
24:00, which is 00:00 of day `d + 1`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FIRST_DAY = date(2000, 1, 1).toordinal()
LAST_DAY = date(2079, 12, 31).toordinal()
_SATURDAY = 5
PDP_PERIODS = 3


class WorkCalendar:
    """Which days of a region are worked; immutable and cheap to ask."""

    __slots__ = ("_days", "_rank")

    def __init__(self, days_off: Iterable[date]) -> None:
        off = {day.toordinal() for day in days_off}
        self._days: list[int] = []
        # _rank[i]: how many working days lie before day FIRST_DAY + i.
        self._rank: list[int] = []
        for day in range(FIRST_DAY, LAST_DAY + 1):
            self._rank.append(len(self._days))
            if (day - 1) % 7 < _SATURDAY and day not in off:
                self._days.append(day)
        self._rank.append(len(self._days))

    def is_working(self, day: int) -> bool:
        """Whether the day is worked."""
        index = day - FIRST_DAY
        return self._rank[index + 1] > self._rank[index]

    def effective(self, day: int) -> int:
        """The day itself, or the next working day: receipt on a free day counts from there."""
        return self._days[self._rank[day - FIRST_DAY]]

    def nth_after(self, day: int, count: int) -> int:
        """The `count`-th working day after a day."""
        return self._days[self._rank[day - FIRST_DAY + 1] + count - 1]

    def between(self, first: int, end: int) -> Sequence[int]:
        """The working days from `first` to before `end`."""
        return self._days[self._rank[first - FIRST_DAY] : self._rank[end - FIRST_DAY]]

    def add_working_days(self, day: int, count: int, skipped: Sequence[int] = ()) -> int:
        """The `count`-th counted working day after receipt on `day`.

        `skipped` are working days that are not counted, in order.
        """
        if not skipped:
            # The day of receipt itself is the working day number _rank[…], day 1 the next.
            return self._days[self._rank[day - FIRST_DAY] + count]
        start = self.effective(day)
        before = bisect_right(skipped, start)
        wanted = count
        while True:
            found = self.nth_after(start, wanted)
            needed = count + bisect_right(skipped, found) - before
            if needed == wanted:
                return found
            wanted = needed

    def count_after(self, day: int, end: int, skipped: Sequence[int] = ()) -> int:
        """How many counted working days lie after receipt on `day`, up to and with `end`."""
        start = self.effective(day)
        if end <= start:
            return 0
        worked = self._rank[end - FIRST_DAY + 1] - self._rank[start - FIRST_DAY + 1]
        return worked - (bisect_right(skipped, end) - bisect_left(skipped, start + 1))


def in_range(day: int) -> bool:
    """Whether calendars reach that day with room for any deadline after it."""
    return FIRST_DAY <= day <= LAST_DAY - 3660


def local_day(at: datetime, zone: ZoneInfo) -> int:
    """The ordinal of the local day an instant falls on."""
    return at.astimezone(zone).toordinal()


def start_of_day(day: int, zone: ZoneInfo) -> datetime:
    """00:00 local of a day, as a UTC instant."""
    return datetime.combine(date.fromordinal(day), time(), zone).astimezone(UTC)


def end_of_day(day: int, zone: ZoneInfo) -> datetime:
    """24:00 local of a day, as a UTC instant: on time means before it."""
    return start_of_day(day + 1, zone)


def deadline_in_working_days(
    received: datetime, count: int, calendar: WorkCalendar, zone: ZoneInfo
) -> datetime:
    """SP4N deadlines: 24:00 local of the `count`-th working day after receipt."""
    return end_of_day(calendar.add_working_days(local_day(received, zone), count), zone)


def within_clock_hours(received: datetime, answered: datetime, limit: timedelta) -> bool:
    """PEKPPP Kode B: whether the answer came within n×24 hours by the clock, whatever the day."""
    return answered - received <= limit


def pdp_deadline(asked: datetime) -> datetime:
    """Personal data (UU 27/2022): 3×24 hours from the moment it was asked or noticed."""
    return asked + PDP_PERIODS * timedelta(hours=24)
