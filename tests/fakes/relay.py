"""A relay that only counts, and a producer that keeps what it was sent."""

from shared.settings import Settings


class FakeRelay:
    """Counts pokes."""

    def __init__(self) -> None:
        self.pokes = 0

    def poke(self) -> None:
        """Rows were committed."""
        self.pokes += 1


class FakeFuture:
    """What became of a message."""

    def __init__(self, error: Exception | None) -> None:
        self._error = error

    def get(self, timeout: float) -> None:
        """Raise the error if there is one."""
        if self._error is not None:
            raise self._error


class FakeProducer:
    """A broker of one list; `FakeProducer.opener` goes where the relay opens a producer.

    `fail_next`: raised by the next flushes, after `deliver_before_failing` messages of the batch
    had arrived all the same. `fail_open`: raised when a producer is opened.
    """

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes, bytes, dict[str, bytes]]] = []
        self.opened = 0
        self.closed = 0
        self.flushed = 0
        self.fail_open: list[Exception] = []
        self.fail_next: list[Exception] = []
        self.deliver_before_failing = 0
        self._queued: list[tuple[str, bytes, bytes, dict[str, bytes]]] = []

    def opener(self, _: Settings) -> "FakeProducer":
        """Open it."""
        if self.fail_open:
            raise self.fail_open.pop(0)
        self.opened += 1
        self._queued = []
        return self

    def send(
        self, topic: str, value: bytes, key: bytes, headers: list[tuple[str, bytes]]
    ) -> FakeFuture:
        """Queue a message."""
        self._queued.append((topic, key, value, dict(headers)))
        return FakeFuture(self.fail_next[0] if self.fail_next else None)

    def flush(self, timeout: float) -> None:
        """Deliver what was queued, or the beginning of it."""
        self.flushed += 1
        queued, self._queued = self._queued, []
        if not self.fail_next:
            self.sent.extend(queued)
            return
        self.sent.extend(queued[: self.deliver_before_failing])
        raise self.fail_next.pop(0)

    def close(self, timeout: float) -> None:
        """Close it."""
        self.closed += 1
