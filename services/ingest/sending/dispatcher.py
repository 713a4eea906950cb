"""Sends what is due: one process at a time, a few calls to each provider at once.

At least once: a row is claimed, sent outside any transaction, and its outcome written; a process
that dies in between leaves a claim that runs out. No provider waits for another, and of one citizen
only one message is under way.
"""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from services.ingest.channels.hashes import provider_hash
from services.ingest.ports import Poke
from services.ingest.sending import deliveries, ladder
from services.ingest.sending.deliveries import CLAIM, Delivery
from services.ingest.sending.fitting import fitted
from services.ingest.sending.outgoing import SENT, WAITING, Letter
from services.ingest.sending.ports import AgainError, Outward, RefusedError, Sender, SendError
from services.ingest.sending.receipts import Receipts
from services.ingest.sending.receipts import prune as prune_receipts
from services.ingest.sending.settings import SendingSettings
from shared.clock import Clock
from shared.contracts.enums import Channel
from shared.contracts.notices import NotificationOutcome
from shared.db.engine import Database
from shared.db.leases import Lease
from shared.db.read.directory import Directory
from shared.logs import get_logger
from shared.metrics import DELIVERY_ATTEMPTS
from shared.privacy.vault import UnsealError, Vault

POLL_SECONDS = 1.0
# A round costs the same for one message as for many: what is committed meanwhile goes together.
_GATHER_SECONDS = 0.05
_STOP_SECONDS = 5.0
_SPARE = 50  # rows read beyond those that may start: notices that wait for the morning
_UNCONFIRMED = 200
_PRUNE_EVERY = timedelta(hours=1)

_log = get_logger(__name__)


class Dispatcher:
    """A thread that looks, and a pool that calls."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        clock: Clock,
        senders: Mapping[Channel, Sender],
        settings: SendingSettings,
        directory: Callable[[], Directory],
        relay: Poke,
        receipts: Receipts,
    ) -> None:
        self._db, self._vault, self._clock = db, vault, clock
        self._senders, self._settings = senders, settings
        self._directory, self._relay, self._receipts = directory, relay, receipts
        self._lease = Lease(db, "dispatcher:ingest", f"ingest:{uuid.uuid4().hex}")
        self._pool = ThreadPoolExecutor(
            settings.sending_parallel * len(Channel), thread_name_prefix="sending"
        )
        self._guard = threading.Lock()
        self._busy: dict[int, tuple[Channel, str]] = {}
        self._prune_at = clock.now() + _PRUNE_EVERY
        self._poked = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def poke(self) -> None:
        """Rows were committed: look now instead of at the next poll."""
        self._poked.set()

    def stop(self) -> None:
        """Start nothing more, wait a little for calls under way, then cut them off."""
        self._stopped.set()
        self._poked.set()
        if self._thread.is_alive():
            self._thread.join(timeout=_STOP_SECONDS)
        self._pool.shutdown(wait=False, cancel_futures=True)
        for sender in self._senders.values():
            sender.close()

    def round(self) -> list[Future[None]]:
        """Start what is due and may start; the calls under way, for who waits for them."""
        now = self._clock.now()
        if not self._lease.acquire(now):
            return []
        if self._receipts.catch_up(self._db, now):
            self._relay.poke()
        found = self._due(now)
        if not found:
            return []
        with self._db.write() as conn:
            started = [one for one in found if self._claimed(conn, one, now)]
        self._relay.poke()
        futures = []
        for delivery in started:
            claimed = replace(delivery, attempts=delivery.attempts + 1, due_at=now + CLAIM)
            with self._guard:
                self._busy[delivery.id] = (delivery.channel, delivery.sender_hash)
            futures.append(self._pool.submit(self._deliver, claimed))
        return futures

    def _due(self, now: datetime) -> list[Delivery]:
        with self._guard:
            busy = list(self._busy.values())
        calls = Counter(channel for channel, _ in busy)
        citizens = {citizen for _, citizen in busy}
        found: list[Delivery] = []
        with self._db.read() as conn:
            for channel in deliveries.channels_due(conn, now):
                room = self._settings.sending_parallel - calls[channel]
                limit = room + _SPARE
                for one in deliveries.due(conn, channel, now, limit, citizens) if room > 0 else ():
                    if self._quiet(one, now) is None:
                        room -= 1
                    if room >= 0:
                        found.append(one)
            found += deliveries.unconfirmed(conn, now, _UNCONFIRMED)
        return found

    def _claimed(self, conn: Connection, one: Delivery, now: datetime) -> bool:
        """Whether the row is to be sent now; settles what needs no sending."""
        if one.state == SENT:
            deliveries.finish(conn, one, NotificationOutcome.SENT, None, now)
            return False
        stopped = one.notice and one.stopped_at is not None and not one.emergency
        if stopped or one.erased:
            refused = NotificationOutcome.PERMANENT_FAILURE
            reason = ladder.ERASED if one.erased else ladder.OPT_OUT
            deliveries.finish(conn, one, refused, reason, now)
            return False
        if (until := self._quiet(one, now)) is not None:
            deliveries.postpone(conn, one, until)
            return False
        return deliveries.claim(conn, one, now)

    def _quiet(self, one: Delivery, now: datetime) -> datetime | None:
        if not one.notice or one.urgent or one.state != WAITING:
            return None
        return self._settings.quiet.over(now, self._directory().zone(one.region or ""))

    def _deliver(self, one: Delivery) -> None:
        try:
            tried = self._tried(one)
            with self._db.write() as conn:
                self._settle(conn, one, tried)
            self._relay.poke()
        except (SQLAlchemyError, OSError) as error:
            # The claim runs out and the message goes again: better twice than never.
            _log.warning("delivery_unwritten", delivery=one.id, error=type(error).__name__)
        finally:
            with self._guard:
                self._busy.pop(one.id, None)
            self._poked.set()

    def _tried(self, one: Delivery) -> "_Tried":
        try:
            letter = one.letter(self._vault)
        except UnsealError:
            return _Tried(RefusedError(ladder.UNREADABLE))
        # A private reply to a comment goes once and for some days; then a message, like any other.
        late = one.reason == ladder.WINDOW_REASON
        reply = letter.thread is not None and not late
        reason = None if letter.thread else one.reason
        template = not reply and ladder.needs_template(
            one.channel, _heard(one), reason, self._clock.now()
        )
        result = self._called(one, letter, template=template, reply=reply)
        outcome = "sent"
        if isinstance(result, SendError):
            outcome = "again" if isinstance(result, AgainError) else "refused"
            _log.warning("delivery_failed", delivery=one.id, channel=one.channel.value,
                         attempt=one.attempts, reason=result.reason)  # fmt: skip
        DELIVERY_ATTEMPTS.labels(channel=one.channel.value, outcome=outcome).inc()
        sender = self._senders.get(one.channel)
        able = reply or (sender is not None and sender.has_template)
        return _Tried(result, used=template or late, able=able)

    def _called(
        self, one: Delivery, letter: Letter, *, template: bool, reply: bool
    ) -> str | SendError | None:
        sender = self._senders.get(one.channel)
        if sender is None:
            return RefusedError(ladder.NO_SENDER)
        if template and not sender.has_template:
            return RefusedError(ladder.WINDOW_REASON)
        try:
            return sender.send(outward(one, letter, sender, template=template, reply=reply))
        except SendError as error:
            return error
        except Exception as error:  # noqa: BLE001 - a sender's bug must not stop the others
            _log.error("delivery_bug", delivery=one.id, exc_info=error)
            return AgainError("bug")

    def _settle(self, conn: Connection, one: Delivery, tried: "_Tried") -> None:
        now, sender, result = self._clock.now(), self._senders.get(one.channel), tried.result
        if isinstance(result, SendError):
            if result.reason == ladder.UNREADABLE:
                lost = NotificationOutcome.TECHNICAL_FAILURE
                deliveries.finish(conn, one, lost, result.reason, now)
                return
            trip = one.trip(template=tried.used)
            step = ladder.after_failure(trip, result, now, has_template=tried.able)
            deliveries.follow(conn, one, step, self._vault, now)
            return
        given = None if result is None else provider_hash(self._vault, one.channel, result)
        if sender is not None and sender.confirms and given is not None:
            until = now + timedelta(hours=self._settings.receipt_hours)
            reason = ladder.WINDOW_REASON if tried.used else None
            deliveries.taken(conn, one, given, until, reason)
        else:
            deliveries.finish(conn, one, NotificationOutcome.SENT, None, now, given)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._poked.wait(POLL_SECONDS)
            self._poked.clear()
            try:
                self.round()
                self._prune()
                self._stopped.wait(_GATHER_SECONDS)
            except Exception as error:  # noqa: BLE001 - whatever it is: what is due stays due
                _log.warning("dispatch_failed", error=type(error).__name__)
                self._stopped.wait(POLL_SECONDS)
        with suppress(SQLAlchemyError):
            self._lease.release()

    def _prune(self) -> None:
        now = self._clock.now()
        if now >= self._prune_at:
            self._prune_at = now + _PRUNE_EVERY
            with self._db.write() as conn:
                deliveries.prune(conn, now)
                prune_receipts(conn, now)


@dataclass(frozen=True, slots=True)
class _Tried:
    """How a try ended: the provider's id or the trouble.

    `used`: it was the last resort of a closed window; `able`: there is one.
    """

    result: str | SendError | None
    used: bool = False
    able: bool = False


def _heard(one: Delivery) -> datetime | None:
    """The citizen's last message; whoever is answered has written just now."""
    if one.notice:
        return one.heard_at
    return max(one.heard_at or one.created_at, one.created_at)


def outward(
    one: Delivery, letter: Letter, sender: Sender, *, template: bool, reply: bool
) -> Outward:
    """What the sender gets: words that fit it, the address on its channel."""
    channel = one.channel
    tail = letter.follow if channel is Channel.EMAIL else letter.tail
    return Outward(
        to=letter.to[channel.value],
        text=fitted(letter.text, tail, sender.limit, plain=channel in ladder.SMS),
        account=letter.account if channel == letter.origin else "",
        thread=letter.thread if reply and channel == letter.origin else None,
        ticket=one.ticket or "",
        link=letter.link,
        reference=letter.reference,
        template=template,
    )
