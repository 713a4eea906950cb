"""What follows a try that failed, when it is night, and which ways there are. Pure.

Nothing here is random: the same row at the same moment always does the same.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.ingest.sending.ports import AgainError, SendError, WindowClosedError
from shared.contracts.enums import Channel
from shared.contracts.notices import NotificationOutcome

STEPS = (10, 30, 120, 300, 900, 1800, 3600, 7200)
"""Seconds from a failed try to the next on the same way; after the last one, the next way."""
URGENT_STEPS = (5, 10, 20, 40, 60, 120, 300, 600)
"""The same for words about a danger."""
LIFETIME = timedelta(hours=72)
"""How long anything is tried at all."""
WINDOW = timedelta(hours=24)
"""How long after the citizen's last message Meta lets us use our own words."""
_MARGIN = timedelta(minutes=5)  # the provider's clock, not ours, closes the window
NO_SENDER = "no-sender"
WINDOW_REASON = "window-closed"
OPT_OUT = "opt-out"
UNREADABLE = "sealed"
ERASED = "erased"
_SHORT_CODE = 7  # digits that no citizen's number is as short as
_WINDOWED = frozenset({Channel.WHATSAPP, Channel.FACEBOOK, Channel.INSTAGRAM})
# What providers say in receipts when the window was closed after all.
_WINDOW_CODES = frozenset({"131047", "470", "63016"})
SMS = frozenset(
    {
        Channel.TWILIO,
        Channel.VONAGE,
        Channel.INFOBIP,
        Channel.KANNEL,
        Channel.GAMMU,
        Channel.GENERIC,
    }
)
PAGES = frozenset({Channel.WEB, Channel.WALKIN, Channel.LAPOR, Channel.OPEN311})
"""Channels on which nobody is written to: the tracking page is their answer."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the night in which nobody's phone is made to ring; equal ends: none."""

    begins: time
    ends: time

    @classmethod
    def read(cls, text: str) -> "Quiet":
        """From `21:00-06:00`; raises `ValueError`. Empty: no quiet hours."""
        if not text.strip():
            return cls(time(0), time(0))
        first, dash, last = text.partition("-")
        if not dash:
            raise ValueError("quiet hours read like 21:00-06:00")
        return cls(time.fromisoformat(first.strip()), time.fromisoformat(last.strip()))

    def over(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """When the present quiet hours end; none when it is not quiet now."""
        local = now.astimezone(zone)
        at = local.time().replace(tzinfo=None)
        if self.begins <= self.ends:
            quiet = self.begins <= at < self.ends
        else:
            quiet = at >= self.begins or at < self.ends
        if not quiet:
            return None
        day = local.date() if at < self.ends else local.date() + timedelta(days=1)
        return datetime.combine(day, self.ends, zone).astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True)
class Again:
    """Try the same way at `due_at`."""

    due_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Onward:
    """Try the next way at once; `chain` is what is left after it."""

    channel: Channel
    chain: tuple[Channel, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Over:
    """No way is left."""

    outcome: NotificationOutcome
    reason: str


Next = Again | Onward | Over


@dataclass(frozen=True, slots=True)
class Trip:
    """How far a message came: `attempts` on this channel, this one included."""

    channel: Channel
    chain: tuple[Channel, ...]
    attempts: int
    urgent: bool
    template: bool
    created_at: datetime


def after_failure(trip: Trip, error: SendError, now: datetime, *, has_template: bool) -> Next:
    """What follows a failed try."""
    if isinstance(error, WindowClosedError):
        if has_template and not trip.template:
            return Again(now, WINDOW_REASON)
        return _onward(trip, NotificationOutcome.PERMANENT_FAILURE, error.reason)
    if not isinstance(error, AgainError):
        return _onward(trip, NotificationOutcome.PERMANENT_FAILURE, error.reason)
    steps = URGENT_STEPS if trip.urgent else STEPS
    technical = NotificationOutcome.TECHNICAL_FAILURE
    if trip.attempts > len(steps):
        return _onward(trip, technical, error.reason)
    wait = max(float(steps[trip.attempts - 1]), error.after or 0.0)
    due_at = now + timedelta(seconds=wait)
    if due_at >= trip.created_at + LIFETIME:
        return _onward(trip, technical, error.reason, now=now)
    # An urgent message takes another way rather than wait as long as a provider would like.
    if trip.urgent and trip.chain and wait > steps[-1]:
        return _onward(trip, technical, error.reason)
    return Again(due_at, error.reason)


def _onward(
    trip: Trip, outcome: NotificationOutcome, reason: str, now: datetime | None = None
) -> Next:
    if not trip.chain or (now and now >= trip.created_at + LIFETIME):
        return Over(outcome, reason)
    return Onward(trip.chain[0], trip.chain[1:], reason)


def needs_template(
    channel: Channel, heard_at: datetime | None, reason: str | None, now: datetime
) -> bool:
    """Whether our own words are not allowed any more.

    `heard_at`: the citizen's last message on that channel; none means never, as on a way that
    only a fallback takes. `reason`: why the try before failed.
    """
    if channel not in _WINDOWED:
        return False
    if reason == WINDOW_REASON or heard_at is None:
        return True
    return now >= heard_at + WINDOW - _MARGIN


def closed_by_receipt(reason: str | None) -> bool:
    """Whether a receipt says that the window was closed."""
    return reason in _WINDOW_CODES


def ways_of(
    origin: Channel,
    address: str | None,
    phone: str | None,
    email: str | None,
    sms: Channel | None,
    senders: Collection[Channel],
) -> dict[Channel, str]:
    """The ways to a citizen with their addresses, in the order they are tried.

    First the channel the complaint came by, then SMS to the phone, then e-mail; of these only such
    as have a sender. `address`: what the citizen is on the channel of origin.
    """
    wanted: list[tuple[Channel, str | None]] = []
    if origin not in PAGES:
        wanted.append((origin, address))
    if sms is not None:
        wanted.append((sms, phone or _phone(origin, address)))
    wanted.append((Channel.EMAIL, email))
    found: dict[Channel, str] = {}
    for channel, reached in wanted:
        if reached and channel in senders:
            found.setdefault(channel, reached)
    return found


def _phone(origin: Channel, address: str | None) -> str | None:
    """The phone number that an address is, if it is one."""
    if address is None or not (origin in SMS or origin is Channel.WHATSAPP):
        return None
    digits = address.removeprefix("whatsapp:").removeprefix("+")
    return f"+{digits}" if digits.isdigit() and len(digits) > _SHORT_CODE else None
