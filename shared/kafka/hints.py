"""Hints for live pages: `score.updated`, sent after commit without outbox, and case events.

A lost hint is made up by the next; nothing but the freshness of an open page depends on one.
"""

import builtins
import contextlib
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from shared.contracts.base import WireModel
from shared.contracts.codec import Envelope, Event, RawMessage, decode, header_map, headers_of
from shared.contracts.topics import Service, Topic
from shared.errors import InvalidMessageError
from shared.ids import new_event_id
from shared.kafka.connection import client_options, consumer_options
from shared.logs import get_logger
from shared.settings import Settings

log = get_logger("tanggap.hints")


class HintPublisher:
    """Sends hints from the caller's thread; never blocks for long and never raises."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: KafkaProducer | None = None

    def publish(self, topic: Topic, type: str, key: str, data: WireModel) -> None:
        """Send one hint; a broker that is away is noted, not waited for."""
        envelope = Envelope(
            new_event_id(), type, f"/tanggap/{Service.SCORING}", datetime.now(UTC), key
        )
        try:
            self._open().send(
                self._settings.topic(topic),
                value=data.encode(),
                key=key.encode(),
                headers=[(name, value.encode()) for name, value in headers_of(envelope).items()],
            )
        except (KafkaError, OSError) as error:
            log.warning("hint_lost", error=builtins.type(error).__name__)
            self.close()

    def close(self) -> None:
        """Give the connection back."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(KafkaError, OSError):
                producer.close(timeout=1)

    def _open(self) -> KafkaProducer:
        if self._producer is None:
            self._producer = KafkaProducer(
                **client_options(self._settings),
                max_block_ms=500,
                delivery_timeout_ms=16_000,
                allow_auto_create_topics=False,
            )
        return self._producer


class HintReader:
    """A thread that hands on every event of the topics from now on; each replica sees them all.

    While nobody wants them (`wanted`), events are passed over unread: a backlog costs little.
    """

    def __init__(
        self,
        settings: Settings,
        topics: Sequence[Topic],
        on_hint: Callable[[Event], None],
        *,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        self._settings = settings
        self._topics = {settings.topic(topic): topic for topic in topics}
        self._on_hint = on_hint
        self._wanted = wanted
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hints", daemon=True)

    def start(self) -> None:
        """Begin reading."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._read()
            except (KafkaError, OSError) as error:
                log.debug("hints_away", error=type(error).__name__)
                self._stopped.wait(1.0)

    def _read(self) -> None:
        consumer = KafkaConsumer(**consumer_options(self._settings, None))
        try:
            found = [
                TopicPartition(name, number)
                for name in self._topics
                for number in consumer.partitions_for_topic(name) or ()
            ]
            consumer.assign(found)
            consumer.seek_to_end()
            while found and not self._stopped.is_set():
                for partition, records in consumer.poll(timeout_ms=200).items():
                    for record in records if self._wanted() else ():
                        self._hand_on(self._topics[partition.topic], record)
            self._stopped.wait(1.0)
        finally:
            consumer.close()

    def _hand_on(self, topic: Topic, record: object) -> None:
        raw = RawMessage(
            topic=topic.value,
            partition=0,
            offset=0,
            timestamp_ms=int(datetime.now(UTC).timestamp() * 1000),
            key=None,
            value=record.value,  # type: ignore[attr-defined]  # kafka-python is untyped
            headers=header_map(record.headers),  # type: ignore[attr-defined]
        )
        try:
            event = decode(raw)
        except InvalidMessageError as error:
            log.warning("bad_hint", reason=error.reason)
            return
        self._on_hint(event)
