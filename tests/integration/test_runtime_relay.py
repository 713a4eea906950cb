"""The relay on both databases with a producer that fails on purpose: in order, nothing lost."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from kafka.errors import KafkaTimeoutError
from sqlalchemy import Column, func, insert, select

from shared.clock import SystemClock
from shared.contracts.feedback import FeedbackReceived
from shared.contracts.topics import Service, Topic
from shared.db.engine import Database
from shared.db.tables.common import inbox, leases, outbox
from shared.outbox import relay as module
from shared.outbox import store
from shared.outbox.relay import Relay
from shared.settings import Settings
from tests.fakes.relay import FakeProducer
from tests.waiting import eventually
from tests.wire import NOW


def outgoing(number: int, key: str = "H6KW-34RF") -> store.Outgoing:
    """A complaint; its id is `e<number>`."""
    data = FeedbackReceived.model_validate(
        {
            "ticket": key,
            "form": "complaint",
            "channel": "web",
            "region": "paser",
            "received_at": NOW,
        }
    )
    kind = "tanggap.feedback.received.v1"
    return store.Outgoing(Topic.FEEDBACK_RECEIVED, kind, key, data, NOW, f"e{number}")


def put(db: Database, *numbers: int, service: Service = Service.INGEST) -> None:
    """Commit outbox rows."""
    with db.write() as conn:
        store.add(conn, service, [outgoing(number) for number in numbers])


def unsent(db: Database) -> int:
    """Rows that wait."""
    with db.read() as conn:
        query = select(func.count()).select_from(outbox).where(outbox.c.published_at.is_(None))
        return int(conn.execute(query).scalar_one())


def ids(producer: FakeProducer) -> list[str]:
    """What arrived, in order."""
    return [headers["ce_id"].decode() for *_, headers in producer.sent]


@pytest.fixture
def settings(tmp_path: Path, db: Database) -> Settings:
    url = db.url.render_as_string(hide_password=False)
    return Settings(data_dir=tmp_path, database_url=url, topic_prefix="t.")


Start = Callable[..., Relay]


@pytest.fixture
def start(db: Database, settings: Settings) -> Iterator[Start]:
    """Starts relays; stopped by itself."""
    started: list[Relay] = []

    def begin(producer: FakeProducer, service: Service = Service.INGEST) -> Relay:
        relay = Relay(service, db, settings, SystemClock(), producer.opener)
        relay.start()
        started.append(relay)
        return relay

    yield begin
    for relay in started:
        relay.stop()


def test_rows_are_sent_as_they_are_in_the_order_of_their_ids(db: Database, start: Start) -> None:
    put(db, *range(3))
    producer = FakeProducer()
    start(producer)
    eventually(lambda: unsent(db) == 0)
    assert ids(producer) == ["e0", "e1", "e2"]
    topic, key, value, headers = producer.sent[0]
    assert (topic, key) == ("t.feedback.received.v1", b"H6KW-34RF")
    assert value == outgoing(0).data.encode()
    assert headers["ce_type"] == b"tanggap.feedback.received.v1"
    assert headers["ce_source"] == b"/tanggap/ingest"


def test_more_than_a_batch_goes_out_without_a_pause(
    db: Database, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_GATHER_SECONDS", 600.0)
    put(db, *range(1200))
    producer = FakeProducer()
    start(producer)
    eventually(lambda: unsent(db) == 0)
    assert ids(producer) == [f"e{number}" for number in range(1200)]


def test_rows_of_other_services_are_theirs(db: Database, start: Start) -> None:
    put(db, 1, service=Service.DESK)
    put(db, 2)
    producer = FakeProducer()
    start(producer)
    eventually(lambda: ids(producer) == ["e2"] and unsent(db) == 1)


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["migrated_postgres_url"], indirect=True)
def test_a_row_that_commits_late_under_a_small_id_is_sent(db: Database, start: Start) -> None:
    """Ids are given before the commit: whoever asks for "id > last" loses this one."""
    producer = FakeProducer()
    with db.write() as late:
        store.add(late, Service.INGEST, [outgoing(1)])
        put(db, 2)
        start(producer)
        eventually(lambda: ids(producer) == ["e2"])
    eventually(lambda: unsent(db) == 0)
    assert ids(producer) == ["e2", "e1"]


def test_a_poke_is_heard_at_once(
    db: Database, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 60.0)
    producer = FakeProducer()
    relay = start(producer)
    put(db, 1)
    relay.poke()
    eventually(lambda: ids(producer) == ["e1"], seconds=10)


def test_what_is_committed_while_it_gathers_goes_together(
    db: Database, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 60.0)
    monkeypatch.setattr(module, "_GATHER_SECONDS", 0.5)
    producer, began = FakeProducer(), time.monotonic()
    relay = start(producer)
    for number in range(30):
        put(db, number)
        relay.poke()
    eventually(lambda: unsent(db) == 0)
    assert ids(producer) == [f"e{number}" for number in range(30)]
    assert producer.flushed <= (time.monotonic() - began) / 0.5 + 1


def test_who_stops_while_it_gathers_sends_what_came_meanwhile(
    db: Database, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_GATHER_SECONDS", 600.0)
    producer = FakeProducer()
    relay = start(producer)
    put(db, 1)
    relay.poke()
    eventually(lambda: unsent(db) == 0)
    put(db, 2)
    relay.stop()
    assert ids(producer) == ["e1", "e2"]
    assert unsent(db) == 0


def test_a_batch_that_fails_is_repeated_whole_and_in_order(db: Database, start: Start) -> None:
    put(db, *range(5))
    producer = FakeProducer()
    producer.fail_next = [KafkaTimeoutError("away")]
    producer.deliver_before_failing = 2
    start(producer)
    eventually(lambda: unsent(db) == 0)
    assert ids(producer) == ["e0", "e1", "e0", "e1", "e2", "e3", "e4"]
    # A producer whose batch failed may have it in flight still: it is not used again.
    assert producer.opened == 2


@pytest.mark.parametrize(
    "error", [KafkaTimeoutError("x"), OSError("x"), AssertionError("x"), ValueError("x")]
)
def test_whatever_happens_to_the_broker_the_relay_goes_on(
    db: Database, start: Start, error: Exception
) -> None:
    producer = FakeProducer()
    producer.fail_open = [error, error]
    put(db, 1)
    start(producer)
    eventually(lambda: unsent(db) == 0)
    put(db, 2)
    eventually(lambda: ids(producer) == ["e1", "e2"])


def test_pokes_do_not_hurry_a_relay_whose_broker_is_away(
    db: Database, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    producer = FakeProducer()
    producer.fail_open = [KafkaTimeoutError("away") for _ in range(1000)]
    put(db, 1)
    relay = start(producer)
    eventually(lambda: len(producer.fail_open) < 999)
    for _ in range(200):
        relay.poke()
        threading.Event().wait(0.002)
    assert len(producer.fail_open) > 990
    producer.fail_open.clear()
    eventually(lambda: unsent(db) == 0)


def test_a_crash_between_sending_and_marking_repeats(
    db: Database, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = store.mark_published
    failing = [True]

    def crash_once(*arguments: Any) -> None:
        if failing.pop() if failing else False:
            raise OSError("killed")
        mark(*arguments)

    monkeypatch.setattr(module, "mark_published", crash_once)
    put(db, 1, 2)
    producer = FakeProducer()
    start(producer)
    eventually(lambda: unsent(db) == 0)
    assert ids(producer) == ["e1", "e2", "e1", "e2"]


def test_one_relay_sends_at_a_time_and_the_next_takes_over(db: Database, start: Start) -> None:
    first, second = FakeProducer(), FakeProducer()
    leader = start(first)
    put(db, 1)
    eventually(lambda: unsent(db) == 0)
    start(second)
    put(db, 2)
    leader.poke()
    eventually(lambda: unsent(db) == 0)
    assert (ids(first), ids(second)) == (["e1", "e2"], [])
    leader.stop()
    put(db, 3)
    eventually(lambda: unsent(db) == 0)
    assert ids(second) == ["e3"]


def test_stopping_gives_the_lease_back(db: Database, start: Start) -> None:
    relay = start(FakeProducer())

    def held() -> int:
        with db.read() as conn:
            return len(conn.execute(select(leases)).all())

    eventually(lambda: held() == 1)
    relay.stop()
    assert held() == 0


def test_what_everybody_applied_long_ago_goes_whatever_lies_before_it(
    db: Database, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEEP", timedelta(days=-1))  # as if a day had passed
    monkeypatch.setattr(module, "_PRUNE_BATCH", 2)
    put(db, *range(1, 9))
    put(db, 9, service=Service.DESK)
    applied = [{"group": "classifier", "event_id": f"e{n}", "outcome": "done", "at": NOW}
               for n in (2, 6, 7, 8, 9)]  # fmt: skip
    with db.write() as conn:
        rows = conn.execute(select(outbox.c.id)).scalars().all()
        store.mark_published(conn, rows, SystemClock().now())
        conn.execute(insert(inbox), applied)

    def left(column: Column[str]) -> list[str]:
        with db.read() as conn:
            return sorted(conn.execute(select(column)).scalars())

    start(FakeProducer())
    eventually(lambda: len(left(outbox.c.event_id)) <= 5)
    assert left(outbox.c.event_id) == ["e1", "e3", "e4", "e5", "e9"]
    assert left(inbox.c.event_id) == ["e9"]
