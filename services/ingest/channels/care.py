"""What operators do with messages: look at those that wait for a person, and send them on.

Nothing here handles a message: the worker does, once it waits again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from services.ingest.channels.message import Message
from services.ingest.channels.receiving import DEAD, TRIAGE, WAITING
from services.ingest.channels.sealing import unseal
from services.ingest.channels.waiting import release
from shared.db.read.directory import Directory
from shared.db.tables.messages import ingest_messages
from shared.errors import TanggapError
from shared.privacy.vault import Vault

_row = ingest_messages.c


@dataclass(frozen=True, slots=True)
class Stuck:
    """A message that waits for a person; `error` is the kind of trouble of a dead one."""

    number: int
    channel: str
    received_at: datetime
    attempts: int
    region: str | None
    error: str | None


def counts(conn: Connection) -> dict[tuple[str, str], int]:
    """How many messages of each channel are in each state."""
    grouped = select(_row.channel, _row.state, func.count().label("n"))
    found = conn.execute(grouped.group_by(_row.channel, _row.state))
    return {(row.channel, row.state): row.n for row in found}


def stuck(conn: Connection, state: str, most: int) -> list[Stuck]:
    """The oldest messages in the state (triage or dead)."""
    found = conn.execute(
        select(ingest_messages).where(_row.state == state).order_by(_row.id).limit(most)
    )
    return [
        Stuck(row.id, row.channel, row.received_at, row.attempts, row.region, row.reference)
        for row in found
    ]


def opened(conn: Connection, vault: Vault, number: int) -> Message:
    """A message that is still kept, whole; raises `TanggapError` when it is not."""
    row = conn.execute(select(ingest_messages).where(_row.id == number)).one_or_none()
    if row is None or row.sealed is None:
        raise TanggapError(f"message {number} is unknown, or it was handled and is not kept here")
    return unseal(vault, row.wrapped_key, row.sealed, row.key_hash)


def assign(
    conn: Connection, numbers: Collection[int], region: str, directory: Directory, now: datetime
) -> int:
    """Give messages in triage their region; with each, all that its sender has there; how many."""
    if directory.region(region) is None:
        known = ", ".join(found.code for found in directory.regions)
        raise TanggapError(f"there is no region {region}; there are {known}")
    query = select(_row.sender_hash).where(_row.id.in_(numbers), _row.state == TRIAGE).distinct()
    senders: Sequence[str] = conn.execute(query).scalars().all()
    if not senders:
        raise TanggapError("none of these messages waits for its region")
    done = 0
    for sender in senders:
        mine = (_row.sender_hash == sender) & (_row.state == TRIAGE)
        conn.execute(update(ingest_messages).where(mine).values(region=region))
        done += release(conn, sender, now)
    return done


def retry(conn: Connection, numbers: Collection[int] | None, now: datetime) -> int:
    """Let dead messages be tried again, these or all; how many."""
    dead = _row.state == DEAD
    wanted = dead if numbers is None else dead & _row.id.in_(numbers)
    values = {"state": WAITING, "due_at": now, "attempts": 0, "reference": None}
    return conn.execute(update(ingest_messages).where(wanted).values(values)).rowcount
