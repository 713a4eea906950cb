"""A thread that only announces and notes: held-back hints, deadlines that pass at midnight, and
what a day's figures were when it had ended.

It changes no score. Hints about this process's own work are its own; what midnight brings is told
and noted by the one process that holds the lease.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from threading import Event, Thread

from sqlalchemy.exc import SQLAlchemyError

from services.scoring.announcing import Announcer
from services.scoring.publishing import DayPublisher
from shared.clock import Clock
from shared.clocks.region import RegionRules
from shared.db.leases import Lease
from shared.logs import get_logger

INTERVAL_SECONDS = 0.1
LEASE_SECONDS = 30.0
"""Three looks long: a holder that dies is followed within half a minute."""
_LOOK_EVERY = 100
_REMEMBERED = timedelta(seconds=2 * LEASE_SECONDS)

log = get_logger("tanggap.scoring")

Regions = Callable[[], Mapping[str, RegionRules]]


class Midnights:
    """Tells which regions have begun a new day since the last look."""

    def __init__(self) -> None:
        self._days: dict[str, date] = {}

    def passed(self, regions: Mapping[str, RegionRules], now: datetime) -> set[str]:
        """The regions whose local day has changed; none at the first look."""
        found = set()
        for code, rules in regions.items():
            today = now.astimezone(rules.zone).date()
            if self._days.setdefault(code, today) != today:
                self._days[code] = today
                found.add(code)
        return found


class Ticker:
    """Runs the announcer until it is stopped, and what midnight brings while it has the lease."""

    def __init__(
        self,
        announcer: Announcer,
        regions: Regions,
        clock: Clock,
        lease: Lease,
        publisher: DayPublisher,
    ) -> None:
        self._announcer = announcer
        self._regions = regions
        self._clock = clock
        self._lease = lease
        self._publisher = publisher
        self._midnights = Midnights()
        self._passed: dict[str, datetime] = {}
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="scoring-ticker", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and give the lease back."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        try:
            self._lease.release()
        except (SQLAlchemyError, OSError) as error:
            log.warning("lease_not_released", error=type(error).__name__)

    def look(self) -> None:
        """Announce the regions where a day, and with it deadlines, has passed; note their figures.

        A process without the lease remembers a midnight for as long as its holder might be dead.
        """
        try:
            now = self._clock.now()
            for region in self._midnights.passed(self._regions(), now):
                self._passed[region] = now
            if self._lease.acquire(now):
                for region in self._passed:
                    self._announcer.region_changed(region)
                self._passed.clear()
                self._publisher.look()
            else:
                self._publisher.forget()
                fresh = {r: at for r, at in self._passed.items() if now - at <= _REMEMBERED}
                self._passed = fresh
        except (SQLAlchemyError, OSError) as error:
            log.warning("midnight_look_failed", error=type(error).__name__)

    def _run(self) -> None:
        turn = 0
        while not self._stopped.wait(INTERVAL_SECONDS):
            if turn % _LOOK_EVERY == 0:
                self.look()
            turn += 1
            try:
                self._announcer.tick()
            except (SQLAlchemyError, OSError) as error:
                log.warning("hints_failed", error=type(error).__name__)
            self.publish()

    def publish(self) -> bool:
        """Note one region's day, so that no hint waits for all of them; whether there was one."""
        try:
            return self._publisher.step()
        except (SQLAlchemyError, OSError) as error:
            # The next look finds what is missing.
            self._publisher.forget()
            log.warning("day_not_published", error=type(error).__name__)
            return False
