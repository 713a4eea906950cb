"""What time brings about: silent cases finish, waiting acts are applied, old sessions go.

One process at a time does it (a lease row); every round is a few short transactions.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event, Thread

from sqlalchemy.exc import SQLAlchemyError

from services.desk.handlers import DeskHandlers
from services.desk.sessions import Sessions
from shared.clock import Clock
from shared.db.engine import Database
from shared.db.leases import Lease
from shared.errors import TransientError
from shared.logs import get_logger

_BATCH = 50
_SWEEP_EVERY = timedelta(hours=1)
_log = get_logger(__name__)


class Ticker:
    """Runs `tick` every few seconds in a thread of its own, while it holds the lease."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        handlers: DeskHandlers,
        sessions: Sessions,
        lease: Lease,
        *,
        seconds: float,
        committed: Callable[[], None] = lambda: None,
        sweep: Callable[[datetime], int] = lambda _: 0,
    ) -> None:
        self._db = db
        self._clock = clock
        self._handlers = handlers
        self._sessions = sessions
        self._lease = lease
        self._seconds = seconds
        self._committed = committed
        self._sweep = sweep
        self._swept: datetime | None = None
        self._stop = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin ticking."""
        self._thread = Thread(target=self._run, name="desk-ticker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after the present round and give the lease back."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def tick(self) -> int:
        """One round; returns how many cases it changed."""
        changed = 0
        while not self._stop.is_set():
            with self._db.write() as conn:
                finished = self._handlers.resolve_silent(conn, self._clock.now(), _BATCH)
            if finished:
                self._committed()
                self._handlers.tell(finished)
            changed += len(finished)
            if len(finished) < _BATCH:
                break
            # SQLite's lock is not fair: leave room for others between batches.
            self._stop.wait(0.01)
        with self._db.write() as conn:
            waiting = self._handlers.apply_waiting(conn, _BATCH)
            self._sessions.sweep(conn, self._clock.now())
        if waiting:
            self._committed()
        return changed + waiting

    def _sweep_sometimes(self, now: datetime) -> None:
        if self._swept is None or now >= self._swept + _SWEEP_EVERY:
            self._swept = now
            removed = self._sweep(now)
            if removed:
                _log.info("evidence_swept", files=removed)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if self._lease.acquire(self._clock.now()):
                    self.tick()
                    self._sweep_sometimes(self._clock.now())
            except (SQLAlchemyError, TransientError) as error:
                # The database or the store is away: the next round tries again.
                _log.warning("tick_failed", error=type(error).__name__)
            self._stop.wait(self._seconds)
        try:
            self._lease.release()
        except SQLAlchemyError as error:
            _log.warning("lease_not_released", error=type(error).__name__)
