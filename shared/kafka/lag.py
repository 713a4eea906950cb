"""What a group has not committed yet, for the lag gauge; and the watchdog that acts on it.

Only lag tells whether a consumer that looks alive is stuck (style.md: "Consumers slowly die"), so
one reader of committed offsets serves every service, Faust or not.

LIMIT: the embedded broker names as the end the first offset of the last batch, so there the lag is
too small by what that batch holds beyond one event (measured).
"""

import threading
import time
from collections.abc import Callable, Sequence

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from shared.contracts.topics import Service, Topic
from shared.kafka.connection import consumer_options
from shared.logs import get_logger
from shared.metrics import CONSUMER_LAG, WATCHDOG_EXITS
from shared.process import end_uncommitted
from shared.settings import Settings

INTERVAL_SECONDS = 2.0
STALL_SECONDS = 150.0

log = get_logger("tanggap.lag")


class LagWatch:
    """A thread that reads lag and ends a process whose group stands still while it has some."""

    def __init__(
        self,
        settings: Settings,
        service: Service,
        topics: Sequence[Topic],
        last_progress: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._service = service
        self._topics = topics
        self._last_progress = last_progress
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lag", daemon=True)
        self._consumer: KafkaConsumer | None = None
        self._stuck_since: float | None = None

    def start(self) -> None:
        """Begin reading."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stopped.wait(INTERVAL_SECONDS):
            try:
                self._judge(self._read())
            except (KafkaError, OSError) as error:
                log.debug("lag_unknown", error=type(error).__name__)
                self._close()
        self._close()

    def _read(self) -> int:
        if self._consumer is None:
            self._consumer = KafkaConsumer(**consumer_options(self._settings, self._service))
        total = 0
        for topic in self._topics:
            name = self._settings.topic(topic)
            numbers = self._consumer.partitions_for_topic(name) or set()
            partitions = [TopicPartition(name, number) for number in numbers]
            ends = self._consumer.end_offsets(partitions) if partitions else {}
            lag = sum(
                max(0, end - (self._consumer.committed(partition) or 0))
                for partition, end in ends.items()
            )
            CONSUMER_LAG.labels(self._service, topic).set(lag)
            total += lag
        return total

    def _judge(self, lag: int) -> None:
        now = time.monotonic()
        if lag == 0:
            self._stuck_since = None
            return
        since = max(self._stuck_since or now, self._last_progress())
        self._stuck_since = since
        if now - since > STALL_SECONDS:
            WATCHDOG_EXITS.labels(self._service).inc()
            end_uncommitted("watchdog_stall", lag=lag, seconds=round(now - since))

    def _close(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close()
