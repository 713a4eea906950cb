"""What has to be swept now and then: orphaned files, and what nobody repeats any more."""

import threading
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError

from services.ingest.attachments import sweep_orphans
from services.ingest.channels.forgetting import sweep_messages
from shared.clock import Clock
from shared.db.engine import Database
from shared.db.tables.ingest import ingest_idempotency
from shared.errors import TransientError
from shared.files.store import FileStore
from shared.logs import get_logger

_EVERY_SECONDS = 3600.0
_FIRST_SECONDS = 60.0
KEYS_KEPT = timedelta(days=30)

_log = get_logger(__name__)


class Housekeeping:
    """A thread that sweeps every hour; a failure waits for the next time."""

    def __init__(self, database: Database, store: FileStore, clock: Clock) -> None:
        self._database = database
        self._store = store
        self._clock = clock
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the sweep under way."""
        self._stopped.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        wait = _FIRST_SECONDS
        while not self._stopped.wait(wait):
            wait = _EVERY_SECONDS
            try:
                sweep(self._database, self._store, self._clock.now())
            except (SQLAlchemyError, TransientError, OSError) as error:
                _log.warning("sweep_failed", error=type(error).__name__)


def sweep(database: Database, store: FileStore, now: datetime) -> tuple[int, int]:
    """Remove orphaned objects, old idempotency keys and messages; how many of the first two."""
    files = sweep_orphans(database, store, now)
    with database.write() as conn:
        keys = conn.execute(
            delete(ingest_idempotency).where(ingest_idempotency.c.created_at < now - KEYS_KEPT)
        ).rowcount
        messages = sweep_messages(conn, now)
    if files or keys or messages:
        _log.info("swept", files=files, keys=keys, messages=messages)
    return files, keys
