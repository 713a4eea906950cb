"""What every channel speaks in the end: messages, receipts and what is left aside. Values only.

An adapter turns a provider's call into these and knows nothing else: no database, no clock, no
region, no case.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.contracts.enums import Channel
from shared.errors import TanggapError


class MalformedError(TanggapError):
    """The call is not what the provider documents; answered 400, nothing of it is kept.

    Its message is a code of our own, never a part of the body.
    """


class MediaKind(StrEnum):
    """What hangs on a message."""

    IMAGE = "image"
    DOCUMENT = "document"
    AUDIO = "audio"
    VIDEO = "video"


class Why(StrEnum):
    """Why a part of a call is left aside; counted, answered 200."""

    OWN = "own"  # written by our own page, bot or account
    ECHO = "echo"  # a copy of what we sent
    REACTION = "reaction"
    MACHINE = "machine"  # from a short code, a name or a bot: no citizen is behind it
    UNKNOWN = "unknown"  # a type of event nobody here handles


class Delivery(StrEnum):
    """How far a message of ours came, as the provider tells it."""

    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Media:
    """A file at the provider: what to ask for, not the bytes.

    `reference` is the provider's id or address of it; it may open the file, so it is sealed.
    """

    kind: MediaKind
    reference: str
    media_type: str | None = None
    digest: str | None = None  # SHA-256, hexadecimal, where the provider tells it


@dataclass(frozen=True, slots=True)
class Point:
    """A place the citizen sent from the phone's map; degrees, WGS 84."""

    lat: float
    lon: float
    name: str | None = None
    address: str | None = None
    precision: float | None = None  # metres, where the provider tells it


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a long SMS: the `number`-th (from 1) of `total` under one `reference`."""

    reference: str
    number: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing a citizen sent.

    `provider_id` tells it from every other message of the channel, also when it is sent again.
    `account` is our receiving number, page or bot. `sender` is where an answer goes: a phone in
    E.164, or the provider's id of the person. `thread` is what a public answer hangs on (a post or
    a comment). `public`: everybody can read it, so no answer there may tell a ticket's code.
    `sent_at` is the provider's time. `removed`: the citizen took away the message that
    `replies_to` names. `edited`: this is its new wording.
    """

    provider_id: str
    account: str
    sender: str
    text: str = ""
    sent_at: datetime | None = None
    thread: str | None = None
    public: bool = False
    name: str | None = None
    media: tuple[Media, ...] = ()
    point: Point | None = None
    replies_to: str | None = None  # provider_id of the message this one answers
    group: str | None = None  # an album: several calls that belong together
    part: Part | None = None
    removed: bool = False
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message of ours; `reason` is the provider's code, without any text."""

    provider_id: str
    delivery: Delivery
    at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Aside:
    """A part of the call that opens nothing."""

    why: Why


Item = Message | Receipt | Aside


@dataclass(frozen=True, slots=True)
class HookRequest:
    """A provider's call as it came: the signature is over exactly these bytes.

    `url` is the address the provider called (public address, path and query). Header names are in
    lower case. `path_secret` is the last part of `/hooks/{channel}/{secret}`, if any.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(hash=False)
    query: tuple[tuple[str, str], ...]
    body: bytes
    received_at: datetime
    path_secret: str | None = None


@dataclass(frozen=True, slots=True)
class HookKeys:
    """What a channel checks calls with: live secrets, newest first; none set: nothing passes.

    `options` are the channel's own settings by name (a signature's method, names of fields).
    """

    secrets: tuple[str, ...] = ()
    verify_token: str | None = None
    options: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """What the provider wants to read."""

    status: int = 200
    body: bytes = b""
    media_type: str = "text/plain"


class Adapter(Protocol):
    """One channel. Pure; `authentic` is asked before `parse`, on the raw bytes."""

    @property
    def channel(self) -> Channel:
        """The channel it speaks for."""
        ...

    @property
    def max_bytes(self) -> int:
        """Largest body it takes, in bytes; past it: 413 before anything is read."""
        ...

    def challenge(self, request: HookRequest, keys: HookKeys) -> HookAnswer | None:
        """The answer to a provider's handshake; none when the call is none."""
        ...

    def authentic(self, request: HookRequest, keys: HookKeys) -> bool:
        """Whether a live secret made this call; in constant time, False without any secret."""
        ...

    def parse(self, request: HookRequest, keys: HookKeys) -> Sequence[Item]:
        """Everything in the call, in its order; raises `MalformedError`, nothing else."""
        ...

    def accepted(self) -> HookAnswer:
        """The answer once everything is stored."""
        ...
