"""The border guard: applies a batch in one transaction, once, and lets nothing escape unseen.

Two kinds of trouble (design §2.3). The dependency is away: the batch is retried with backoff and,
past `dependency_seconds`, `DependencyAwayError` tells the shell to end the process uncommitted.
The event is bad: the batch is split until it stands alone and becomes a dead letter.
"""

import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from sqlalchemy import Connection

from shared.clock import Clock
from shared.contracts.codec import Event, RawMessage, decode
from shared.contracts.topics import Service, Topic
from shared.db.engine import Database
from shared.db.trouble import is_dependency_trouble
from shared.dead_letters import Failure, failure_of, record
from shared.inbox import Outcome, claim
from shared.logs import get_logger
from shared.metrics import EVENTS, STAGE_SECONDS

AfterCommit = Callable[[], None]
Handler = Callable[[Connection, Sequence[Event]], AfterCommit | None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A handler that is made for a batch before its transaction begins.

    `prepare` does the long work, so that no other writer waits for it meanwhile; the handler it
    returns writes. It may see events that turn out to have been applied before.
    """

    prepare: Callable[[Sequence[Event]], Handler]


SQLITE_BATCH = 100
SQLITE_PAUSE = 0.010
BAD_IN_A_ROW = 50
BAD_WINDOW = 200
BAD_SHARE = 0.2
_FIRST_WAIT = 0.05
_LONGEST_WAIT = 5.0

log = get_logger("tanggap.batch")


class DependencyAwayError(Exception):
    """A dependency stayed away: end the process without committing; its supervisor restarts it."""


class TooManyBadEventsError(Exception):
    """So many events are bad that the fault is ours: stop loudly instead of burying them."""


class Pokeable(Protocol):
    """What is told that outbox rows were committed."""

    def poke(self) -> None:
        """Look now."""
        ...


class BatchProcessor:
    """Applies messages of one service's topics through its handlers."""

    def __init__(
        self,
        service: Service,
        db: Database,
        clock: Clock,
        handlers: Mapping[Topic, Handler | Prepared],
        relay: Pokeable | None = None,
        *,
        dependency_seconds: float = 60.0,
        batch_size: int = 500,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.service = service
        self.topics = tuple(handlers)
        self._db = db
        self._clock = clock
        self._handlers = handlers
        self._relay = relay
        self._dependency_seconds = dependency_seconds
        self._size = min(batch_size, SQLITE_BATCH) if db.dialect == "sqlite" else batch_size
        self._pause = SQLITE_PAUSE if db.dialect == "sqlite" else 0.0
        self._sleep = sleep
        self._recent: deque[bool] = deque(maxlen=BAD_WINDOW)
        self._bad_in_a_row = 0
        self.last_progress = time.monotonic()

    def process(self, messages: Sequence[RawMessage]) -> None:
        """Apply the messages in order; returns when every one has an inbox row.

        Raises `DependencyAwayError` or `TooManyBadEventsError`; the caller then commits nothing.
        """
        for topic, group in groupby(messages, key=lambda message: message.topic):
            self._count(topic, "received", len(found := list(group)))
            for start in range(0, len(found), self._size):
                if start and self._pause:
                    self._sleep(self._pause)
                self._apply_with_retries(Topic(topic), found[start : start + self._size])
                self.last_progress = time.monotonic()

    def _apply_with_retries(self, topic: Topic, batch: list[RawMessage]) -> None:
        deadline = time.monotonic() + self._dependency_seconds
        for wait in _waits():
            try:
                self._apply(topic, batch, tries=1)
            except Exception as error:
                if not is_dependency_trouble(error):
                    raise
                self._count(topic, "retried", len(batch))
                if time.monotonic() + wait > deadline:
                    raise DependencyAwayError(type(error).__name__) from None
                log.warning("dependency_away", topic=topic, error=type(error).__name__)
                self._sleep(wait)
            else:
                return

    def _apply(self, topic: Topic, batch: list[RawMessage], tries: int) -> None:
        """One transaction for the batch, or, when it fails, for each half of it."""
        started = time.perf_counter()
        events, bad = _decode_all(batch)
        try:
            handler = self._handlers[topic]
            if isinstance(handler, Prepared):
                handler = handler.prepare(events)
            with self._db.write() as conn:
                after, fresh, dead = self._write(conn, handler, events, bad, tries)
        except Exception as error:
            if is_dependency_trouble(error):
                raise
            self._isolate(topic, batch, error, tries)
            return
        STAGE_SECONDS.labels(self.service, "handle").observe(time.perf_counter() - started)
        self._finish(topic, after, len(batch), fresh, dead)

    def _write(
        self,
        conn: Connection,
        handler: Handler,
        events: list[Event],
        bad: list[tuple[RawMessage, Failure]],
        tries: int,
    ) -> tuple[AfterCommit | None, int, int]:
        now = self._clock.now()
        new = claim(conn, self.service, (e.envelope.id for e in events), Outcome.DONE, now)
        fresh: dict[str, Event] = {}
        for event in events:
            if event.envelope.id in new:
                fresh.setdefault(event.envelope.id, event)
        dead = sum(record(conn, self.service, raw, why, now, tries) for raw, why in bad)
        after = handler(conn, list(fresh.values())) if fresh else None
        return after, len(fresh), dead

    def _isolate(self, topic: Topic, batch: list[RawMessage], error: Exception, tries: int) -> None:
        if len(batch) > 1:
            middle = len(batch) // 2
            self._apply(topic, batch[:middle], tries + 1)
            self._apply(topic, batch[middle:], tries + 1)
            return
        failure = failure_of(error)
        with self._db.write() as conn:
            fresh = record(conn, self.service, batch[0], failure, self._clock.now(), tries)
        log.error("dead_letter", topic=topic, reason=failure.reason, error=failure.error)
        self._finish(topic, None, 1, 0, int(fresh))

    def _finish(
        self, topic: Topic, after: AfterCommit | None, total: int, fresh: int, dead: int
    ) -> None:
        self._count(topic, "done", fresh)
        self._count(topic, "dead", dead)
        self._count(topic, "duplicate", total - fresh - dead)
        if after is not None:
            after()
        if self._relay is not None and (fresh or dead):
            self._relay.poke()
        self._note_bad(fresh, dead)

    def _note_bad(self, good: int, bad: int) -> None:
        """Past a limit of bad ones the process stops; they are kept, so a restart moves on."""
        self._recent.extend([False] * good + [True] * bad)
        self._bad_in_a_row = self._bad_in_a_row + bad if not good else bad
        too_many = len(self._recent) == BAD_WINDOW and sum(self._recent) > BAD_WINDOW * BAD_SHARE
        if self._bad_in_a_row >= BAD_IN_A_ROW or too_many:
            raise TooManyBadEventsError(f"{sum(self._recent)} of the last {len(self._recent)}")

    def _count(self, topic: str, outcome: str, number: int) -> None:
        if number:
            EVENTS.labels(self.service, topic, outcome).inc(number)


def _decode_all(batch: list[RawMessage]) -> tuple[list[Event], list[tuple[RawMessage, Failure]]]:
    events: list[Event] = []
    bad: list[tuple[RawMessage, Failure]] = []
    for raw in batch:
        try:
            events.append(decode(raw))
        except Exception as error:  # noqa: BLE001 - a bug of the decoder must not stop the stream
            bad.append((raw, failure_of(error)))
    return events, bad


def _waits() -> Iterator[float]:
    """At once, then longer and longer, with jitter so that workers do not return together."""
    yield 0.0
    wait = _FIRST_WAIT
    while True:
        yield wait * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
        wait = min(wait * 2, _LONGEST_WAIT)
