"""One topic from outbox to effect: a relay here, a worker as a process, a broker that may die."""

import itertools
import os
import sys
import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from sqlalchemy import func, select

from shared.clock import SystemClock
from shared.contracts.codec import Envelope, headers_of
from shared.contracts.feedback import FeedbackReceived
from shared.contracts.topics import Service, Topic
from shared.db.engine import Database
from shared.db.tables.common import dead_letters, outbox
from shared.kafka import topics
from shared.kafka.connection import consumer_options
from shared.outbox import store
from shared.outbox.relay import Relay
from shared.settings import Settings
from tests.brokers import EmbeddedServer
from tests.fakes.handler import applied, applied_by_key, create_effects, effects
from tests.fakes.worker import GROUP
from tests.servers.process import Child, free_port
from tests.waiting import eventually
from tests.wire import NOW

KIND = "tanggap.feedback.received.v1"
TOPIC = Topic.FEEDBACK_RECEIVED
KEYS = 16
# The shortest that each broker bears well: a killed worker's partitions are free only after it.
EMBEDDED_SESSION, KAFKA_SESSION = "6", "3"


class Pipeline:
    """What a test needs to send events, kill what it likes, and count effects."""

    def __init__(self, broker: Any, database_url: str, folder: Path) -> None:
        self.broker = broker
        self.embedded = isinstance(broker, EmbeddedServer)
        self.folder = folder
        self.away = folder / "away"
        self.env = {
            "TANGGAP_DATA_DIR": str(folder),
            "TANGGAP_DATABASE_URL": database_url,
            "TANGGAP_BROKER_URL": broker.url,
            "TANGGAP_BROKER_SESSION_SECONDS": EMBEDDED_SESSION if self.embedded else KAFKA_SESSION,
            "TANGGAP_TOPIC_PREFIX": f"t{uuid.uuid4().hex[:8]}.",
            "TANGGAP_TOPIC_PARTITIONS": "3",
            "TANGGAP_BATCH_SIZE": "20",
            "TANGGAP_DEPENDENCY_SECONDS": "1",
            "TEST_AWAY": str(self.away),
        }
        values = {name.removeprefix("TANGGAP_").lower(): value for name, value in self.env.items()}
        self.settings = Settings.model_validate(
            {name: value for name, value in values.items() if not name.startswith("test_")}
        )
        self.db = Database(database_url)
        create_effects(self.db)
        topics.apply(self.settings)
        self.relay = Relay(Service.INGEST, self.db, self.settings, SystemClock())
        self.relay.start()
        self._numbers = itertools.count()
        self._workers: list[Child] = []

    def put(self, number: int, text: str = "jalan rusak") -> list[str]:
        """Commit that many complaints, spread over some tickets; returns their ids."""
        events = []
        for n in itertools.islice(self._numbers, number):
            ticket = f"ticket-{n % KEYS}"
            data = FeedbackReceived.model_validate(
                {
                    "ticket": ticket,
                    "form": "complaint",
                    "channel": "web",
                    "region": "paser",
                    "text": text,
                    "received_at": NOW,
                }
            )
            events.append(store.Outgoing(TOPIC, KIND, ticket, data, NOW, f"e{n:05}"))
        with self.db.write() as conn:
            store.add(conn, Service.INGEST, events)
        self.relay.poke()
        return [event.event_id for event in events]

    def put_poison(self, number: int = 1) -> None:
        """Commit messages that no version of ours can read."""
        rows = []
        for n in itertools.islice(self._numbers, number):
            headers = headers_of(Envelope(f"bad{n}", KIND, "/elsewhere", NOW, "x"))
            rows.append((f"bad{n}", TOPIC.value, f"ticket-{n % KEYS}", headers, b"\x00\xffno json"))
        with self.db.write() as conn:
            store.add_raw(conn, Service.INGEST, rows)
        self.relay.poke()

    def worker(self, shell: str, *, delay: float = 0.0) -> Child:
        """Start a worker: `faust` or `loop`."""
        child = Child(
            [sys.executable, "-m", "tests.fakes.worker", shell],
            log=self.folder / "worker.log",
            env={
                **os.environ,
                **self.env,
                "TEST_DELAY": str(delay),
                "TEST_PORT": str(free_port()),
            },
            cwd=Path(__file__).parents[1],
        )
        self._workers.append(child)
        return child

    def applied(self) -> int:
        """How many effects there are."""
        with self.db.read() as conn:
            return int(conn.execute(select(func.count()).select_from(effects)).scalar_one())

    def dead(self) -> int:
        """How many dead letters there are."""
        with self.db.read() as conn:
            return int(conn.execute(select(func.count()).select_from(dead_letters)).scalar_one())

    def unsent(self) -> int:
        """How many outbox rows wait."""
        with self.db.read() as conn:
            query = select(func.count()).select_from(outbox).where(outbox.c.published_at.is_(None))
            return int(conn.execute(query).scalar_one())

    def wait_applied(self, at_least: int, *, seconds: float = 150.0) -> None:
        """Wait for that many effects; fails with the worker's last lines."""
        try:
            eventually(
                lambda: self.applied() >= at_least, seconds=seconds, what=f"{at_least} effects"
            )
        except TimeoutError as error:
            tails = "\n".join(worker.tail() for worker in self._workers)
            raise TimeoutError(
                f"{error}; {self.applied()} applied, {self.unsent()} unsent\n{tails}"
            ) from None

    def assert_each_once_and_in_order(self, ids: Sequence[str]) -> None:
        """Every event has one effect, and those of a key came about in the order they were put."""
        found = Counter(applied(self.db))
        assert found == Counter(ids)
        for key, events in applied_by_key(self.db).items():
            assert events == sorted(events), key

    def heal(self) -> int:
        """What `tanggap up` does when its broker has started again; returns what is sent again."""
        topics.apply(self.settings)
        with self.db.write() as conn:
            again = store.republish_missing(conn)
        self.relay.poke()
        return again

    def committed(self) -> int:
        """How many events the group has committed, over all partitions."""
        name = self.settings.topic(TOPIC)
        consumer = KafkaConsumer(**consumer_options(self.settings, GROUP))
        try:
            numbers = consumer.partitions_for_topic(name) or set()
            return sum(consumer.committed(TopicPartition(name, n)) or 0 for n in numbers)
        finally:
            consumer.close()

    def dead_letters_on_the_broker(self, number: int) -> list[Any]:
        """That many letters of the dead-letter topic.

        The relay sends at least once: killed before it noted what it sent, it sends the same again.
        """
        name = self.settings.topic(f"{TOPIC}.dlq")
        consumer = KafkaConsumer(name, **consumer_options(self.settings, None))
        found: dict[Any, Any] = {}

        def poll() -> bool:
            for records in consumer.poll(timeout_ms=200).values():
                found.update((tuple(record.headers), record) for record in records)
            return len(found) >= number

        try:
            eventually(poll, what=f"{number} dead letters on the broker")
        finally:
            consumer.close()
        return list(found.values())

    def close(self) -> None:
        """End what runs."""
        for worker in self._workers:
            if worker.running:
                worker.kill()
        self.relay.stop()
        self.db.close()
