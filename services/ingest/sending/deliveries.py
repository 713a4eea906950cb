"""The rows of `ingest_deliveries`: what is due, and what a try made of it. Decides nothing.

Every function works in the caller's transaction. A row ends once; the notice it carries is told as
finished in the same transaction, once.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, or_, select, update

from services.ingest.channels.hashes import sender_hash
from services.ingest.sending.ladder import UNREADABLE, Again, Next, Onward, Over, Trip
from services.ingest.sending.outgoing import DELIVERED, FAILED, SENT, WAITING, Letter
from shared.contracts.enums import Channel
from shared.contracts.notices import (
    NotificationFinished,
    NotificationOutcome,
    NotificationPurpose,
)
from shared.contracts.topics import Service, Topic
from shared.db.tables.ingest import ingest_notices
from shared.db.tables.messages import (
    ingest_deliveries,
    ingest_early_receipts,
    ingest_talks,
)
from shared.ids import new_event_id
from shared.outbox import store as outbox
from shared.outbox.store import Outgoing
from shared.privacy.vault import UnsealError, Vault

CLAIM = timedelta(seconds=60)
"""How long a try may take before another process may take it for lost."""
KEPT = timedelta(days=30)
"""How long an ended row stays: without words or addresses, for the gauges."""
PENDING = "waiting"
"""The outcome of a notice that has not ended, as `ingest_notices` keeps it."""
_STATES = {
    NotificationOutcome.DELIVERED: DELIVERED,
    NotificationOutcome.SENT: SENT,
    NotificationOutcome.PERMANENT_FAILURE: FAILED,
    NotificationOutcome.TECHNICAL_FAILURE: FAILED,
}
_row = ingest_deliveries.c


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row that has not ended, with what the talk on its channel tells."""

    id: int
    ticket: str | None
    sequence: int | None
    purpose: str | None
    region: str | None
    channel: Channel
    chain: tuple[Channel, ...]
    sender_hash: str
    state: str
    due_at: datetime
    attempts: int
    urgent: bool
    reason: str | None
    created_at: datetime
    wrapped_key: bytes | None
    sealed: bytes | None
    heard_at: datetime | None
    stopped_at: datetime | None

    @property
    def notice(self) -> bool:
        """Whether desk asked for it and waits to hear how it ended."""
        return self.sequence is not None

    @property
    def emergency(self) -> bool:
        """Whether it says whom to call in a danger."""
        return self.purpose == NotificationPurpose.EMERGENCY

    @property
    def erased(self) -> bool:
        """Whether the citizen's erasure took the words and addresses away."""
        return self.wrapped_key is None or self.sealed is None

    def trip(self, *, template: bool) -> Trip:
        """What the ladder needs of it."""
        return Trip(self.channel, self.chain, self.attempts, self.urgent, template, self.created_at)

    def letter(self, vault: Vault) -> Letter:
        """Words and addresses; raises `UnsealError`."""
        return Letter.opened(vault, self.wrapped_key or b"", self.sealed or b"")


def channels_due(conn: Connection, now: datetime) -> list[Channel]:
    """The channels that have something to send."""
    found = conn.execute(
        select(_row.channel)
        .where(_row.state == WAITING, _row.due_at <= now)
        .distinct()
        .order_by(_row.channel)
    )
    return [Channel(name) for name in found.scalars()]


def due(
    conn: Connection, channel: Channel, now: datetime, limit: int, busy: Collection[str] = ()
) -> list[Delivery]:
    """What the channel has to send, the oldest first: one of each citizen, none to the `busy`."""
    first = (
        select(func.min(_row.id))
        .where(
            _row.state == WAITING,
            _row.channel == channel.value,
            _row.due_at <= now,
            # Of who was erased no sender is known: such a row only needs to end.
            or_(_row.sender_hash.is_(None), _row.sender_hash.not_in(busy)),
        )
        .group_by(_row.sender_hash)
    )
    return _rows(conn, _query().where(_row.id.in_(first)).order_by(_row.id).limit(limit))


def unconfirmed(conn: Connection, now: datetime, limit: int) -> list[Delivery]:
    """What was sent and got no receipt in time."""
    waits = (_row.state == SENT, _row.finished_at.is_(None), _row.due_at <= now)
    return _rows(conn, _query().where(*waits).order_by(_row.id).limit(limit))


def by_provider(conn: Connection, provider_hash: str) -> Delivery | None:
    """The message that a receipt names, if it still waits for one; locked."""
    found = _rows(
        conn,
        _query()
        .where(_row.provider_hash == provider_hash, _row.state == SENT, _row.finished_at.is_(None))
        .with_for_update(of=ingest_deliveries),
    )
    return found[0] if found else None


def is_named(conn: Connection, provider_hash: str) -> bool:
    """Whether any message of ours bears the provider's id, ended or not."""
    query = select(_row.id).where(_row.provider_hash == provider_hash).limit(1)
    return conn.execute(query).first() is not None


def named_early(conn: Connection) -> list[str]:
    """The names of messages that wait for a receipt which came before they had their name."""
    early = ingest_early_receipts.c.provider_hash
    # Not a join: SQLite would begin with all that are under way, at every round.
    waits = exists().where(
        _row.provider_hash == early, _row.state == SENT, _row.finished_at.is_(None)
    )
    return list(conn.execute(select(early).where(waits).order_by(early)).scalars())


def claim(conn: Connection, delivery: Delivery, now: datetime) -> bool:
    """Take the row for one try; False when somebody else did, or it changed."""
    values = {"due_at": now + CLAIM, "attempts": delivery.attempts + 1}
    return _change(conn, delivery, values)


def postpone(conn: Connection, delivery: Delivery, until: datetime) -> None:
    """Not before `until`; this was no try."""
    _change(conn, delivery, {"due_at": until})


def taken(
    conn: Connection,
    delivery: Delivery,
    provider_hash: str,
    until: datetime,
    reason: str | None,
) -> None:
    """The provider took it; until its receipt comes, or `until`, it counts as on its way."""
    values = {"state": SENT, "due_at": until, "provider_hash": provider_hash, "reason": reason}
    _change(conn, delivery, values)


def follow(conn: Connection, delivery: Delivery, step: Next, vault: Vault, now: datetime) -> None:
    """Write what follows a failed try; a letter that does not open ends here."""
    waiting: dict[str, Any] = {"state": WAITING, "provider_hash": None}
    match step:
        case Again():
            _change(conn, delivery, {**waiting, "due_at": step.due_at, "reason": step.reason})
        case Onward():
            try:
                address = delivery.letter(vault).to[step.channel.value]
            except (UnsealError, KeyError):
                finish(conn, delivery, NotificationOutcome.TECHNICAL_FAILURE, UNREADABLE, now)
                return
            moved = {
                "channel": step.channel.value,
                "chain": [channel.value for channel in step.chain],
                "sender_hash": sender_hash(vault, step.channel, address),
                "due_at": now,
                "attempts": 0,
                "reason": step.reason,
            }
            _change(conn, delivery, waiting | moved)
        case Over():
            finish(conn, delivery, step.outcome, step.reason, now)


def finish(
    conn: Connection,
    delivery: Delivery,
    outcome: NotificationOutcome,
    reason: str | None,
    now: datetime,
    provider_hash: str | None = None,
) -> None:
    """End the row: words and addresses go, and desk hears of its notice.

    `provider_hash` is given when the provider took it and tells no more: a citizen's reply to the
    message names it.
    """
    ended: dict[str, Any] = {
        "state": _STATES[outcome],
        "reason": reason,
        "finished_at": now,
        "wrapped_key": None,
        "sealed": None,
    }
    if provider_hash is not None:
        ended["provider_hash"] = provider_hash
    if not _change(conn, delivery, ended) or not delivery.notice:
        return
    finish_notice(
        conn,
        str(delivery.ticket),
        int(delivery.sequence or 0),
        str(delivery.purpose),
        str(delivery.region),
        outcome,
        now,
    )


def finish_notice(
    conn: Connection,
    ticket: str,
    sequence: int,
    purpose: str,
    region: str,
    outcome: NotificationOutcome,
    now: datetime,
) -> None:
    """Tell desk how a notice ended, once: the row beside it remembers."""
    notice = ingest_notices.c
    channel = conn.execute(
        update(ingest_notices)
        .where(
            notice.ticket == ticket,
            notice.sequence == sequence,
            notice.purpose == purpose,
            notice.outcome == PENDING,
        )
        .values(outcome=outcome.value, at=now)
        .returning(notice.channel)
    ).scalar_one_or_none()
    if channel is None:
        return
    finished = NotificationFinished(
        ticket=ticket,
        region=region,
        sequence=sequence,
        purpose=NotificationPurpose(purpose),
        channel=Channel(channel),
        outcome=outcome,
    )
    topic = Topic.NOTIFICATION_FINISHED
    event = Outgoing(topic, f"tanggap.{topic}", ticket, finished, now, new_event_id())
    outbox.add(conn, Service.INGEST, [event])


def prune(conn: Connection, now: datetime) -> int:
    """Remove rows that ended long ago; how many."""
    return conn.execute(delete(ingest_deliveries).where(_row.finished_at < now - KEPT)).rowcount


def _change(conn: Connection, delivery: Delivery, values: dict[str, Any]) -> bool:
    """Write if the row is as it was read: still open, and claimed by nobody else."""
    done = conn.execute(
        update(ingest_deliveries)
        .where(
            _row.id == delivery.id,
            _row.finished_at.is_(None),
            _row.state == delivery.state,
            _row.due_at == delivery.due_at,
            _row.channel == delivery.channel.value,
        )
        .values(values)
    )
    return done.rowcount == 1


def _query() -> Any:
    talk = ingest_talks.c
    return select(ingest_deliveries, talk.heard_at, talk.stopped_at).outerjoin(
        ingest_talks, talk.sender_hash == _row.sender_hash
    )


def _rows(conn: Connection, query: Any) -> list[Delivery]:
    found: Iterable[Row[Any]] = conn.execute(query)
    return [_delivery(row) for row in found]


def _delivery(row: Row[Any]) -> Delivery:
    values = {name: getattr(row, name) for name in Delivery.__slots__}
    values["channel"] = Channel(row.channel)
    values["chain"] = tuple(Channel(name) for name in row.chain)
    values["sender_hash"] = row.sender_hash or ""
    return Delivery(**values)
