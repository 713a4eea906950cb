"""Notices without a way out: told once, the tracking page being the notice (in-memory database)."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine, select
from sqlalchemy.pool import StaticPool

from services.ingest.notices import Notices, Ways
from shared.clock import FixedClock
from shared.contracts.codec import Event
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
from shared.privacy.vault import Vault
from tests.fakes.relay import FakeRelay
from tests.sendings import NOW, requested

_NOTICE = NotificationRequested(
    ticket="7KQ4-2MXR",
    region="paser",
    sequence=3,
    purpose=NotificationPurpose.ASKED,
    channel=Channel.WEB,
)


@pytest.fixture
def conn() -> Iterator[Connection]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def notices() -> Notices:
    ways = Ways(frozenset(), None, "http://lapor")
    return Notices(Vault(bytes(32)), ways, FixedClock(NOW), FakeRelay())


def finished(conn: Connection) -> list[NotificationFinished]:
    rows = conn.execute(select(outbox).order_by(outbox.c.id)).all()
    assert all(row.topic == Topic.NOTIFICATION_FINISHED.value for row in rows)
    return [NotificationFinished.decode(row.value) for row in rows]


def test_the_tracking_page_is_the_notice_and_repeats_change_nothing(conn: Connection) -> None:
    second = _NOTICE.model_copy(update={"sequence": 4})
    notices()(conn, [requested(_NOTICE), requested(second)])
    notices()(conn, [requested(_NOTICE)])
    assert [(f.sequence, f.outcome) for f in finished(conn)] == [
        (3, NotificationOutcome.DELIVERED),
        (4, NotificationOutcome.DELIVERED),
    ]


def test_a_channel_that_is_no_page_says_that_nobody_was_reached(conn: Connection) -> None:
    notices()(conn, [requested(_NOTICE.model_copy(update={"channel": Channel.WHATSAPP}))])
    (told,) = finished(conn)
    assert told.outcome is NotificationOutcome.PERMANENT_FAILURE
    assert told.channel is Channel.WHATSAPP


def test_another_event_is_refused(conn: Connection) -> None:
    event = requested(_NOTICE)
    outcome = NotificationOutcome.SENT
    wrong = Event(
        event.envelope, NotificationFinished(**_NOTICE.model_dump(), outcome=outcome), event.raw
    )
    with pytest.raises(InvalidMessageError):
        notices()(conn, [wrong])
