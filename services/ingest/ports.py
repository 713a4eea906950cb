"""What the intake needs from outside, as small protocols."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sqlalchemy import Connection

from services.ingest.channels.message import Message, Receipt
from shared.contracts.enums import Channel
from shared.db.read.directory import Region
from shared.files.inspection import CleanFile


class Poke(Protocol):
    """The relay, told that there are new outbox rows."""

    def poke(self) -> None:
        """Look now instead of at the next poll."""
        ...


class NullPoke:
    """Nobody to tell: what waits is looked for at the next start."""

    def poke(self) -> None:
        """Nothing."""


class Files(Protocol):
    """Where sealed files lie."""

    def put(self, name: str, content: bytes) -> None:
        """Write an object durably."""
        ...

    def delete(self, name: str) -> None:
        """Remove an object; one that is not there is no error."""
        ...


@dataclass(frozen=True, slots=True)
class Promised:
    """What is promised at receipt, whatever kind the complaint turns out to be."""

    verify: datetime
    first_answer: datetime


Promise = Callable[[Region, datetime], Promised]
"""By when a first answer is promised for a complaint received at that time."""


class Became(StrEnum):
    """What a message of a channel turned into."""

    COMPLAINT = "complaint"
    ACT = "act"
    SURVEY = "survey"
    TALK = "talk"  # an answer was enough
    TRIAGE = "triage"  # its region is not known: kept, and the citizen was asked for it


@dataclass(frozen=True, slots=True)
class Arrived:
    """How a message came in, beside what it says.

    `region` is none when neither a code in the text, the receiving account, the citizen's own
    answer nor the default tells it. `files` are the attachments, cleaned before the transaction:
    decoding a picture would keep other writers waiting. `missing` counts those that could not be
    had or kept. `sent_at` is the provider's time if clocks may start at it (design §2.10).
    """

    row_id: int
    channel: Channel
    region: str | None
    sender_hash: str
    received_at: datetime
    sent_at: datetime | None = None
    files: tuple[CleanFile, ...] = ()
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of a message; `reference` is the ticket, the act's id or the receipt."""

    became: Became
    reference: str | None = None


class Converse(Protocol):
    """What is done with a citizen's message, in the caller's transaction.

    It writes everything or raises; what it raises rolls all of it back and is tried again. It must
    not touch anything outside the database but sealed files. Answering `TRIAGE` it has asked the
    citizen for the region; once the talk's row knows it, the messages kept come again, in order.
    """

    def __call__(self, conn: Connection, message: Message, arrived: Arrived) -> Handled:
        """Handle one message."""
        ...


class ReceiptSink(Protocol):
    """Where receipts of our own messages go, in the transaction that stores the call."""

    def __call__(
        self, conn: Connection, channel: Channel, receipts: Sequence[Receipt], now: datetime
    ) -> None:
        """Note what became of them; one that names nothing of ours is no error."""
        ...


class MediaSource(Protocol):
    """Gets the bytes that hang on a message, from the provider."""

    def fetch(self, channel: Channel, message: Message) -> "Fetched":
        """The files, within the limits; outside any transaction.

        Raises `TransientError` when the provider may have them later.
        """
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """Files of a message, and how many of them cannot be had."""

    files: tuple[bytes, ...] = ()
    missing: int = 0
