"""The embedded broker: our own copy of the program, one port, and no event lost with it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from sqlalchemy import insert, select

from shared.contracts.topics import Service, Topic
from shared.db import migrate
from shared.db.engine import Database
from shared.db.tables.common import inbox, outbox
from shared.errors import TanggapError
from shared.kafka.embedded import EmbeddedBroker, answers, broker_program, free_port
from shared.settings import Settings
from tanggap.supervisor.broker import Broker

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return broker_program("", tmp_path_factory.mktemp("program"))


@pytest.fixture
def embedded(program: Path, tmp_path: Path) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(program, free_port(0), tmp_path / "broker.log")
    yield broker
    broker.stop(0)


def test_the_program_is_copied_and_repaired(program: Path, tmp_path: Path) -> None:
    assert program.stat().st_mode & 0o777 == 0o755
    source = tmp_path / "broker"
    source.write_bytes(b"one")
    source.chmod(0o755)
    copy = broker_program(str(source), tmp_path / "data")
    assert copy.read_bytes() == b"one"
    source.write_bytes(b"two")
    assert broker_program(str(source), tmp_path / "data").read_bytes() == b"two"
    with pytest.raises(TanggapError, match="is not a program"):
        broker_program(str(tmp_path / "nothing"), tmp_path / "data")


def test_it_answers_when_started_and_again_on_the_same_port(embedded: EmbeddedBroker) -> None:
    assert not answers(embedded.port)
    embedded.start()
    first = embedded.pid
    assert answers(embedded.port)
    assert embedded.memory_mb() > 1
    embedded.stop(0)
    assert embedded.pid is None
    embedded.start()
    assert answers(embedded.port)
    assert embedded.pid not in (None, first)


def test_another_broker_on_the_port_is_not_taken_for_ours(
    embedded: EmbeddedBroker, program: Path, tmp_path: Path
) -> None:
    """Our services would share its topics with those it belongs to."""
    embedded.start()
    second = EmbeddedBroker(program, embedded.port, tmp_path / "second.log")
    with pytest.raises(TanggapError, match=f"is port {embedded.port} taken"):
        second.start()
    assert embedded.running
    assert not second.running


def test_a_program_that_ends_at_once_is_told(tmp_path: Path) -> None:
    broker = EmbeddedBroker(Path("/bin/false"), free_port(0), tmp_path / "broker.log")
    with pytest.raises(TanggapError, match="ended at once"):
        broker.start()


def test_past_its_memory_it_starts_afresh_and_what_is_missing_goes_again(
    embedded: EmbeddedBroker, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path)
    migrate.upgrade(settings.database_url)
    database = Database(settings.database_url)
    _add_events(database)
    told: list[str] = []
    ended: list[bool] = []
    broker = Broker(settings, embedded, 1, lambda: True, told.append)
    broker.start()
    first = embedded.pid
    with database.write() as conn:  # the relay has sent all three
        conn.execute(outbox.update().values(published_at=NOW))

    assert broker.watch(lambda: ended.append(True))
    assert embedded.pid not in (None, first)
    assert ended == [True]
    assert "starting it afresh" in told[0]
    with database.read() as conn:
        again = conn.execute(select(outbox.c.event_id).where(outbox.c.published_at.is_(None)))
        assert set(again.scalars()) == {"new"}
    database.close()
    admin = KafkaAdminClient(bootstrap_servers=f"127.0.0.1:{embedded.port}")
    assert set(Topic) <= set(admin.list_topics())
    admin.close()


def _add_events(database: Database) -> None:
    row = {
        "service": Service.INGEST.value,
        "topic": Topic.FEEDBACK_RECEIVED.value,
        "key": "k",
        "headers": {},
        "value": b"{}",
        "created_at": NOW,
    }
    with database.write() as conn:
        conn.execute(insert(outbox), [row | {"event_id": name} for name in ("new", "done", "dead")])
        group = Service.CLASSIFIER.value
        outcomes = {"done": "done", "dead": "dead"}
        conn.execute(
            insert(inbox),
            [
                {"group": group, "event_id": name, "outcome": outcome, "at": NOW}
                for name, outcome in outcomes.items()
            ],
        )
