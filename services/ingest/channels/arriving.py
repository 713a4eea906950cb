"""The worker: every stored message is handled once, those of a sender in the order they came.

One process at a time by a lease, some senders at once. Each message is one transaction: what it
becomes, its answer and its row. A database or file store that is away is waited for; a message
that fails by itself is tried again, then buried as dead, and holds up nobody but its sender.
"""

import contextlib
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from services.ingest.attachments import FileRules, keepable
from services.ingest.channels import waiting
from services.ingest.channels.accounts import Accounts
from services.ingest.channels.callers import Callers
from services.ingest.channels.joining import Turn, clocks_start, joined, turns
from services.ingest.channels.message import Message
from services.ingest.channels.sealing import unseal
from services.ingest.channels.settings import ChannelSettings
from services.ingest.channels.waiting import Kept
from services.ingest.metrics import Counted, Outcome, count
from services.ingest.ports import Arrived, Became, Converse, Fetched, Handled, MediaSource, Poke
from services.ingest.writer import Writer
from shared.clock import Clock
from shared.db.engine import Database
from shared.db.leases import Lease
from shared.db.read.directory import Directory
from shared.db.trouble import is_dependency_trouble
from shared.errors import TransientError
from shared.logs import get_logger
from shared.privacy.vault import Vault

POLL_SECONDS = 0.2
RETRIES = (timedelta(seconds=5), timedelta(seconds=60))
MEDIA_RETRIES = (*RETRIES, timedelta(minutes=5))
_REST = timedelta(seconds=2)
_LONGEST_WAIT = 5.0
_SENDERS = 64
# Whoever calls waits for an answer, whoever wrote can wait a minute: so long the worker rests while
# calls are under way, up to so many times as long as it worked, and leaves the interpreter to them.
_GIVE_WAY, _MOST_REST_SECONDS, _PATIENCE = 4.0, 0.5, timedelta(minutes=1)
_COUNTED = {
    Became.COMPLAINT: Counted.COMPLAINT,
    Became.ACT: Counted.ACT,
    Became.SURVEY: Counted.SURVEY,
}

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Working:
    """What the worker works with; made once in `__main__.build`."""

    settings: ChannelSettings
    database: Database
    writer: Writer
    vault: Vault
    clock: Clock
    directory: Callable[[], Directory]
    converse: Converse
    media: MediaSource
    file_rules: FileRules
    relay: Poke
    dispatcher: Poke
    callers: Callers

    @property
    def accounts(self) -> Accounts:
        """How regions are told apart."""
        settings = self.settings
        return Accounts(settings.channel_accounts, settings.default_region)


class Arriving:
    """A thread that hands senders with waiting messages to a few others."""

    def __init__(self, working: Working) -> None:
        self._working = working
        self._accounts = working.accounts
        self._lease = Lease(working.database, "ingest:messages", f"ingest:{uuid.uuid4().hex}")
        self._poked = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="messages", daemon=True)
        self._pool = ThreadPoolExecutor(working.settings.message_threads, "message")
        self._lock = threading.Lock()
        self._busy: set[str] = set()
        self._resting: dict[str, datetime] = {}

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def poke(self) -> None:
        """Messages were committed: look now instead of at the next poll."""
        self._poked.set()

    def stop(self) -> None:
        """Finish the messages under way, give the lease back, end the threads."""
        self._stopped.set()
        self._poked.set()
        if self._thread.is_alive():
            self._thread.join(timeout=20)
        self._pool.shutdown(wait=True, cancel_futures=True)
        with contextlib.suppress(SQLAlchemyError):
            self._lease.release()

    def work_off(self) -> None:
        """Handle everything that is due now, in this thread (the command line and tests)."""
        working = self._working
        while self._lease.acquire(working.clock.now()):
            with working.database.read() as conn:
                senders = waiting.ready_senders(conn, working.clock.now(), _SENDERS)
            served = [self._serve(sender) for sender in senders]
            if not any(served):
                return

    def _run(self) -> None:
        failures = 0
        while not self._stopped.is_set():
            self._poked.wait(POLL_SECONDS)
            self._poked.clear()
            try:
                self._round()
                failures = 0
            except Exception as error:  # noqa: BLE001 - whatever it is: messages wait, intake goes on
                failures += 1
                _log.warning("messages_wait", error=type(error).__name__, failures=failures)
                self._stopped.wait(min(POLL_SECONDS * 2**failures, _LONGEST_WAIT))

    def _round(self) -> None:
        working, now = self._working, self._working.clock.now()
        # To look is dear while many wait: not for one free place.
        if not self._lease.acquire(now) or len(self._busy) > _SENDERS // 2:
            return
        with working.database.read() as conn:
            found = waiting.ready_senders(conn, now, 2 * _SENDERS)
        with self._lock:
            self._resting = {who: until for who, until in self._resting.items() if until > now}
            free = [who for who in found if who not in self._busy and who not in self._resting]
            chosen = free[: _SENDERS - len(self._busy)]
            self._busy.update(chosen)
        for place, sender in enumerate(chosen):
            try:
                self._pool.submit(self._serve_and_free, sender)
            except Exception:
                with self._lock:
                    self._busy.difference_update(chosen[place:])
                raise

    def _serve_and_free(self, sender: str) -> None:
        try:
            more = not self._stopped.is_set() and self._serve(sender)
        except Exception as error:  # noqa: BLE001 - the database is away, most likely: it waits
            _log.warning("messages_wait", error=type(error).__name__)
            more = False
            self._rest(sender)
        with self._lock:
            self._busy.discard(sender)
        if more:
            self._poked.set()

    def _rest(self, sender: str) -> None:
        with self._lock:
            self._resting[sender] = self._working.clock.now() + _REST

    def _serve(self, sender: str) -> bool:
        """Handle what is ready of one sender, in order; whether anything was."""
        working = self._working
        with working.database.read() as conn:
            kept = {one.piece.row_id: one for one in waiting.of_sender(conn, sender)}
        ready = turns([one.piece for one in kept.values()], working.clock.now())
        for turn in ready:
            began = time.monotonic()
            if self._stopped.is_set() or not self._take(turn, kept):
                break
            if working.clock.now() - kept[turn[0].row_id].received_at < _PATIENCE:
                rest = _GIVE_WAY * (time.monotonic() - began)
                working.callers.wait(min(rest, _MOST_REST_SECONDS))
        return bool(ready)

    def _take(self, turn: Turn, kept: dict[int, Kept]) -> bool:
        """Handle one turn; False when what the sender wrote later has to wait."""
        try:
            handled = self._handle(turn, kept)
        except Exception as error:
            if is_dependency_trouble(error):
                raise
            self._failed(turn, kept, error)
            return False
        if handled is not None and handled.became in _COUNTED:
            first = kept[turn[0].row_id]
            count(_COUNTED[handled.became], Outcome.ACCEPTED, first.channel)
        return handled is not None

    def _handle(self, turn: Turn, kept: dict[int, Kept]) -> Handled | None:
        working = self._working
        vault = working.vault
        opened = {
            piece.row_id: unseal(vault, one.wrapped_key, one.sealed, one.key_hash)
            for piece in turn
            for one in (kept[piece.row_id],)
        }
        message, first = joined(turn, opened), kept[min(opened)]
        fetched = self._fetched(turn, first, message)
        if fetched is None:
            return None
        files, refused = keepable(fetched.files, working.file_rules)
        missing = fetched.missing + refused

        def write(conn: Connection) -> Handled | None:
            if not waiting.claim(conn, list(opened)):
                return None
            region = self._region(conn, first, message)
            arrived = replace(self._arrived(first, message, region), files=files, missing=missing)
            handled = working.converse(conn, message, arrived)
            waiting.finish(conn, list(opened), region, handled)
            if handled.became is not Became.TRIAGE and waiting.told_region(conn, first.sender_hash):
                waiting.release(conn, first.sender_hash, working.clock.now())
            return handled

        handled = working.writer.run(write)
        working.relay.poke()
        working.dispatcher.poke()
        return handled

    def _region(self, conn: Connection, first: Kept, message: Message) -> str | None:
        told = waiting.told_region(conn, first.sender_hash)
        known = [region.code for region in self._working.directory().regions]
        return self._accounts.region(
            first.channel, message.account, known, assigned=first.region, told=told
        )

    def _arrived(self, first: Kept, message: Message, region: str | None) -> Arrived:
        return Arrived(
            row_id=first.piece.row_id,
            channel=first.channel,
            region=region,
            sender_hash=first.sender_hash,
            received_at=first.received_at,
            sent_at=clocks_start(message.sent_at, first.received_at),
        )

    def _fetched(self, turn: Turn, first: Kept, message: Message) -> Fetched | None:
        """The files; none: later. A message never waits for them for ever."""
        if not message.media:
            return Fetched()
        try:
            return self._working.media.fetch(first.channel, message)
        except TransientError:
            attempts = max(piece.attempts for piece in turn)
            if attempts >= len(MEDIA_RETRIES):
                return Fetched(missing=len(message.media))
            self._postpone(turn, first, MEDIA_RETRIES[attempts])
            return None

    def _failed(self, turn: Turn, kept: dict[int, Kept], error: Exception) -> None:
        first = kept[turn[0].row_id]
        ids = [piece.row_id for piece in turn]
        attempts = max(piece.attempts for piece in turn)
        dead = attempts >= len(RETRIES)
        # The text of an exception may quote what a citizen wrote: its type is enough here.
        _log.error(
            "message_failed",
            message_id=min(ids),
            channel=first.channel.value,
            error=type(error).__name__,
            dead=dead,
        )
        if not dead:
            self._postpone(turn, first, RETRIES[attempts])
            return
        self._working.writer.run(lambda conn: waiting.bury(conn, ids, type(error).__name__))
        count(Counted.EVENT, Outcome.FAILED, first.channel)

    def _postpone(self, turn: Turn, first: Kept, wait: timedelta) -> None:
        ids = [piece.row_id for piece in turn]
        until = self._working.clock.now() + wait
        self._working.writer.run(lambda conn: waiting.postpone(conn, ids, first.sender_hash, until))
