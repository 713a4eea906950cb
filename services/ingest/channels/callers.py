"""Whether a provider is waiting for an answer just now, so that other work can give way.

The event loop alone tells who comes and goes; any thread may wait.
"""

import threading


class Callers:
    """The calls under way, of all channels together."""

    def __init__(self) -> None:
        self._now = 0
        self._gone = threading.Event()
        self._gone.set()

    def came(self) -> None:
        """A call begins."""
        self._now += 1
        if self._now == 1:
            self._gone.clear()

    def left(self) -> None:
        """A call has its answer."""
        self._now -= 1
        if not self._now:
            self._gone.set()

    def wait(self, seconds: float) -> bool:
        """Wait until nobody waits for an answer, or so long; whether nobody does."""
        return self._gone.wait(seconds)
