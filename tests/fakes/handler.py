"""A handler whose effect can be counted: one row per event it was given."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    insert,
    select,
)

from shared.contracts.codec import Event
from shared.db.engine import Database
from shared.errors import InvalidMessageError

# A table of the tests alone. Its id gives the order, and it takes an event twice: so it shows both.
_metadata = MetaData()
effects = Table(
    "test_effects",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("event_id", String(64), nullable=False),
    Column("key", LargeBinary, nullable=False),
)


def create_effects(db: Database) -> None:
    """Make the table, unless it is there."""
    _metadata.create_all(db.engine)


def applied(db: Database) -> list[str]:
    """The events whose effect is there, in the order in which they came about."""
    with db.read() as conn:
        return list(conn.execute(select(effects.c.event_id).order_by(effects.c.id)).scalars())


def applied_by_key(db: Database) -> dict[bytes, list[str]]:
    """The same for each key, for which alone the order is promised."""
    found: dict[bytes, list[str]] = {}
    with db.read() as conn:
        for row in conn.execute(select(effects).order_by(effects.c.id)):
            found.setdefault(row.key, []).append(row.event_id)
    return found


class FakeHandler:
    """Writes a row per event, with its key; a text beginning with `bug` or `refuse` makes it fail.

    `fail_next`: raised by the next calls, one each, after the effect was written.
    """

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.fail_next: list[Exception] = []
        self.mended = False
        self.after: Callable[[], None] | None = None

    def __call__(self, conn: Connection, events: Sequence[Event]) -> Callable[[], None] | None:
        """Apply a batch."""
        self.calls.append([event.envelope.id for event in events])
        for event in events:
            conn.execute(
                insert(effects), {"event_id": event.envelope.id, "key": event.raw.key or b""}
            )
            text: Any = getattr(event.data, "text", "") or ""
            if text.startswith("bug") and not self.mended:
                raise RuntimeError(text)
            if text.startswith("refuse") and not self.mended:
                raise InvalidMessageError("refused", "by the handler")
        if self.fail_next:
            raise self.fail_next.pop(0)
        return self.after
