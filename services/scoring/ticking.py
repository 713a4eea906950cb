"""A thread that only announces: held-back hints, and the deadlines that pass at midnight.

It changes no number; several may run, a hint said twice costs nothing.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from threading import Event, Thread

from sqlalchemy.exc import SQLAlchemyError

from services.scoring.announcing import Announcer
from shared.clock import Clock
from shared.clocks.region import RegionRules
from shared.logs import get_logger

INTERVAL_SECONDS = 0.1
_LOOK_EVERY = 100

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
    """Runs the announcer until it is stopped."""

    def __init__(self, announcer: Announcer, regions: Regions, clock: Clock) -> None:
        self._announcer = announcer
        self._regions = regions
        self._clock = clock
        self._midnights = Midnights()
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="scoring-ticker", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._thread.join(timeout=5)

    def look(self) -> None:
        """Note the regions where a day, and with it deadlines, has passed."""
        try:
            for region in self._midnights.passed(self._regions(), self._clock.now()):
                self._announcer.region_changed(region)
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
