"""Dead letters are replayed and lost events sent again, on both databases: each effect once."""

from datetime import timedelta

import pytest

from shared import dead_letters
from shared.contracts.codec import RawMessage
from shared.contracts.feedback import FeedbackReceived
from shared.contracts.topics import Service, Topic
from shared.db.engine import Database
from shared.inbox import Outcome, claim
from shared.kafka.batch import BatchProcessor
from shared.outbox import store
from tests.fakes.handler import FakeHandler
from tests.guarded import TICKET, TYPE, Guarded, event
from tests.wire import NOW


@pytest.fixture
def guarded(db: Database) -> Guarded:
    return Guarded(db)


def _pending(db: Database, service: Service) -> list[store.OutboxRow]:
    with db.read() as conn:
        return store.pending(conn, service, 1000)


def _as_delivered(row: store.OutboxRow, offset: int) -> RawMessage:
    return RawMessage(row.topic, 0, offset, 0, row.key, row.value, dict(row.headers))


def _publish(guarded: Guarded, *events: store.Outgoing) -> list[RawMessage]:
    """Write outbox rows of ingest and mark them as sent: returns them as consumers get them."""
    with guarded.db.write() as conn:
        store.add(conn, Service.INGEST, events)
    return _send(guarded)


def _send(guarded: Guarded) -> list[RawMessage]:
    rows = _pending(guarded.db, Service.INGEST)
    with guarded.db.write() as conn:
        store.mark_published(conn, [row.id for row in rows], guarded.clock.now())
    return [_as_delivered(row, 100 + row.id) for row in rows]


def _outgoing(number: int, text: str = "jalan") -> store.Outgoing:
    data = FeedbackReceived.decode(event(number, text).value or b"")
    return store.Outgoing(Topic.FEEDBACK_RECEIVED, TYPE, TICKET, data, NOW, f"e{number}")


@pytest.mark.swallows
def test_a_replayed_dead_letter_is_applied_once_and_others_pass_over_it(guarded: Guarded) -> None:
    other_handler = FakeHandler()
    other_handler.mended = True
    other = BatchProcessor(
        Service.DESK, guarded.db, guarded.clock, {Topic.FEEDBACK_RECEIVED: other_handler}
    )
    sent = _publish(guarded, _outgoing(1), _outgoing(2, "bug"))
    guarded.process(*sent)
    other.process(sent)
    guarded.handler.mended = True
    guarded.clock.advance(timedelta(hours=1))
    (row,) = guarded.dead()
    with guarded.db.write() as conn:
        assert dead_letters.replay(conn, [row["id"], 999], guarded.clock.now()) == 1
    again = _send(guarded)
    assert [found.headers["ce_id"] for found in again] == [b"e2"]
    guarded.process(*again, *again)
    other.process(again)
    assert guarded.inbox()["e2"] == "done"
    assert guarded.handler.calls[-1] == ["e2"]
    assert other_handler.calls == [["e1", "e2"]]
    assert guarded.applied.count("e2") == 2  # one per group
    assert guarded.dead()[0]["replayed_at"] == guarded.clock.now()


@pytest.mark.swallows
def test_an_outsiders_event_is_replayed_from_the_dead_letter_itself(guarded: Guarded) -> None:
    guarded.process(event(1, "bug"))
    guarded.handler.mended = True
    with guarded.db.write() as conn:
        assert dead_letters.replay(conn, [guarded.dead()[0]["id"]], NOW) == 1
    twin, again = _pending(guarded.db, Service.CLASSIFIER)
    assert (twin.topic, again.topic) == ("feedback.received.v1.dlq", "feedback.received.v1")
    guarded.process(_as_delivered(again, 9))
    assert guarded.applied == ["e1"]
    assert guarded.inbox() == {"e1": "done"}


@pytest.mark.swallows
def test_a_replay_that_fails_again_is_a_dead_letter_again(guarded: Guarded) -> None:
    sent = _publish(guarded, _outgoing(1, "bug"))
    guarded.process(*sent)
    with guarded.db.write() as conn:
        dead_letters.replay(conn, [guarded.dead()[0]["id"]], NOW)
    guarded.process(*_send(guarded))
    first, second = guarded.dead()
    assert first["replayed_at"] == NOW
    assert second["replayed_at"] is None
    with guarded.db.read() as conn:
        newest, *_ = dead_letters.list_all(conn)
        whole = dead_letters.show(conn, newest["id"])
    assert "value" not in newest
    assert whole is not None
    assert whole["value"] == sent[0].value


@pytest.mark.swallows
def test_healing_sends_what_some_group_has_not_applied_and_nothing_else(guarded: Guarded) -> None:
    sent = _publish(guarded, _outgoing(1), _outgoing(2, "bug"), _outgoing(3), _outgoing(4))
    guarded.process(*sent[:2])  # 1 done, 2 dead; the broker then loses 3 and 4
    with guarded.db.write() as conn:
        store.add(conn, Service.INGEST, [_outgoing(5)])  # not sent yet
        assert store.republish_missing(conn) == 2
    again = _send(guarded)
    assert [found.headers["ce_id"] for found in again] == [b"e3", b"e4", b"e5"]
    guarded.process(*again)
    with guarded.db.write() as conn:
        assert store.republish_missing(conn) == 0
    assert guarded.applied == ["e1", "e3", "e4", "e5"]


def test_healing_asks_every_group_of_the_topic(guarded: Guarded) -> None:
    data = FeedbackReceived.decode(event(1).value or b"")
    classified = store.Outgoing(
        Topic.FEEDBACK_CLASSIFIED, "tanggap.feedback.classified.v1", TICKET, data, NOW, "c1"
    )
    with guarded.db.write() as conn:
        store.add(conn, Service.CLASSIFIER, [classified])
        (row,) = store.pending(conn, Service.CLASSIFIER, 10)
        store.mark_published(conn, [row.id], NOW)
    for group in (Service.DESK, Service.SCORING):
        with guarded.db.write() as conn:
            assert store.republish_missing(conn) == 1
            store.mark_published(conn, [row.id], NOW)
            claim(conn, group, ["c1"], Outcome.DONE, NOW)
    with guarded.db.write() as conn:
        assert store.republish_missing(conn) == 0
