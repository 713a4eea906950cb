"""The rows of messages that wait: who is next, claiming them, and how each ended.

Every function works with the connection it is given. A row is claimed by its state, so that two
workers at once handle it once.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, select, update

from services.ingest.channels.joining import Piece
from services.ingest.channels.receiving import DEAD, DONE, TRIAGE, WAITING
from services.ingest.ports import Became, Handled
from shared.contracts.enums import Channel
from shared.db.tables.messages import ingest_messages, ingest_talks

JOINED = "joined"
_MOST_OF_A_SENDER = 100

_row = ingest_messages.c


@dataclass(frozen=True, slots=True)
class Kept:
    """A waiting message as it lies in its row."""

    piece: Piece
    channel: Channel
    key_hash: str
    sender_hash: str
    region: str | None
    sent_at: datetime | None
    received_at: datetime
    wrapped_key: bytes
    sealed: bytes


def due(now: datetime) -> ColumnElement[bool]:
    """What could be handled now.

    Not what a sender wrote of whom an earlier message is to be tried again later: that holds it
    back, and many such senders would keep everybody else from being looked at.
    """
    held = select(_row.sender_hash).where(
        _row.state == WAITING, _row.due_at > now, _row.attempts > 0
    )
    return and_(_row.state == WAITING, _row.due_at <= now, _row.sender_hash.not_in(held))


def ready_senders(conn: Connection, now: datetime, most: int) -> list[str]:
    """Senders with something to handle, the one who waits longest first."""
    first = (
        select(_row.sender_hash, func.min(_row.id).label("first"))
        .where(due(now))
        .group_by(_row.sender_hash)
        .order_by("first")
        .limit(most)
    )
    whole = (
        select(_row.sender_hash)
        .where(_row.state == WAITING, _row.due_at > now, _row.parts.is_not(None))
        .group_by(_row.sender_hash, _row.group_hash)
        .having(func.count(_row.part.distinct()) >= func.max(_row.parts))
        .limit(most)
    )
    names = [row.sender_hash for row in conn.execute(first)]
    return list(dict.fromkeys([*names, *conn.execute(whole).scalars()]))


def of_sender(conn: Connection, sender_hash: str) -> list[Kept]:
    """What waits of one sender, oldest first."""
    rows = conn.execute(
        select(ingest_messages)
        .where(_row.sender_hash == sender_hash, _row.state == WAITING)
        .order_by(_row.id)
        .limit(_MOST_OF_A_SENDER)
    )
    return [_kept(row) for row in rows]


def _kept(row: Any) -> Kept:
    return Kept(
        Piece(row.id, row.due_at, row.attempts, row.group_hash, row.part, row.parts),
        Channel(row.channel),
        row.key_hash,
        row.sender_hash,
        row.region,
        row.sent_at,
        row.received_at,
        row.wrapped_key,
        row.sealed,
    )


def claim(conn: Connection, row_ids: Collection[int]) -> bool:
    """Whether all of them still wait; they are ours until the transaction ends."""
    done = conn.execute(
        update(ingest_messages)
        .where(_row.id.in_(row_ids), _row.state == WAITING)
        .values(attempts=_row.attempts)
    )
    return done.rowcount == len(row_ids)


def told_region(conn: Connection, sender_hash: str) -> str | None:
    """The region the citizen named before."""
    found = conn.execute(
        select(ingest_talks.c.region).where(ingest_talks.c.sender_hash == sender_hash)
    )
    region: str | None = found.scalar_one_or_none()
    return region


def finish(conn: Connection, row_ids: Sequence[int], region: str | None, handled: Handled) -> None:
    """Write what became of a message: the first id is the message, the others were joined to it.

    What was sealed goes, unless the message waits for its region.
    """
    if handled.became is Became.TRIAGE:
        values: dict[str, Any] = {"state": TRIAGE}
    else:
        outcome = case((_row.id == min(row_ids), handled.became.value), else_=JOINED)
        values = {
            "state": DONE,
            "outcome": outcome,
            "reference": handled.reference,
            "region": region,
            "wrapped_key": None,
            "sealed": None,
        }
    conn.execute(update(ingest_messages).where(_row.id.in_(row_ids)).values(values))


def release(conn: Connection, sender_hash: str, now: datetime) -> int:
    """Let the messages kept for their region be handled, now that it is known; how many."""
    kept = (_row.sender_hash == sender_hash) & (_row.state == TRIAGE)
    values = {"state": WAITING, "due_at": now, "attempts": 0}
    return conn.execute(update(ingest_messages).where(kept).values(values)).rowcount


def postpone(conn: Connection, row_ids: Collection[int], sender_hash: str, until: datetime) -> None:
    """Try these again at `until`; what the sender wrote later waits as long, for the order."""
    mine = _row.id.in_(row_ids) & (_row.state == WAITING)
    conn.execute(update(ingest_messages).where(mine).values(attempts=_row.attempts + 1))
    early = (_row.sender_hash == sender_hash) & (_row.state == WAITING) & (_row.due_at < until)
    conn.execute(update(ingest_messages).where(early).values(due_at=until))


def bury(conn: Connection, row_ids: Collection[int], error: str) -> None:
    """Give up: a person must look at it. The message stays, sealed."""
    mine = _row.id.in_(row_ids) & (_row.state == WAITING)
    values = {"state": DEAD, "attempts": _row.attempts + 1, "reference": error[:64]}
    conn.execute(update(ingest_messages).where(mine).values(values))
