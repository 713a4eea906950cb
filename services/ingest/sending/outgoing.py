"""Puts what a citizen is to be told into a row, in the caller's transaction; sends nothing.

Words and addresses are sealed under the row's own key, and go when the row is finished.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, insert

from services.ingest.channels.hashes import sender_hash
from shared.contracts.enums import Channel
from shared.db.tables.messages import ingest_deliveries
from shared.ids import new_event_id
from shared.privacy.vault import Vault

WAITING, SENT, DELIVERED, FAILED = "waiting", "sent", "delivered", "failed"


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sealed: addresses by channel, and the words.

    `account` is our number, page or bot the citizen wrote to, used on their own channel only.
    `thread` is the comment a first private reply hangs on. `origin` is the citizen's own channel.
    `tail` (how to answer, and follow the case) stays when `text` must be cut; `follow` is the same
    for who can only open a page, `link` the bare address of it. `reference` tells the letter from
    every other one: it goes along with each try, so that a provider that knows such a thing sends
    it once.
    """

    to: Mapping[str, str] = field(hash=False)
    text: str
    account: str = ""
    thread: str | None = None
    tail: str = ""
    follow: str = ""
    link: str = ""
    origin: str = ""
    reference: str = ""

    def sealed(self, vault: Vault) -> tuple[bytes, bytes]:
        """The row's wrapped key and sealed bytes."""
        wrapped, key = vault.new_key()
        return wrapped, vault.seal(key, orjson.dumps(asdict(self)), _CONTEXT)

    @classmethod
    def opened(cls, vault: Vault, wrapped: bytes, sealed: bytes) -> "Letter":
        """What `sealed` made; raises `UnsealError`."""
        values: dict[str, Any] = orjson.loads(vault.open(vault.unwrap(wrapped), sealed, _CONTEXT))
        return cls(**values)


_CONTEXT = "delivery"


def answer(
    conn: Connection,
    vault: Vault,
    *,
    channel: Channel,
    to: str,
    account: str,
    text: str,
    thread: str | None = None,
    urgent: bool = False,
    ticket: str | None = None,
    region: str | None = None,
    now: datetime,
) -> int:
    """Answer a message by the channel it came on, at once; returns the row's id.

    `to` and `account` are the message's `sender` and `account`; `thread` is given when the message
    was public: the answer is then a private reply to it. `ticket` is the case it is about, so that
    an erasure finds the row. Quiet hours do not hold an answer up: the citizen has just written.
    """
    letter = Letter(
        {channel.value: to}, text, account, thread, origin=channel.value, reference=new_event_id()
    )
    return put(
        conn,
        vault,
        letter,
        ways=(channel,),
        ticket=ticket,
        region=region,
        urgent=urgent,
        due_at=now,
        now=now,
    )


def put(
    conn: Connection,
    vault: Vault,
    letter: Letter,
    *,
    ways: Sequence[Channel],
    ticket: str | None,
    region: str | None,
    urgent: bool,
    due_at: datetime,
    now: datetime,
    sequence: int | None = None,
    purpose: str | None = None,
) -> int:
    """Write a waiting row that tries `ways` in order; each has its address in the letter."""
    wrapped, sealed = letter.sealed(vault)
    first, *rest = ways
    values = {
        "ticket": ticket,
        "sequence": sequence,
        "purpose": purpose,
        "region": region,
        "channel": first.value,
        "chain": [way.value for way in rest],
        "sender_hash": sender_hash(vault, first, letter.to[first.value]),
        "state": WAITING,
        "due_at": due_at,
        "attempts": 0,
        "urgent": urgent,
        "created_at": now,
        "wrapped_key": wrapped,
        "sealed": sealed,
    }
    table = ingest_deliveries
    return int(conn.execute(insert(table).values(values).returning(table.c.id)).scalar_one())
