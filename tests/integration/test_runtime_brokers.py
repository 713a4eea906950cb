"""From outbox to effect on both brokers and in both shells, with kills: each effect once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer

from shared.kafka.connection import client_options
from shared.process import EXIT_DEPENDENCY
from tests.brokers import EmbeddedServer
from tests.pipeline import TOPIC, Pipeline
from tests.waiting import eventually

pytestmark = pytest.mark.slow


@pytest.fixture
def pipeline(broker: Any, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pipeline]:
    """The embedded broker with SQLite, Kafka with PostgreSQL, as they run together."""
    embedded = isinstance(broker, EmbeddedServer)
    url = request.getfixturevalue("sqlite_url" if embedded else "migrated_postgres_url")
    found = Pipeline(broker, url, tmp_path)
    yield found
    found.close()


on_the_embedded_broker = pytest.mark.parametrize(
    "broker", ["embedded_server"], ids=["embedded"], indirect=True
)
both_shells = pytest.mark.parametrize("shell", ["faust", "loop"])
# What a shell has no part in is tried in one of them; the fault tests try the other one whole.
in_faust = pytest.mark.parametrize("shell", ["faust"])
in_the_loop = pytest.mark.parametrize("shell", ["loop"])


@both_shells
def test_a_worker_killed_mid_stream_applies_each_event_once(pipeline: Pipeline, shell: str) -> None:
    first = pipeline.worker(shell, delay=0.02)
    ids = pipeline.put(300)
    pipeline.put_poison()
    ids += pipeline.put(300)
    pipeline.wait_applied(100)
    first.kill()
    before = pipeline.applied()
    assert before < 600
    second = pipeline.worker(shell)
    pipeline.wait_applied(600)
    ids += pipeline.put(40)
    pipeline.wait_applied(640)
    eventually(lambda: pipeline.dead() == 1)
    pipeline.assert_each_once_and_in_order(ids)
    (letter,) = pipeline.dead_letters_on_the_broker(1)
    headers = dict(letter.headers)
    assert (letter.value, headers["dlq-reason"]) == (b"\x00\xffno json", b"invalid-value")
    assert headers["src-topic"] == b"feedback.received.v1"
    # Told to end, it commits what it has done: nothing comes again.
    second.stop(seconds=20)
    assert second.returncode == 0, second.tail()
    assert pipeline.committed() == 641


@in_faust
def test_a_second_worker_joins_and_the_first_is_killed(pipeline: Pipeline, shell: str) -> None:
    first = pipeline.worker(shell, delay=0.05)
    ids = pipeline.put(300)
    pipeline.wait_applied(20)
    pipeline.worker(shell, delay=0.05)
    pipeline.wait_applied(150)
    first.kill()
    ids += pipeline.put(50)
    pipeline.wait_applied(350)
    pipeline.assert_each_once_and_in_order(ids)
    assert pipeline.dead() == 0


@in_the_loop
def test_a_broker_that_dies_mid_stream_loses_nothing(pipeline: Pipeline, shell: str) -> None:
    pipeline.worker(shell, delay=0.02)
    ids = pipeline.put(300)
    pipeline.wait_applied(60)
    pipeline.broker.kill()
    ids += pipeline.put(100)  # accepted all the same
    assert pipeline.unsent() >= 100
    pipeline.broker.start()
    pipeline.heal()
    ids += pipeline.put(100)
    pipeline.wait_applied(500)
    pipeline.assert_each_once_and_in_order(ids)
    eventually(lambda: pipeline.unsent() == 0)
    assert pipeline.dead() == 0


@both_shells
@on_the_embedded_broker
def test_a_dependency_that_stays_away_ends_the_worker_uncommitted(
    pipeline: Pipeline, shell: str
) -> None:
    pipeline.away.touch()
    ids = pipeline.put(50)
    first = pipeline.worker(shell)
    assert first.wait(60) == EXIT_DEPENDENCY, first.tail()
    assert "dependency_away_too_long" in first.tail()
    assert (pipeline.applied(), pipeline.dead()) == (0, 0)
    assert pipeline.committed() == 0
    pipeline.away.unlink()
    pipeline.worker(shell)
    pipeline.wait_applied(50)
    pipeline.assert_each_once_and_in_order(ids)


@in_faust
@on_the_embedded_broker
def test_a_flood_of_bad_events_ends_the_worker_and_is_passed_after_a_restart(
    pipeline: Pipeline, shell: str
) -> None:
    pipeline.put_poison(60)
    first = pipeline.worker(shell)
    assert first.wait(60) == EXIT_DEPENDENCY, first.tail()
    assert "too_many_bad_events" in first.tail()
    ids = pipeline.put(20)
    pipeline.worker(shell)
    pipeline.wait_applied(20)
    eventually(lambda: pipeline.dead() == 60)
    pipeline.assert_each_once_and_in_order(ids)


def test_a_bad_message_as_large_as_a_topic_takes_does_not_stop_the_relay(
    pipeline: Pipeline,
) -> None:
    """Its twin carries more headers, so it is larger than what the topic took."""
    producer = KafkaProducer(
        **client_options(pipeline.settings), allow_auto_create_topics=False, max_request_size=2**21
    )
    huge = b"x" * (1024 * 1024 - 300)
    producer.send(pipeline.settings.topic(TOPIC), value=huge, key=b"k").get(timeout=20)
    producer.close()
    ids = pipeline.put(5)
    pipeline.worker("loop")
    pipeline.wait_applied(5)
    (letter,) = pipeline.dead_letters_on_the_broker(1)
    assert letter.value == huge
    eventually(lambda: pipeline.unsent() == 0)
    pipeline.assert_each_once_and_in_order(ids)
