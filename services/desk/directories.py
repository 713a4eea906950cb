"""The directory as desk's processes keep it: read from the database at most every few seconds."""

from collections.abc import Callable
from threading import Lock
from time import monotonic

from sqlalchemy import Connection

from shared.db.read.directory import Directory


class DirectoryCache:
    """Answers from memory while fresh; an import shows within `seconds`."""

    def __init__(self, seconds: float = 5.0, ticks: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._ticks = ticks
        self._lock = Lock()
        self._found: Directory | None = None
        self._until = 0.0

    def __call__(self, conn: Connection) -> Directory:
        """The directory; read anew when it is older than allowed, or was empty."""
        with self._lock:
            fresh = self._found is not None and self._ticks() < self._until
            if self._found is None or not fresh:
                found = Directory.load(conn)
                self._found = found
                # An empty one is not worth keeping: the seed may come any moment.
                self._until = self._ticks() + self._seconds if found.regions else 0.0
            return self._found

    def forget(self) -> None:
        """Read anew at the next question: this process has just changed something."""
        with self._lock:
            self._until = 0.0
