"""By when a complaint is answered first, as promised at receipt, by the deadline policy."""

from datetime import date, datetime

from services.ingest.ports import Promised
from shared.clocks.region import RegionRules
from shared.clocks.worktime import deadline_in_working_days
from shared.db.read.directory import Region
from shared.policy.load import PolicyBook, load_policies


class PolicyPromise:
    """Reads the policy in force on the day of receipt; calendars are kept per region."""

    def __init__(self, book: PolicyBook | None = None) -> None:
        self._book = book or load_policies()
        self._rules: dict[tuple[str, str], RegionRules] = {}

    def __call__(self, region: Region, received_at: datetime) -> Promised:
        """Verification, and the latest first answer: both steps' working days after receipt.

        The sum holds whichever way the case takes: with an OPD from the start, or assigned on the
        last day of verification.
        """
        rules = self._rules_of(region)
        day = rules.day(received_at)
        policy = self._book.at(date.fromordinal(day)).name
        limits = rules.limits(policy, rules.triage, None, day)
        calendar = rules.calendar(day)

        def after(days: int) -> datetime:
            return deadline_in_working_days(received_at, days, calendar, rules.zone)

        return Promised(after(limits.verify), after(limits.verify + limits.first_response))

    def _rules_of(self, region: Region) -> RegionRules:
        key = (region.code, region.zone)
        found = self._rules.get(key)
        if found is None:
            found = self._rules[key] = RegionRules(region.code, region.zone, self._book)
        return found
