"""A backlog for the pipeline: outbox rows as intake writes them, held back until all are there."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, insert, select, update

from services.ingest.commands import FileComplaint
from services.ingest.events import Arrival, Reported, complaint_event
from shared.contracts.codec import Envelope, headers_of
from shared.contracts.enums import Channel
from shared.contracts.topics import Service, Topic
from shared.db.engine import Database
from shared.db.tables.common import inbox, outbox
from shared.ids import new_ticket

_AT_ONCE = 1_000
_NOBODY = Reported()


@dataclass(frozen=True, slots=True)
class Cleared:
    """When each group had applied its last event, in seconds after the release."""

    seconds: float
    by_group: dict[Service, float]


def write(db: Database, bodies: Sequence[dict[str, str]]) -> None:
    """Write the rows as if they had been sent already: the relay leaves them alone."""
    now = datetime.now(UTC)
    for start in range(0, len(bodies), _AT_ONCE):
        rows = [_row(body, now) for body in bodies[start : start + _AT_ONCE]]
        with db.write() as conn:
            conn.execute(insert(outbox), rows)


def _row(body: dict[str, str], now: datetime) -> dict[str, object]:
    # History: what waited on purpose says nothing about latency.
    event = complaint_event(
        new_ticket(),
        FileComplaint.model_validate(body),
        _NOBODY,
        Arrival(now, Channel.WEB, history=True),
    )
    envelope = Envelope(event.event_id, event.type, "/tanggap/ingest", event.time, event.key)
    return {
        "event_id": event.event_id,
        "service": Service.INGEST.value,
        "topic": Topic.FEEDBACK_RECEIVED.value,
        "key": event.key,
        "headers": headers_of(envelope),
        "value": event.data.encode(),
        "created_at": now,
        "published_at": datetime(1970, 1, 1, tzinfo=UTC),
    }


def release(db: Database) -> datetime:
    """Let the relay find all of them at once."""
    held = outbox.c.published_at == datetime(1970, 1, 1, tzinfo=UTC)
    with db.write() as conn:
        conn.execute(update(outbox).where(held).values(published_at=None))
    return datetime.now(UTC)


def applied(db: Database, group: Service) -> int:
    """How many events a group has applied so far."""
    query = select(func.count()).select_from(inbox).where(inbox.c.group == group.value)
    with db.read() as conn:
        return conn.execute(query).scalar() or 0


def wait_scored(db: Database, wanted: int, seconds: float) -> None:
    """Wait until scoring has applied that many events in all."""
    deadline = time.monotonic() + seconds
    while (found := applied(db, Service.SCORING)) < wanted:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{found} of {wanted} events are scored after {seconds:g} s")
        time.sleep(0.25)


def clear(db: Database, count: int, seconds: float) -> Cleared:
    """Release the rows and wait until they are scored."""
    before = applied(db, Service.SCORING)
    begin = release(db)
    wait_scored(db, before + count, seconds)
    query = select(inbox.c.group, func.max(inbox.c.at)).group_by(inbox.c.group)
    with db.read() as conn:
        last = {Service(group): at for group, at in conn.execute(query)}
    by_group = {group: (at - begin).total_seconds() for group, at in last.items()}
    return Cleared(by_group[Service.SCORING], by_group)
