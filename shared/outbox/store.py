"""Writing outbox rows in the transaction of the effect, and reading them for the relay."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, exists, insert, literal, select, update

from shared.contracts.base import WireModel
from shared.contracts.codec import Envelope, headers_of
from shared.contracts.topics import TOPICS, Service, Topic
from shared.db.tables.common import inbox, outbox
from shared.ids import new_event_id


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event to publish once the transaction has committed; `time` is its own time."""

    topic: Topic
    type: str
    key: str
    data: WireModel
    time: datetime
    event_id: str = field(default_factory=new_event_id)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A row as the relay sends it."""

    id: int
    topic: str
    key: bytes
    headers: list[tuple[str, bytes]]
    value: bytes


def add(conn: Connection, service: Service, events: Sequence[Outgoing]) -> None:
    """Write the events' rows; the relay of `service` sends them in the order of their ids."""
    if not events:
        return
    created = datetime.now(UTC)
    rows = [
        {
            "event_id": event.event_id,
            "service": service.value,
            "topic": event.topic.value,
            "key": event.key,
            "headers": headers_of(
                Envelope(event.event_id, event.type, f"/tanggap/{service}", event.time, event.key)
            ),
            "value": event.data.encode(),
            "created_at": created,
        }
        for event in events
    ]
    conn.execute(insert(outbox), rows)


def add_raw(
    conn: Connection, service: Service, rows: Iterable[tuple[str, str, str, dict[str, str], bytes]]
) -> None:
    """Write rows of (event id, topic, key, headers, value) as they are: for dead letters."""
    created = datetime.now(UTC)
    values = [
        {
            "event_id": event_id,
            "service": service.value,
            "topic": topic,
            "key": key,
            "headers": headers,
            "value": value,
            "created_at": created,
        }
        for event_id, topic, key, headers, value in rows
    ]
    if values:
        conn.execute(insert(outbox), values)


def pending(conn: Connection, service: Service, limit: int) -> list[OutboxRow]:
    """The oldest unpublished rows, by id; never "id > last", since ids commit out of order."""
    query = (
        select(outbox.c.id, outbox.c.topic, outbox.c.key, outbox.c.headers, outbox.c.value)
        .where(outbox.c.service == service.value, outbox.c.published_at.is_(None))
        .order_by(outbox.c.id)
        .limit(limit)
    )
    return [
        OutboxRow(
            row.id,
            row.topic,
            row.key.encode(),
            [
                (name, value.encode("utf-8", "surrogateescape"))
                for name, value in row.headers.items()
            ],
            row.value,
        )
        for row in conn.execute(query)
    ]


def mark_published(conn: Connection, ids: Sequence[int], now: datetime) -> None:
    """Mark rows as sent."""
    conn.execute(update(outbox).where(outbox.c.id.in_(ids)).values(published_at=now))


def republish_missing(conn: Connection) -> int:
    """Send again each row that some group of its topic has not applied; returns how many.

    Rows whose inbox entry says `dead` were dealt with and are left alone.
    """
    total = 0
    for spec in TOPICS.values():
        for group in spec.groups:
            applied = exists(
                select(literal(1)).where(
                    inbox.c.group == group.value, inbox.c.event_id == outbox.c.event_id
                )
            )
            done = conn.execute(
                update(outbox)
                .where(
                    outbox.c.topic == spec.topic.value,
                    outbox.c.published_at.is_not(None),
                    ~applied,
                )
                .values(published_at=None)
            )
            total += done.rowcount
    return total


def prune(
    conn: Connection, service: Service, before: datetime, after: int = 0, limit: int = 1000
) -> int | None:
    """Remove rows, with their inbox rows, that every group had applied before that time.

    Outbox and inbox rows go together: one without the other would apply an event twice or
    send it for ever. Looks at `limit` old rows whose id lies above `after` and returns the last of
    them, to go on from, or none at the end: rows that somebody still lacks are passed over.
    """
    groups = {spec.topic.value: [group.value for group in spec.groups] for spec in TOPICS.values()}
    old = (
        select(outbox.c.id, outbox.c.event_id, outbox.c.topic)
        .where(
            outbox.c.service == service.value,
            outbox.c.published_at < before,
            outbox.c.id > after,
        )
        .order_by(outbox.c.id)
        .limit(limit)
    )
    rows = conn.execute(old).all()
    # The groups are named so that the primary key is used, not the whole table read.
    anybody = inbox.c.group.in_(sorted({name for names in groups.values() for name in names}))
    ids = [row.event_id for row in rows]
    known = anybody, inbox.c.event_id.in_(ids), inbox.c.at < before
    query = select(inbox.c.group, inbox.c.event_id).where(*known)
    applied = {(row.group, row.event_id) for row in conn.execute(query)}

    gone = [
        row
        for row in rows
        if all((group, row.event_id) in applied for group in groups.get(row.topic, ()))
    ]
    events = [row.event_id for row in gone]
    conn.execute(delete(inbox).where(anybody, inbox.c.event_id.in_(events)))
    conn.execute(delete(outbox).where(outbox.c.id.in_([row.id for row in gone])))
    return rows[-1].id if len(rows) == limit else None
