"""The service put together as `__main__` does, without a broker."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from services.scoring.__main__ import build
from services.scoring.app import create_app
from services.scoring.ports import NullPublisher
from services.scoring.settings import ScoringSettings
from shared.clock import FixedClock
from shared.contracts.base import WireModel
from shared.contracts.codec import Envelope, RawMessage, headers_of
from shared.contracts.topics import Topic
from shared.db.engine import Database
from shared.db.migrate import upgrade
from shared.directory.seed import seed
from tests.casebook import CaseBook, X

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> ScoringSettings:
    found = ScoringSettings(data_dir=tmp_path, score_gauge_seconds=0)
    upgrade(found.database_url)
    database = Database(found.database_url)
    with database.write() as conn:
        seed(conn, now=NOW)
    database.close()
    return found


class Hints(NullPublisher):
    def __init__(self) -> None:
        self.keys: list[str] = []
        self.sent = Event()

    def publish(self, topic: Topic, type: str, key: str, data: WireModel) -> None:
        self.keys.append(key)
        if key == X:
            self.sent.set()


def messages(book: CaseBook) -> list[RawMessage]:
    found = []
    for number, event in enumerate(book.messages()):
        envelope = Envelope(
            event.envelope.id,
            event.envelope.type,
            "/tanggap/desk",
            event.envelope.time,
            book.ticket,
        )
        headers = {name: value.encode() for name, value in headers_of(envelope).items()}
        found.append(
            RawMessage(
                Topic.CASE_EVENTS.value, 0, number, 0, book.ticket.encode(), event.data.encode(),
                headers,
            )
        )  # fmt: skip
    return found


def test_messages_become_gauges_and_hints(settings: ScoringSettings) -> None:
    database, hints, clock = Database(settings.database_url), Hints(), FixedClock(NOW)
    app = create_app(settings, database, hints, clock)
    registry = CollectorRegistry()
    registry.register(app.gauges)
    assert b"tanggap_responsiveness_index{" not in generate_latest(registry)
    app.processor.process(messages(CaseBook("2026-11-18").resolve("2026-11-19")))
    shown = generate_latest(registry).decode()
    assert f'tanggap_responsiveness_index{{opd="{X}",window="90d"}}' in shown
    assert hints.keys == []
    app.ticker.look()
    clock.advance(timedelta(seconds=1))
    app.ticker.start()
    assert hints.sent.wait(10)
    app.ticker.stop()
    assert X in hints.keys
    app.close()


def test_wiring_opens_nothing(settings: ScoringSettings) -> None:
    app, database = build(settings)
    assert app.processor.topics == (Topic.CASE_EVENTS, Topic.FEEDBACK_CLASSIFIED)
    database.close()
