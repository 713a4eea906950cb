"""The directory of regions and OPDs as requests need it: read now and then, asked in memory."""

import threading
from datetime import datetime, timedelta

from shared.clock import Clock
from shared.db.engine import Database
from shared.db.read.directory import Directory

_FRESH = timedelta(seconds=5)


class CurrentDirectory:
    """The directory in force, at most five seconds old."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._found: Directory | None = None
        self._read_at: datetime | None = None

    def __call__(self) -> Directory:
        """The directory; read again when it is old."""
        now = self._clock.now()
        with self._lock:
            old = self._read_at is None or not (timedelta() <= now - self._read_at < _FRESH)
            if self._found is None or old:
                with self._database.read() as conn:
                    self._found = Directory.load(conn, now=now)
                self._read_at = now
            return self._found
