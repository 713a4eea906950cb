"""Takes a provider's call: genuine or not, read, everything in it stored, and only then answered.

Delivery: when `take` returns, all messages of the call are committed, in one transaction. A repeat
is decided by the unique key of each message, however many come at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from services.ingest.channels.hashes import group_hash, message_hash, sender_hash
from services.ingest.channels.message import (
    Adapter,
    Aside,
    HookAnswer,
    HookRequest,
    MalformedError,
    Message,
    Receipt,
)
from services.ingest.channels.sealing import seal
from services.ingest.channels.settings import ChannelSettings
from services.ingest.metrics import Counted, Outcome, count
from services.ingest.ports import Poke, ReceiptSink
from services.ingest.writer import Writer
from shared.contracts.enums import Channel
from shared.db.statements import insert_new
from shared.db.tables.messages import ingest_messages
from shared.errors import TanggapError
from shared.privacy.vault import Vault

WAITING, TRIAGE, DONE, DEAD = "waiting", "triage", "done", "dead"
_MOST_PARTS = 255  # an SMS tells the number of its pieces in one byte
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def drop_receipts(
    conn: Connection, channel: Channel, receipts: Sequence[Receipt], now: datetime
) -> None:
    """A sink for installations that send nothing: no receipt can name anything of ours."""


class ForbiddenCallError(TanggapError):
    """No live secret made this call, or none is set: answered 403, nothing is read."""


@dataclass(frozen=True, slots=True)
class Receiving:
    """What taking calls needs; made once in `__main__.build`."""

    settings: ChannelSettings
    adapters: Mapping[Channel, Adapter] = field(hash=False)
    writer: Writer
    vault: Vault
    receipts: ReceiptSink
    worker: Poke
    dispatcher: Poke

    def adapter(self, name: str) -> Adapter | None:
        """The adapter of a channel by its name; none: there is no such address."""
        return next((one for one in self.adapters.values() if one.channel.value == name), None)


def take(receiving: Receiving, adapter: Adapter, call: HookRequest) -> HookAnswer:
    """Store everything in a genuine call and answer it.

    Raises `ForbiddenCallError`, `MalformedError`, or what the database raises while it is away;
    then nothing of the call is stored.
    """
    channel = adapter.channel
    outcome: Outcome | None = Outcome.FAILED
    keys = receiving.settings.keys_of(channel)
    try:
        handshake = adapter.challenge(call, keys)
        if handshake is not None:
            refused = handshake.status in (401, 403)
            outcome = Outcome.UNAUTHORISED if refused else Outcome.IGNORED
            return handshake
        if not keys.secrets or not adapter.authentic(call, keys):
            outcome = Outcome.UNAUTHORISED
            raise ForbiddenCallError("no live secret made this call")
        try:
            items = adapter.parse(call, keys)
        except MalformedError:
            outcome = Outcome.INVALID
            raise
        new = _store(receiving, channel, items, call.received_at)
        outcome = None
    finally:
        if outcome is not None:
            count(Counted.EVENT, outcome, channel)
    _count(channel, items, new)
    if new:
        receiving.worker.poke()
    return adapter.accepted()


def _store(receiving: Receiving, channel: Channel, items: Sequence[object], now: datetime) -> int:
    """Commit the messages and receipts; how many messages are new."""
    rows = [_row(receiving, channel, item, now) for item in items if isinstance(item, Message)]
    receipts = [item for item in items if isinstance(item, Receipt)]
    if not rows and not receipts:
        return 0

    def write(conn: Connection) -> int:
        if receipts:
            receiving.receipts(conn, channel, receipts, now)
        return len(insert_new(conn, ingest_messages, rows, "key_hash")) if rows else 0

    new = receiving.writer.run(write)
    if receipts:
        receiving.dispatcher.poke()
    return new


def _count(channel: Channel, items: Sequence[object], new: int) -> None:
    messages = sum(isinstance(item, Message) for item in items)
    asides = sum(isinstance(item, Aside) for item in items)
    for outcome, times in (
        (Outcome.ACCEPTED, new),
        (Outcome.DUPLICATE, messages - new),
        (Outcome.IGNORED, asides),
    ):
        count(Counted.EVENT, outcome, channel, times)


def _row(receiving: Receiving, channel: Channel, message: Message, now: datetime) -> dict[str, Any]:
    vault, settings = receiving.vault, receiving.settings
    key_hash = message_hash(vault, channel, message.provider_id)
    wrapped, sealed = seal(vault, message, key_hash)
    part = message.part
    if part is not None and not 1 <= part.number <= part.total <= _MOST_PARTS:
        part = None
    group, wait = None, 0.0
    if part is not None and part.total > 1:
        name = f"{message.account}:part:{part.reference}:{part.total}"
        group, wait = name, settings.parts_seconds
    elif message.group:
        group, wait = f"{message.account}:album:{message.group}", settings.album_seconds
    return {
        "key_hash": key_hash,
        "channel": channel.value,
        "sender_hash": sender_hash(vault, channel, message.sender),
        "group_hash": group_hash(vault, channel, message.sender, group) if group else None,
        "part": part.number if group and part else None,
        "parts": part.total if group and part else None,
        "sent_at": _sane(message.sent_at, now),
        "received_at": now,
        "state": WAITING,
        "due_at": now + timedelta(seconds=wait),
        "attempts": 0,
        "wrapped_key": wrapped,
        "sealed": sealed,
    }


def _sane(sent_at: datetime | None, now: datetime) -> datetime | None:
    """The provider's time, unless it is no time at all."""
    if sent_at is None or sent_at.tzinfo is None:
        return None
    return sent_at if _EPOCH < sent_at < now + timedelta(days=1) else None
