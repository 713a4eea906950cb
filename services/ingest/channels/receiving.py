"""Takes providers' calls: genuine or not, read, everything in them stored, and only then answered.

Delivery: when a call has its answer, all its messages are committed, in one transaction, which
calls that came at the same moment share. A repeat is decided by the unique key of each message,
however many come at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from services.ingest.channels.callers import Callers
from services.ingest.channels.hashes import group_hash, message_hash, sender_hash
from services.ingest.channels.message import (
    Adapter,
    Aside,
    HookAnswer,
    HookRequest,
    Item,
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
from shared.db.trouble import is_dependency_trouble
from shared.errors import TanggapError
from shared.privacy.vault import Vault

WAITING, TRIAGE, DONE, DEAD = "waiting", "triage", "done", "dead"
_NAMES = frozenset(channel.value for channel in Channel)
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
    callers: Callers

    def adapter(self, name: str) -> Adapter | None:
        """The adapter of a channel by its name; none: there is no such address."""
        return self.adapters.get(Channel(name)) if name in _NAMES else None


def take(receiving: Receiving, adapter: Adapter, call: HookRequest) -> HookAnswer:
    """Store everything in a genuine call and answer it; raises what `take_all` returns."""
    (answer,) = take_all(receiving, adapter, [call])
    if isinstance(answer, Exception):
        raise answer
    return answer


def take_all(
    receiving: Receiving, adapter: Adapter, calls: Sequence[HookRequest]
) -> list[HookAnswer | Exception]:
    """Store everything in the genuine calls, in one transaction, and answer each in its place.

    In the place of an answer stands why there is none: `ForbiddenCallError`, `MalformedError`, or
    what the database raised while it was away; then nothing of that call is stored. A call whose
    rows the database refuses takes no other along.
    """
    channel = adapter.channel
    ends: list[HookAnswer | Exception] = [adapter.accepted()] * len(calls)
    genuine: list[_Call] = []
    for place, call in enumerate(calls):
        try:
            read = _read(receiving, adapter, call)
        except Exception as error:  # noqa: BLE001 - the caller raises it; the others are answered
            ends[place] = error
            continue
        if isinstance(read, HookAnswer):
            ends[place] = read
        else:
            genuine.append(_Call(place, read, call.received_at))
    for one, new in _stored(receiving, channel, genuine):
        if isinstance(new, Exception):
            count(Counted.EVENT, Outcome.FAILED, channel)
            ends[one.place] = new
        else:
            _count(channel, one.items, new)
    return ends


@dataclass(frozen=True, slots=True)
class _Call:
    """A genuine call: its place among those taken together, and what is in it."""

    place: int
    items: Sequence[Item]
    received_at: datetime

    @property
    def messages(self) -> list[Message]:
        return [item for item in self.items if isinstance(item, Message)]

    @property
    def receipts(self) -> list[Receipt]:
        return [item for item in self.items if isinstance(item, Receipt)]


def _read(receiving: Receiving, adapter: Adapter, call: HookRequest) -> Sequence[Item] | HookAnswer:
    """What is in a genuine call, or the answer to a handshake; counts what ends here."""
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
        outcome = None
        return items
    finally:
        if outcome is not None:
            count(Counted.EVENT, outcome, channel)


def _stored(
    receiving: Receiving, channel: Channel, calls: Sequence[_Call]
) -> list[tuple[_Call, int | Exception]]:
    """Each call with how many of its messages are new, or why nothing of it is stored."""
    if not calls:
        return []
    try:
        new = _commit(receiving, channel, calls)
    except Exception as error:  # noqa: BLE001 - each caller raises it
        if len(calls) > 1 and not is_dependency_trouble(error):
            return [end for call in calls for end in _stored(receiving, channel, [call])]
        return [(call, error) for call in calls]
    return list(zip(calls, new, strict=True))


def _commit(receiving: Receiving, channel: Channel, calls: Sequence[_Call]) -> list[int]:
    """Commit the messages and receipts of the calls; how many messages of each are new."""
    rows = [
        [_row(receiving, channel, message, call.received_at) for message in call.messages]
        for call in calls
    ]
    flat = [row for one in rows for row in one]
    told = [receipt for call in calls for receipt in call.receipts]
    if not flat and not told:
        return [0] * len(calls)

    def write(conn: Connection) -> set[str]:
        if told:  # all at once: the sink has an order in which no two wait for each other
            receiving.receipts(conn, channel, told, calls[0].received_at)
        return insert_new(conn, ingest_messages, flat, "key_hash") if flat else set()

    new = receiving.writer.run(write)
    if told:
        receiving.dispatcher.poke()
    if new:
        receiving.worker.poke()
    counts = []
    for one in rows:  # of two alike in one transaction the first is the new one
        mine = {row["key_hash"] for row in one} & new
        new -= mine
        counts.append(len(mine))
    return counts


def _count(channel: Channel, items: Sequence[Item], new: int) -> None:
    messages = sum(isinstance(item, Message) for item in items)
    asides = sum(isinstance(item, Aside) for item in items)
    for outcome, times in (
        (Outcome.ACCEPTED, new),
        (Outcome.DUPLICATE, messages - new),
        (Outcome.IGNORED, asides),
    ):
        if times:
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
