"""Removes what ties a ticket to a sender, and rows of messages that nobody repeats any more.

What stays of an erased ticket's messages names nobody: channel, times, what they became. Of its
talk nothing stays but a STOP: who asked not to be written to is known by a keyed hash alone.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update

from services.ingest.channels.receiving import DEAD, DONE, TRIAGE, WAITING
from services.ingest.ports import Became
from shared.db.tables.ingest import ingest_acts, ingest_complaints
from shared.db.tables.messages import ingest_deliveries, ingest_messages, ingest_talks

# No provider repeats a call for longer than a week.
KEPT = timedelta(days=30)
_CHUNK = 500
"""Rows of one statement: databases bound how many values it may name."""
ERASED = "erased"
"""What became of a message that waited when its sender was erased; also who wrote it."""
_CLEARED: dict[str, Any] = {
    "sender_hash": ERASED,
    "group_hash": None,
    "wrapped_key": None,
    "sealed": None,
}
_message, _talk = ingest_messages.c, ingest_talks.c


def clear_messages(conn: Connection, ticket: str) -> int:
    """Forget who wrote the messages and got the answers of a ticket or receipt, and their talk.

    Messages of who filed it that still wait, or that a person must look at, go unread if they came
    for this ticket; how many.
    """
    waited = [row for sender in _filers(conn, ticket) for row in _pending(conn, sender, ticket)]
    unread = {"state": DONE, "outcome": ERASED, "reference": None, "region": None}
    for some in (waited[at : at + _CHUNK] for at in range(0, len(waited), _CHUNK)):
        conn.execute(
            update(ingest_messages)
            # By its state again: what the worker has handled meanwhile is a case by now.
            .where(_message.id.in_(some), _message.state != DONE)
            .values(_CLEARED | unread)
        )
    acts = select(ingest_acts.c.event_id).where(ingest_acts.c.ticket == ticket)
    # Only what is done refers to anything; to ask for the state as well makes SQLite read them all.
    mine = (_message.reference == ticket) | _message.reference.in_(acts)
    conn.execute(update(ingest_messages).where(mine).values(_CLEARED))
    conn.execute(
        update(ingest_deliveries)
        .where(ingest_deliveries.c.ticket == ticket)
        .values(sender_hash=None, provider_hash=None, wrapped_key=None, sealed=None)
    )
    _clear_talks(conn, ticket)
    return len(waited)


def _filers(conn: Connection, ticket: str) -> Sequence[str]:
    """Who wrote the message that opened the ticket."""
    filed = select(_message.sender_hash).where(
        _message.reference == ticket, _message.outcome == Became.COMPLAINT.value
    )
    return conn.execute(filed.distinct()).scalars().all()


def _pending(conn: Connection, sender: str, ticket: str) -> list[int]:
    """The sender's messages that wait and came for the ticket: the case opened last before them.

    What came before any case of theirs goes if they have no other.
    """
    mine = _message.sender_hash == sender
    opened = select(_message.id, _message.reference).where(
        mine, _message.outcome == Became.COMPLAINT.value
    )
    cases = conn.execute(opened.order_by(_message.id)).all()
    alone = all(case.reference == ticket for case in cases)
    waits = select(_message.id).where(mine, _message.state.in_((WAITING, TRIAGE, DEAD)))
    found = []
    for row_id in conn.execute(waits).scalars():
        before = [case.reference for case in cases if case.id < row_id]
        if before[-1] == ticket if before else alone:
            found.append(row_id)
    return found


def _clear_talks(conn: Connection, ticket: str) -> None:
    mine = _talk.ticket == ticket
    conn.execute(delete(ingest_talks).where(mine, _talk.stopped_at.is_(None)))
    nothing = dict.fromkeys(("region", "language", "ticket", "said_at", "asked", "asked_at"))
    conn.execute(
        update(ingest_talks)
        .where(mine)
        .values(nothing | {"progress": {}, "heard_at": _talk.stopped_at})
    )


def sweep_messages(conn: Connection, now: datetime) -> int:
    """Remove rows of messages handled long ago; how many. Those that wait for a person stay.

    So does the message that opened a case: by it the sender is known as who filed it.
    """
    filed = select(ingest_complaints.c.ticket)
    done = (_message.state == DONE) & (_message.received_at < now - KEPT)
    idle = (_message.outcome != Became.COMPLAINT.value) | _message.reference.not_in(filed)
    return conn.execute(delete(ingest_messages).where(done, idle)).rowcount
