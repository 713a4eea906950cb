"""The services that forms offer for an OPD; whoever writes may name any other in own words."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from shared.clock import Clock
from shared.db.engine import Database
from shared.db.read.directory import Directory
from shared.db.read.services import services_of

_FRESH = timedelta(minutes=1)
# A phone shows no more, and a page must stay light.
MOST = 60


class OfferedServices:
    """Names of the services of an OPD, at most a minute old; one small reading per region."""

    def __init__(
        self, database: Database, clock: Clock, directory: Callable[[], Directory]
    ) -> None:
        self._database = database
        self._clock = clock
        self._directory = directory
        self._lock = threading.Lock()
        self._found: dict[str, tuple[datetime, dict[str, list[str]]]] = {}

    def __call__(self, opd: str) -> list[str]:
        """What the OPD offers by name, at most `MOST`; nothing for an unknown one."""
        directory = self._directory()
        unit = directory.opd(opd)
        if unit is None:
            return []
        now = self._clock.now()
        with self._lock:
            read_at, names = self._found.get(unit.region, (None, {}))
            if read_at is None or not timedelta() <= now - read_at < _FRESH:
                names = self._read(unit.region, now.astimezone(directory.zone(unit.region)))
                self._found[unit.region] = (now, names)
        return names.get(opd, [])[:MOST]

    def _read(self, region: str, local: datetime) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        with self._database.read() as conn:
            for service in services_of(conn, region, local.date()):
                names.setdefault(service.opd, []).append(service.name)
        return names
