"""How many in which time: sliding windows in memory, one process each.

LIMIT: with several ingest processes a sender has the limit at each of them; behind the proxy's own
limit that is good enough to stop a loop or a flood, which is all it is for.
"""

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta

_MOST_SENDERS = 50_000


class Throttle:
    """At most `limit` events of a sender in `window`; a limit of 0 allows everything."""

    def __init__(self, limit: int, window: timedelta) -> None:
        self._limit = limit
        self._window = window
        self._seen: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, sender: str, now: datetime) -> int:
        """Seconds until the sender may again; 0: now. Counts nothing."""
        if not self._limit:
            return 0
        with self._lock:
            # Who is only asked about takes no place: asking would push others out.
            if sender not in self._seen:
                return 0
            times = self._recent(sender, now)
            if len(times) < self._limit:
                return 0
            return max(1, int((times[0] + self._window - now).total_seconds()) + 1)

    def count(self, sender: str, now: datetime) -> None:
        """Count one event of the sender."""
        if not self._limit:
            return
        with self._lock:
            self._recent(sender, now).append(now)

    def _recent(self, sender: str, now: datetime) -> deque[datetime]:
        times = self._seen.setdefault(sender, deque())
        self._seen.move_to_end(sender)
        while times and times[0] <= now - self._window:
            times.popleft()
        while len(self._seen) > _MOST_SENDERS:
            self._seen.popitem(last=False)
        return times
