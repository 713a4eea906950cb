"""A guard on a real database, with a handler that counts, and what it left behind."""

from typing import Any

from sqlalchemy import select

from shared.clock import FixedClock
from shared.contracts.codec import RawMessage
from shared.contracts.feedback import FeedbackReceived
from shared.contracts.topics import Service, Topic
from shared.db.engine import Database
from shared.db.tables import common
from shared.kafka.batch import BatchProcessor
from tests.fakes.handler import FakeHandler, applied, create_effects
from tests.fakes.relay import FakeRelay
from tests.wire import NOW, message

TYPE = "tanggap.feedback.received.v1"
TICKET = "H6KW-34RF"


def event(
    number: int, text: str = "jalan rusak", *, headers: dict[str, bytes | None] | None = None
) -> RawMessage:
    """A good message; its id is `e<number>`."""
    data = FeedbackReceived.model_validate(
        {
            "ticket": TICKET,
            "form": "complaint",
            "channel": "web",
            "region": "paser",
            "text": text,
            "received_at": NOW,
        }
    )
    return message(TYPE, data, id=f"e{number}", offset=number, headers=headers)


def undecodable(number: int, value: bytes = b"\xff\x00not json") -> RawMessage:
    """A message that carries an id and nonsense."""
    return message(TYPE, value, id=f"e{number}", offset=number)


class Guarded:
    """A processor, what it stands on, and what it left in the database."""

    def __init__(self, db: Database) -> None:
        create_effects(db)
        self.db = db
        self.clock = FixedClock(NOW)
        self.handler = FakeHandler()
        self.relay = FakeRelay()
        self.waits: list[float] = []
        self.processor = self.another()

    def another(self, **options: Any) -> BatchProcessor:
        """A processor like after a restart."""
        return BatchProcessor(
            Service.CLASSIFIER,
            self.db,
            self.clock,
            {Topic.FEEDBACK_RECEIVED: self.handler},
            self.relay,
            sleep=self.waits.append,
            **options,
        )

    def process(self, *messages: RawMessage) -> None:
        """Apply messages."""
        self.processor.process(messages)

    @property
    def applied(self) -> list[str]:
        """Events whose effect is there."""
        return applied(self.db)

    def inbox(self) -> dict[str, str]:
        """Outcomes by event."""
        table = common.inbox
        with self.db.read() as conn:
            rows = conn.execute(select(table.c.event_id, table.c.outcome)).all()
        return {row.event_id: row.outcome for row in rows}

    def dead(self) -> list[Any]:
        """Dead letters, oldest first."""
        table = common.dead_letters
        with self.db.read() as conn:
            return list(conn.execute(select(table).order_by(table.c.id)).mappings())

    def outbox(self) -> list[Any]:
        """Outbox rows, oldest first."""
        table = common.outbox
        with self.db.read() as conn:
            return list(conn.execute(select(table).order_by(table.c.id)).mappings())
