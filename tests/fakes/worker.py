"""A service of the tests as a process of its own: `python -m tests.fakes.worker faust|loop`.

Its handler only writes what it was given. `TEST_DELAY` seconds pass in each batch, so that there
is a middle to be killed in; while the file `TEST_AWAY` exists, its dependency is away.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Connection

from shared.clock import SystemClock
from shared.contracts.codec import Event
from shared.contracts.topics import Service, Topic
from shared.db.engine import Database
from shared.errors import TransientError
from shared.kafka import worker
from shared.kafka.batch import BatchProcessor
from shared.kafka.consumer_loop import ConsumerLoop
from shared.logs import configure
from shared.outbox.relay import Relay
from shared.settings import Settings
from tests.fakes.handler import FakeHandler

GROUP = Service.CLASSIFIER


class _Slow(FakeHandler):
    def __call__(self, conn: Connection, events: Sequence[Event]) -> Callable[[], None] | None:
        if Path(os.environ["TEST_AWAY"]).exists():
            raise TransientError("away")
        time.sleep(float(os.environ.get("TEST_DELAY", "0")))
        return super().__call__(conn, events)


def main() -> None:
    """Run until SIGTERM."""
    config = configure("test")
    settings = Settings()
    db = Database(settings.database_url)
    relay = Relay(GROUP, db, settings, SystemClock())
    processor = BatchProcessor(
        GROUP,
        db,
        SystemClock(),
        {Topic.FEEDBACK_RECEIVED: _Slow()},
        relay,
        dependency_seconds=settings.dependency_seconds,
        batch_size=settings.batch_size,
    )
    if sys.argv[1] == "faust":
        port = int(os.environ["TEST_PORT"])
        worker.run(
            settings,
            processor,
            port=port,
            checks={"database": db.ping},
            logging_config=config,
            on_start=relay.start,
            on_stop=relay.stop,
        )
    else:
        _loop(ConsumerLoop(processor, settings), relay)
    db.close()


def _loop(consumer: ConsumerLoop, relay: Relay) -> None:
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    relay.start()
    consumer.start()
    while not told.wait(0.2):
        pass
    consumer.stop()
    relay.stop()


if __name__ == "__main__":
    main()
