"""A handler's long work happens before its transaction, and nobody waits for it."""

from collections.abc import Sequence

from sqlalchemy import insert, select

from shared.clock import FixedClock
from shared.contracts.codec import Event, RawMessage, topic_type
from shared.contracts.enums import Channel, Form
from shared.contracts.feedback import FeedbackReceived
from shared.contracts.topics import Service, Topic
from shared.db.engine import Database
from shared.db.tables import common
from shared.errors import InvalidMessageError
from shared.kafka.batch import BatchProcessor, Handler, Prepared
from tests.fakes.handler import FakeHandler, applied, create_effects
from tests.wire import NOW, message


def event(number: int) -> RawMessage:
    """A good message; its id is `e<number>`."""
    data = FeedbackReceived(
        ticket="H6KW-34RF",
        form=Form.COMPLAINT,
        channel=Channel.WEB,
        region="paser",
        text="jalan rusak",
        received_at=NOW,
    )
    return message(topic_type(Topic.FEEDBACK_RECEIVED), data, id=f"e{number}", offset=number)


def _processor(db: Database, prepared: Prepared) -> BatchProcessor:
    create_effects(db)
    return BatchProcessor(
        Service.CLASSIFIER, db, FixedClock(NOW), {Topic.FEEDBACK_RECEIVED: prepared}
    )


def test_another_writer_commits_while_the_batch_is_prepared(db: Database) -> None:
    handler = FakeHandler()

    def prepare(events: Sequence[Event]) -> Handler:
        with db.write() as conn:
            conn.execute(insert(common.meta), [{"key": "another", "value": "writer"}])
        return handler

    _processor(db, Prepared(prepare)).process([event(1), event(2)])
    assert applied(db) == ["e1", "e2"]


def test_an_event_that_cannot_be_prepared_becomes_a_dead_letter_alone(db: Database) -> None:
    handler = FakeHandler()

    def prepare(events: Sequence[Event]) -> Handler:
        if any(found.envelope.id == "e2" for found in events):
            raise InvalidMessageError("no-good")
        return handler

    _processor(db, Prepared(prepare)).process([event(1), event(2), event(3)])
    assert applied(db) == ["e1", "e3"]
    with db.read() as conn:
        dead = conn.execute(select(common.dead_letters.c.event_id, common.dead_letters.c.reason))
        assert [tuple(row) for row in dead] == [("e2", "no-good")]


def test_what_was_applied_before_is_prepared_and_not_written_again(db: Database) -> None:
    handler = FakeHandler()
    processor = _processor(db, Prepared(lambda _: handler))
    processor.process([event(1)])
    processor.process([event(1), event(2)])
    assert applied(db) == ["e1", "e2"]
