"""The relay: sends committed outbox rows to the broker, one process at a time per service.

At least once and in order per key: a batch that fails is repeated whole. It never gives up and
never ends the process, so that intake keeps accepting while the broker is away.
"""

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Protocol

from kafka import KafkaProducer
from kafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError

from shared.clock import Clock
from shared.contracts.topics import Service
from shared.db.engine import Database
from shared.db.leases import Lease
from shared.kafka.connection import client_options
from shared.logs import get_logger
from shared.metrics import OUTBOX_PUBLISHED, RELAY_FAILURES, STAGE_SECONDS
from shared.outbox.store import OutboxRow, mark_published, pending, prune
from shared.settings import Settings

POLL_SECONDS = 0.05
BATCH = 500
# A round costs the same for one row as for many: what is committed meanwhile goes together.
_GATHER_SECONDS = 0.05
_SEND_SECONDS = 20.0
_LONGEST_WAIT = 2.0
KEEP = timedelta(days=30)
_PRUNE_EVERY = timedelta(hours=1)
_PRUNE_BATCH = 1000

log = get_logger("tanggap.relay")


class Producer(Protocol):
    """What the relay needs of a Kafka producer."""

    def send(self, topic: str, value: bytes, key: bytes, headers: list[tuple[str, bytes]]) -> Any:
        """Queue a message; the future's `get` raises what became of it."""
        ...

    def flush(self, timeout: float) -> None:
        """Wait until everything queued was sent or failed."""
        ...

    def close(self, timeout: float) -> None:
        """Give the connection back."""
        ...


def open_producer(settings: Settings) -> Producer:
    """An idempotent producer that waits for every replica."""
    producer: Producer = KafkaProducer(
        **client_options(settings),
        acks="all",
        enable_idempotence=True,
        delivery_timeout_ms=int(_SEND_SECONDS * 1000),
        max_block_ms=5_000,
        # Batches fill while they are queued; the flush that follows sends them at once.
        linger_ms=5,
        max_request_size=8 * 1024 * 1024,
        allow_auto_create_topics=False,
    )
    return producer


class Relay:
    """A thread that sends what the service's outbox holds."""

    def __init__(
        self,
        service: Service,
        db: Database,
        settings: Settings,
        clock: Clock,
        open_producer: Callable[[Settings], Producer] = open_producer,
    ) -> None:
        self._service = service
        self._db = db
        self._settings = settings
        self._clock = clock
        self._lease = Lease(db, f"relay:{service}", f"{service}:{uuid.uuid4().hex}")
        self._poked = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._open = open_producer
        self._producer: Producer | None = None
        self._prune_at = clock.now()
        self._pruned: int | None = None

    def start(self) -> None:
        """Begin sending."""
        self._thread.start()

    def poke(self) -> None:
        """Rows were committed: look now instead of at the next poll."""
        self._poked.set()

    def stop(self) -> None:
        """Finish the batch under way, give the lease back, end the thread."""
        self._stopped.set()
        self._poked.set()
        self._thread.join(timeout=_SEND_SECONDS)
        self._close_producer()

    def _run(self) -> None:
        failures = 0
        while not self._stopped.is_set():
            self._poked.wait(POLL_SECONDS)
            self._poked.clear()
            try:
                while self._send_batch() and not self._stopped.is_set():
                    pass
                failures = 0
                if self._stopped.wait(_GATHER_SECONDS):
                    self._send_batch()
            except Exception as error:  # noqa: BLE001 - whatever it is: rows wait, intake goes on
                failures += 1
                RELAY_FAILURES.labels(self._service).inc()
                log.warning("relay_retries", error=type(error).__name__, failures=failures)
                self._close_producer()
                # Not to be cut short by a poke: each submission brings one.
                self._stopped.wait(min(POLL_SECONDS * 2**failures, _LONGEST_WAIT))
        with contextlib.suppress(SQLAlchemyError):
            self._lease.release()

    def _send_batch(self) -> bool:
        """Send the oldest rows; True when there may be more."""
        if not self._lease.acquire(self._clock.now()):
            return False
        with self._db.read() as conn:
            rows = pending(conn, self._service, BATCH)
        if not rows:
            return self._prune_batch()
        started = time.perf_counter()
        self._send(rows)
        with self._db.write() as conn:
            mark_published(conn, [row.id for row in rows], self._clock.now())
        OUTBOX_PUBLISHED.labels(self._service).inc(len(rows))
        STAGE_SECONDS.labels(self._service, "relay").observe(time.perf_counter() - started)
        return len(rows) == BATCH

    def _prune_batch(self) -> bool:
        """Once an hour, when there is nothing to send, remove what everybody applied long ago."""
        now = self._clock.now()
        if now < self._prune_at:
            return False
        with self._db.write() as conn:
            self._pruned = prune(conn, self._service, now - KEEP, self._pruned or 0, _PRUNE_BATCH)
        if self._pruned is None:
            self._prune_at = now + _PRUNE_EVERY
        return self._pruned is not None

    def _send(self, rows: Sequence[OutboxRow]) -> None:
        if self._producer is None:
            self._producer = self._open(self._settings)
        producer = self._producer
        futures = [
            producer.send(
                self._settings.topic(row.topic), value=row.value, key=row.key, headers=row.headers
            )
            for row in rows
        ]
        producer.flush(timeout=_SEND_SECONDS)
        for future in futures:
            future.get(timeout=_SEND_SECONDS)

    def _close_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            # A producer whose batch failed may not be reused: a fresh one repeats it in order.
            with contextlib.suppress(KafkaError, OSError):
                producer.close(timeout=1)
