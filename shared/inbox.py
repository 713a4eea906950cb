"""Inbox rows make an effect happen once: claimed in the transaction of the effect itself."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from shared.contracts.topics import Service
from shared.db.statements import insert_new
from shared.db.tables.common import inbox


class Outcome(StrEnum):
    """What became of an event in a group."""

    DONE = "done"
    DEAD = "dead"


def claim(
    conn: Connection, group: Service, event_ids: Iterable[str], outcome: Outcome, now: datetime
) -> set[str]:
    """Write the events' inbox rows; returns the ids that this group had not seen before.

    Two workers that claim the same event at once wait for each other: the second one finds it
    claimed when the first has committed, and free when it has rolled back.
    """
    # Always in the same order, so that two workers cannot wait for each other in a circle.
    rows = [
        {"group": group.value, "event_id": event_id, "outcome": outcome.value, "at": now}
        for event_id in sorted(set(event_ids))
    ]
    return insert_new(conn, inbox, rows, "event_id") if rows else set()
