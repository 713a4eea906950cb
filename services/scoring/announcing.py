"""`score.updated` hints: the OPDs whose counters changed at most once a second each, the rest of
their region, whose shrinking moves with them, at most every 5 s. A hint may be lost: no outbox.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from threading import Lock

from services.scoring.ports import Publisher
from shared.clock import Clock
from shared.contracts.notices import ScoreUpdated
from shared.contracts.topics import Topic

SCORE_UPDATED_TYPE = f"tanggap.{Topic.SCORE_UPDATED}"
OWN = timedelta(seconds=1)
REGION = timedelta(seconds=5)

OPDsOf = Callable[[str], Iterable[str]]
"""The OPD codes of a region."""


class Announcer:
    """Collects what changed; `tick` sends what is due.

    Handlers only note, so that neither a broker nor a database that is away can hold them up.
    """

    def __init__(self, publisher: Publisher, clock: Clock, opds_of: OPDsOf) -> None:
        self._publisher = publisher
        self._clock = clock
        self._opds_of = opds_of
        self._lock = Lock()
        self._waiting: set[str] = set()
        self._regions: set[str] = set()
        self._sent: dict[str, datetime] = {}
        self._region_sent: dict[str, datetime] = {}

    def changed(self, opds: Iterable[str]) -> None:
        """Note that these OPDs' own counters changed; never waits, never fails."""
        with self._lock:
            for opd in opds:
                self._waiting.add(opd)
                self._regions.add(opd.partition("/")[0])

    def region_changed(self, region: str) -> None:
        """Note that every OPD of a region may read differently: a day has passed."""
        with self._lock:
            self._regions.add(region)

    def tick(self) -> None:
        """Send every hint whose pause is over."""
        now = self._clock.now()
        with self._lock:
            due = {opd for opd in self._waiting if self._over(self._sent, opd, OWN, now)}
            self._waiting -= due
            regions = {r for r in self._regions if self._over(self._region_sent, r, REGION, now)}
            self._regions -= regions
            for region in regions:
                self._region_sent[region] = now
        for region in regions:
            due.update(self._opds_of(region))
        with self._lock:
            for opd in due:
                self._sent[opd] = now
        for opd in sorted(due):
            hint = ScoreUpdated(opd=opd, region=opd.partition("/")[0], at=now)
            self._publisher.publish(Topic.SCORE_UPDATED, SCORE_UPDATED_TYPE, opd, hint)

    @staticmethod
    def _over(sent: dict[str, datetime], key: str, pause: timedelta, now: datetime) -> bool:
        last = sent.get(key)
        return last is None or now - last >= pause
