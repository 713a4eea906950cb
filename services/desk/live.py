"""Live pages: hints that a score or a queue changed, filtered for each listener.

A hint carries no text and nothing depends on its arrival: a page that missed one reads again. A
slow listener loses hints and is told to read everything again; memory stays bounded.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from weakref import WeakSet

import orjson

from services.desk.permissions import Viewer, may_hear
from shared.contracts.case import CaseCorrected, CaseEvent
from shared.contracts.codec import Event
from shared.contracts.notices import ScoreUpdated
from shared.db.read.directory import Directory

QUEUE_LIMIT = 64
_TOLD_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Hint:
    """What changed; a queue hint without a ticket says only that the queue is another one."""

    kind: str
    region: str
    opd: str
    ticket: str = ""
    version: int = 0

    def encode(self) -> bytes:
        """As a server-sent event."""
        data: dict[str, object] = {"region": self.region, "opd": self.opd}
        if self.ticket:
            data |= {"ticket": self.ticket, "version": self.version}
        return b"event: " + self.kind.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"


RESYNC = Hint("resync", "", "")


class Listener:
    """One open page. `regions`: those whose scores it may see (none: all of them)."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        viewer: Viewer | None,
        regions: frozenset[str],
        directory: Directory,
    ) -> None:
        self._loop = loop
        self._viewer = viewer
        self._regions = regions
        self._directory = directory
        self._queue: asyncio.Queue[Hint] = asyncio.Queue(QUEUE_LIMIT)
        self._lost = False

    def hears(self, hint: Hint) -> bool:
        """Whether the hint may reach this page."""
        if hint.kind == "score":
            return hint.region in self._regions
        viewer = self._viewer
        return viewer is not None and may_hear(viewer, hint.region, hint.opd, self._directory)

    def offer(self, hint: Hint) -> None:
        """Queue the hint; may be called from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put, hint)

    def _put(self, hint: Hint) -> None:
        try:
            self._queue.put_nowait(hint)
        except asyncio.QueueFull:
            self._lost = True

    async def next(self, timeout: float) -> Hint | None:  # noqa: ASYNC109 - a heartbeat's pace
        """The next hint, or none after `timeout` seconds."""
        if self._lost and self._queue.empty():
            self._lost = False
            return RESYNC
        try:
            return await asyncio.wait_for(self._queue.get(), timeout)
        except TimeoutError:
            return None


class Hub:
    """Hands hints to all listeners of this process."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = Lock()
        # Weak: a stream that never began does not leave its page behind.
        self._listeners: WeakSet[Listener] = WeakSet()
        # What this process told its pages already comes back by Kafka a moment later.
        self._told: OrderedDict[str, int] = OrderedDict()
        self.closed = False

    @property
    def size(self) -> int:
        """How many pages listen."""
        return len(self._listeners)

    def join(self, listener: Listener) -> bool:
        """Add a page; false when there are too many."""
        with self._lock:
            if len(self._listeners) >= self._limit:
                return False
            self._listeners.add(listener)
            return True

    def leave(self, listener: Listener) -> None:
        """Remove a page."""
        with self._lock:
            self._listeners.discard(listener)

    def queue_changed(self, region: str, opd: str, ticket: str, version: int) -> None:
        """A case of the unit changed."""
        if ticket:
            with self._lock:
                self._told[ticket] = max(version, self._told.get(ticket, 0))
                self._told.move_to_end(ticket)
                if len(self._told) > _TOLD_LIMIT:
                    self._told.popitem(last=False)
        self._send(Hint("queue", region, opd, ticket, version))

    def score_changed(self, region: str, opd: str) -> None:
        """The OPD's score changed."""
        self._send(Hint("score", region, opd))

    def receive(self, event: Event) -> None:
        """A hint that came by Kafka: from scoring, or from another desk process."""
        data = event.data
        if isinstance(data, ScoreUpdated):
            self.score_changed(data.region, data.opd)
        elif isinstance(data, CaseEvent):
            self._case_changed(data)

    def close(self) -> None:
        """End every stream: the process is about to stop."""
        self.closed = True
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener.offer(RESYNC)

    def _case_changed(self, event: CaseEvent) -> None:
        with self._lock:
            told = self._told.get(event.ticket, 0)
        if event.sequence <= told:
            return
        # A correction may be what makes the case an accusation of the very unit that hears this.
        ticket = "" if isinstance(event, CaseCorrected) else event.ticket
        self.queue_changed(event.region, event.opd, ticket, event.sequence if ticket else 0)
        left = getattr(event, "from_opd", event.opd)
        if left != event.opd:
            # The unit that lost the case only learns that its queue changed.
            self.queue_changed(event.region, left, "", 0)

    def _send(self, hint: Hint) -> None:
        with self._lock:
            listeners = [found for found in self._listeners if found.hears(hint)]
        for listener in listeners:
            listener.offer(hint)
