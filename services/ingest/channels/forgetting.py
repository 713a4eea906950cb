"""Removes what ties a ticket to a sender, and rows of messages that nobody repeats any more.

What stays of an erased ticket's messages names nobody: channel, times, what they became.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from services.ingest.channels.receiving import DONE
from services.ingest.ports import Became
from shared.db.tables.ingest import ingest_acts, ingest_complaints
from shared.db.tables.messages import ingest_deliveries, ingest_messages, ingest_talks

# No provider repeats a call for longer than a week.
KEPT = timedelta(days=30)
_NOBODY = "erased"


def clear_messages(conn: Connection, ticket: str) -> None:
    """Forget who wrote the messages and got the answers of a ticket or receipt, and their talk.

    A message of the same sender that waits for a person is no part of the ticket yet and stays.
    """
    acts = select(ingest_acts.c.event_id).where(ingest_acts.c.ticket == ticket)
    message, delivery = ingest_messages.c, ingest_deliveries.c
    mine = (message.reference == ticket) | message.reference.in_(acts)
    conn.execute(
        update(ingest_messages)
        .where(mine, message.state == DONE)
        .values(sender_hash=_NOBODY, group_hash=None, wrapped_key=None, sealed=None)
    )
    conn.execute(
        update(ingest_deliveries)
        .where(delivery.ticket == ticket)
        .values(sender_hash=None, provider_hash=None, wrapped_key=None, sealed=None)
    )
    conn.execute(delete(ingest_talks).where(ingest_talks.c.ticket == ticket))


def sweep_messages(conn: Connection, now: datetime) -> int:
    """Remove rows of messages handled long ago; how many. Those that wait for a person stay.

    So does the message that opened a case: by it the sender is known as who filed it.
    """
    message = ingest_messages.c
    filed = select(ingest_complaints.c.ticket)
    done = (message.state == DONE) & (message.received_at < now - KEPT)
    idle = (message.outcome != Became.COMPLAINT.value) | message.reference.not_in(filed)
    return conn.execute(delete(ingest_messages).where(done, idle)).rowcount
