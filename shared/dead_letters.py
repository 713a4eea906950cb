"""Bad events: kept whole in `dead_letters`, sent to `<topic>.dlq` for outsiders, replayable."""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson
from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from shared.contracts.codec import RawMessage, event_id_of
from shared.contracts.topics import Service, dead_letter_topic
from shared.db.read.tickets import region_of
from shared.db.tables.common import dead_letters, inbox, outbox
from shared.errors import InvalidMessageError
from shared.ids import new_event_id, normalise_ticket
from shared.inbox import Outcome, claim
from shared.outbox.store import add_raw

BUG = "bug"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an event is bad: a constant reason and a line without a citizen's words."""

    reason: str
    error: str


def failure_of(error: Exception) -> Failure:
    """What to keep of an exception: never its message, which may quote the text."""
    if isinstance(error, InvalidMessageError):
        return Failure(error.reason, error.detail)
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    where = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames))
    return Failure(BUG, f"{type(error).__name__} at {where}")


def identity_of(raw: RawMessage) -> str:
    """The event's id, or one made of where it lies when it carries none."""
    return event_id_of(raw) or f"{raw.topic[:24]}/{raw.partition}/{raw.offset}/{raw.timestamp_ms}"


def record(
    conn: Connection, group: Service, raw: RawMessage, failure: Failure, now: datetime, tries: int
) -> bool:
    """Keep a bad event with its inbox row `dead` and its message for outsiders, at once.

    False when this group had dealt with the event already.
    """
    event_id = identity_of(raw)
    if not claim(conn, group, [event_id], Outcome.DEAD, now):
        return False
    headers = {_plain(name.encode()): _plain(value) for name, value in raw.headers.items()}
    ticket, region = _whose(raw)
    if ticket and region is None:
        # What nobody can read still belongs to a citizen, and on the page of a coordinator.
        region = region_of(conn, ticket)
    conn.execute(
        insert(dead_letters).values(
            group=group.value,
            event_id=event_id,
            topic=raw.topic,
            partition=raw.partition,
            offset=raw.offset,
            key=raw.key,
            headers=headers,
            value=raw.value,
            reason=failure.reason,
            error=failure.error,
            attempts=tries,
            ticket=ticket,
            region=region,
            failed_at=now,
        )
    )
    twin = headers | {
        "dlq-reason": failure.reason,
        "dlq-error": failure.error,
        "src-topic": raw.topic,
        "src-partition": str(raw.partition),
        "src-offset": str(raw.offset),
        "src-service": group.value,
        "failed-at": now.isoformat(),
        "attempts": str(tries),
    }
    topic = dead_letter_topic(raw.topic)
    add_raw(conn, group, [(new_event_id(), topic, _key(raw), twin, raw.value or b"")])
    return True


def _plain(value: bytes) -> str:
    # PostgreSQL stores no NUL; the original bytes of the value are kept beside the headers.
    return value.decode("utf-8", "replace").replace("\x00", "\ufffd")


def _key(raw: RawMessage) -> str:
    return _plain(raw.key or b"")[:96]


def _whose(raw: RawMessage) -> tuple[str | None, str | None]:
    """Ticket and region as far as the bad event shows them, so that nobody is forgotten."""
    try:
        ticket: str | None = normalise_ticket(_key(raw))
    except ValueError:
        ticket = None
    try:
        value = orjson.loads(raw.value or b"")
    except orjson.JSONDecodeError:
        return ticket, None
    region = value.get("region") if isinstance(value, dict) else None
    known = isinstance(region, str) and region.isalnum() and len(region) <= 16
    return ticket, region if known else None


_SUMMARY = (
    dead_letters.c.id,
    dead_letters.c.group,
    dead_letters.c.topic,
    dead_letters.c.reason,
    dead_letters.c.ticket,
    dead_letters.c.region,
    dead_letters.c.attempts,
    dead_letters.c.failed_at,
    dead_letters.c.replayed_at,
)


def list_all(conn: Connection, limit: int = 200) -> Sequence[RowMapping]:
    """The newest dead letters, without their content."""
    query = select(*_SUMMARY).order_by(dead_letters.c.id.desc()).limit(limit)
    return conn.execute(query).mappings().all()


def show(conn: Connection, number: int) -> RowMapping | None:
    """One dead letter whole, content included: for the engineer's eyes."""
    query = select(dead_letters).where(dead_letters.c.id == number)
    return conn.execute(query).mappings().one_or_none()


def replay(conn: Connection, numbers: Sequence[int], now: datetime) -> int:
    """Send these dead letters to their topic once more; returns how many were sent.

    The group forgets that it gave up; the other groups know the event and pass over it.
    """
    found = conn.execute(select(dead_letters).where(dead_letters.c.id.in_(numbers))).all()
    for row in found:
        conn.execute(
            delete(inbox).where(inbox.c.group == row.group, inbox.c.event_id == row.event_id)
        )
        again = conn.execute(
            update(outbox).where(outbox.c.event_id == row.event_id).values(published_at=None)
        )
        if again.rowcount == 0:
            key = _plain(row.key or b"")[:96]
            add_raw(
                conn,
                Service(row.group),
                [(row.event_id, row.topic, key, dict(row.headers), row.value or b"")],
            )
    conn.execute(
        update(dead_letters)
        .where(dead_letters.c.id.in_([row.id for row in found]))
        .values(replayed_at=now)
    )
    return len(found)
