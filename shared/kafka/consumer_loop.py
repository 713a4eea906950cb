"""A kafka-python consumer in a thread, for services that also serve HTTP (desk, ingest)."""

import threading
from collections.abc import Iterable, Sequence

from kafka import KafkaConsumer
from kafka.errors import KafkaError

from shared.contracts.codec import RawMessage, header_map
from shared.kafka.batch import BatchProcessor, DependencyAwayError, TooManyBadEventsError
from shared.kafka.connection import consumer_options
from shared.logs import get_logger
from shared.process import end_uncommitted
from shared.settings import Settings

_POLL_MS = 200
_RETRY_SECONDS = 1.0

log = get_logger("tanggap.consumer")


class ConsumerLoop:
    """Polls, applies each batch through the guard, then commits: never the other way round."""

    def __init__(self, processor: BatchProcessor, settings: Settings) -> None:
        self._processor = processor
        self._settings = settings
        self._stopped = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="consumer", daemon=True)

    def start(self) -> None:
        """Join the group and begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch under way, commit it and leave the group."""
        self._stopped.set()
        self._thread.join(timeout=30)

    def ready(self) -> bool | str:
        """True once the consumer has partitions, else the reason."""
        return True if self._ready.is_set() else "no partitions yet"

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._consume()
            except (KafkaError, OSError) as error:
                self._ready.clear()
                log.warning("broker_away", error=type(error).__name__)
                self._stopped.wait(_RETRY_SECONDS)
            except DependencyAwayError as error:
                end_uncommitted("dependency_away_too_long", error=str(error))
            except TooManyBadEventsError as error:
                end_uncommitted("too_many_bad_events", share=str(error))
            except Exception as error:  # noqa: BLE001 - a dead thread in a living process is worse
                end_uncommitted("guard_failed", error=type(error).__name__)

    def _consume(self) -> None:
        names = {self._settings.topic(topic): topic.value for topic in self._processor.topics}
        consumer = KafkaConsumer(**consumer_options(self._settings, self._processor.service))
        try:
            if not _knows(consumer, names):
                self._stopped.wait(_RETRY_SECONDS)
                return
            consumer.subscribe(sorted(names))
            while not self._stopped.is_set():
                found = consumer.poll(timeout_ms=_POLL_MS)
                if consumer.assignment():
                    self._ready.set()
                else:
                    self._ready.clear()
                if found:
                    self._processor.process(_messages(found.values(), names))
                    consumer.commit()
        finally:
            consumer.close(autocommit=False)


def _messages(batches: Sequence[Sequence[object]], names: dict[str, str]) -> list[RawMessage]:
    return [_message(record, names) for records in batches for record in records]


def _message(record: object, names: dict[str, str]) -> RawMessage:
    return RawMessage(
        topic=names[record.topic],  # type: ignore[attr-defined]  # kafka-python is untyped
        partition=record.partition,  # type: ignore[attr-defined]
        offset=record.offset,  # type: ignore[attr-defined]
        timestamp_ms=record.timestamp,  # type: ignore[attr-defined]
        key=record.key,  # type: ignore[attr-defined]
        value=record.value,  # type: ignore[attr-defined]
        headers=header_map(record.headers),  # type: ignore[attr-defined]
    )


def _knows(consumer: KafkaConsumer, names: Iterable[str]) -> bool:
    """Fetch the topics' partitions before joining; false while a topic does not exist.

    kafka-python 3.0 may join before their metadata has come, as leader assign nothing to anybody,
    and then wait for ever: seen at every fourth start of a new group on a busy machine, never in
    40 starts with this.
    """
    missing = [name for name in sorted(names) if not consumer.partitions_for_topic(name)]
    if missing:
        log.warning("topics_missing", topics=missing)
    return not missing
