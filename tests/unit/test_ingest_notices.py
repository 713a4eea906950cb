"""Notices: sent once, the outcome written and told (in-memory database)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, select
from sqlalchemy.pool import StaticPool

from services.ingest.notices import FileSender, LogSender, Notices, WebSender, fallback_sender
from shared.clock import FixedClock
from shared.contracts.codec import Envelope, Event, RawMessage
from shared.contracts.enums import Channel
from shared.contracts.notices import (
    NotificationFinished,
    NotificationOutcome,
    NotificationPurpose,
    NotificationRequested,
)
from shared.contracts.topics import Topic
from shared.db.tables import metadata
from shared.db.tables.common import outbox
from shared.errors import InvalidMessageError

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
def conn() -> Iterator[Connection]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def requested(sequence: int = 3, channel: Channel = Channel.WEB) -> Event:
    data = NotificationRequested(
        ticket="7KQ4-2MXR",
        region="paser",
        sequence=sequence,
        purpose=NotificationPurpose.ASKED,
        channel=channel,
    )
    topic = Topic.NOTIFICATION_REQUESTED
    raw = RawMessage(topic.value, 0, sequence, 0, b"7KQ4-2MXR", data.encode(), {})
    return Event(Envelope(f"e{sequence}", f"tanggap.{topic}", "/t", NOW, data.ticket), data, raw)


def finished(conn: Connection) -> list[NotificationFinished]:
    rows = conn.execute(select(outbox).order_by(outbox.c.id)).all()
    assert all(row.topic == Topic.NOTIFICATION_FINISHED.value for row in rows)
    return [NotificationFinished.decode(row.value) for row in rows]


def test_the_tracking_page_is_the_notice_and_repeats_change_nothing(conn: Connection) -> None:
    notices = Notices({Channel.WEB: WebSender()}, LogSender(), FixedClock(NOW))
    notices(conn, [requested(3), requested(4)])
    notices(conn, [requested(3)])
    assert [(f.sequence, f.outcome) for f in finished(conn)] == [
        (3, NotificationOutcome.DELIVERED),
        (4, NotificationOutcome.DELIVERED),
    ]


def test_a_channel_without_sender_says_so(conn: Connection, tmp_path: Path) -> None:
    notices = Notices({}, LogSender(), FixedClock(NOW))
    notices(conn, [requested(channel=Channel.WHATSAPP)])
    assert finished(conn)[0].outcome is NotificationOutcome.PERMANENT_FAILURE
    path = tmp_path / "notices.jsonl"
    sender = fallback_sender(str(path))
    assert isinstance(sender, FileSender)
    data = requested().data
    assert isinstance(data, NotificationRequested)
    assert sender.send(data) is NotificationOutcome.SENT
    assert "7KQ4-2MXR" in path.read_text()
    assert FileSender(tmp_path / "no" / "such").send(data) is NotificationOutcome.TECHNICAL_FAILURE


def test_another_event_is_refused(conn: Connection) -> None:
    event = requested()
    wrong = Event(
        event.envelope,
        NotificationFinished(
            ticket="T",
            region="paser",
            sequence=1,
            purpose=NotificationPurpose.ASKED,
            channel=Channel.WEB,
            outcome=NotificationOutcome.SENT,
        ),
        event.raw,
    )
    with pytest.raises(InvalidMessageError):
        Notices({}, LogSender(), FixedClock(NOW))(conn, [wrong])
