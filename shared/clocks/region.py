"""The rules of one region, ready for folding: its zone, calendars and limits."""

from bisect import bisect_right
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.clocks.worktime import WorkCalendar, in_range, local_day, start_of_day
from shared.policy.load import PolicyBook, load_policies
from shared.policy.model import Limits
from shared.scores.measures import HOURS_PREFIX

TRIAGE = "setda-organisasi"


class RegionRules:
    """What folding a case of the region needs beside the case itself.

    `counts_from`: cases received before that local day stay out of the index.
    """

    def __init__(
        self,
        region: str,
        zone: ZoneInfo | str,
        book: PolicyBook | None = None,
        counts_from: date | None = None,
    ) -> None:
        self.region = region
        self.zone = ZoneInfo(zone) if isinstance(zone, str) else zone
        self.book = book or load_policies()
        self.counts_from = counts_from.toordinal() if counts_from else None
        self.triage = f"{region}/{TRIAGE}"
        # Every limit of any instrument, so that a counter exists whichever will be asked for.
        self.speed_limits = tuple(
            (timedelta(hours=hours), f"{HOURS_PREFIX}{hours}") for hours in self.book.speed_hours()
        )
        self._midnights: dict[int, datetime] = {}
        self._published = [day.toordinal() for day in self.book.published_days(region)]
        self._calendars: dict[int, WorkCalendar] = {}
        self._limits: dict[tuple[str, str, str | None, int], Limits] = {}

    def calendar(self, received_day: int) -> WorkCalendar:
        """The calendar of a case received on that day: days published later do not touch it."""
        edition = bisect_right(self._published, received_day)
        found = self._calendars.get(edition)
        if found is None:
            days = self.book.days_off_of(self.region, date.fromordinal(received_day))
            found = self._calendars[edition] = WorkCalendar(days)
        return found

    def limits(self, policy: str, opd: str, service: str | None, received_day: int) -> Limits:
        """The limits a case keeps: of its policy version, and of where it was opened."""
        key = (policy, opd, service, received_day)
        found = self._limits.get(key)
        if found is None:
            if len(self._limits) > 10_000:
                self._limits.clear()
            received = date.fromordinal(received_day)
            deadlines = self.book.for_case(policy, received).deadlines
            found = deadlines.limits_for(self.region, opd, service, received)
            self._limits[key] = found
        return found

    def backlog_days(self, policy: str, received_day: int) -> int:
        """After how many days a missed step becomes backlog."""
        chosen = self.book.for_case(policy, date.fromordinal(received_day))
        return chosen.deadlines.calendar.backlog_days

    def day(self, at: datetime) -> int:
        """The local day of an instant; raises `ValueError` where no calendar reaches."""
        day = local_day(at, self.zone)
        if not in_range(day):
            raise ValueError(f"no calendar holds {at.date()}")
        return day

    def midnight(self, day: int) -> datetime:
        """00:00 local of a day."""
        found = self._midnights.get(day)
        if found is None:
            found = self._midnights[day] = start_of_day(day, self.zone)
        return found
