"""Tells duty contacts of alarms, at least once: a row is claimed, sent, and marked as sent.

A claim puts off the next attempt, so that several desk processes share the work without a lease,
and one that dies between sending and marking leaves a row that is sent again. No transaction is
open while a contact is called.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import SQLAlchemyError

from services.desk.duty_senders import Contacts
from services.desk.ports import DutyMessage, DutySender, UndeliveredError
from shared.clock import Clock
from shared.db.engine import Database
from shared.db.read.directory import Directory
from shared.db.tables.desk import desk_alarms, desk_cases
from shared.errors import TransientError
from shared.logs import get_logger
from shared.metrics import DUTY_MESSAGES

LADDER = (10, 30, 60, 300, 900)
"""Seconds to the next attempt; the last step repeats until the alarm ends."""
_BATCH = 20
_POLL_SECONDS = 2.0
_alarm = desk_alarms.c
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Claim:
    """A message this process sends now; `until` proves that the claim is still its own."""

    ticket: str
    sequence: int
    attempt: int
    until: datetime
    sender: DutySender
    message: DutyMessage


class DutyMessenger:
    """Sends in a thread of its own; `poke` makes it look at once."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        directory: Callable[[Connection], Directory],
        contacts: Contacts,
        site: str,
    ) -> None:
        self._db = db
        self._clock = clock
        self._directory = directory
        self._contacts = contacts
        self._site = site
        self._wake = Event()
        self._stopping = False
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = Thread(target=self._run, name="desk-duty", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after the present message."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def poke(self) -> None:
        """Look now instead of at the next poll; safe from any thread."""
        self._wake.set()

    def round(self) -> int:
        """Send what is due; returns how many messages were delivered."""
        sent = 0
        for key in self._due():
            if self._stopping:
                break
            claim = self._claim(key)
            if claim is not None and self._send(claim):
                sent += 1
        return sent

    def _due(self) -> list[Any]:
        query = (
            select(_alarm.ticket, _alarm.sequence)
            .join(desk_cases, desk_cases.c.ticket == _alarm.ticket)
            .where(_alarm.next_at <= self._clock.now(), self._contacts.reached())
            # One contact that hangs does not hold up what was never tried.
            .order_by(_alarm.attempts, _alarm.next_at)
            .limit(_BATCH)
        )
        with self._db.read() as conn:
            return list(conn.execute(query))

    def _claim(self, key: Any) -> _Claim | None:
        now = self._clock.now()
        case = desk_cases.c
        mine = (_alarm.ticket == key.ticket, _alarm.sequence == key.sequence)
        with self._db.write() as conn:
            directory = self._directory(conn)
            row = conn.execute(
                select(desk_alarms, case.opd, case.restricted, case.received_at)
                .join(desk_cases, case.ticket == _alarm.ticket)
                .where(*mine, _alarm.next_at <= now)
                .with_for_update(of=desk_alarms)
            ).one_or_none()
            sender = row and self._contacts.of(row.region, restricted=row.restricted)
            # Another process has it, or the case became one that this contact is not told of.
            if row is None or sender is None:
                return None
            until = now + timedelta(seconds=LADDER[min(row.attempts, len(LADDER) - 1)])
            attempt = row.attempts + 1
            conn.execute(update(desk_alarms).where(*mine).values(attempts=attempt, next_at=until))
        message = _message(row, directory, self._site)
        return _Claim(row.ticket, row.sequence, attempt, until, sender, message)

    def _send(self, claim: _Claim) -> bool:
        trouble = None
        try:
            claim.sender.send(claim.message)
        except UndeliveredError as error:
            trouble = error.trouble
            _log.warning("duty_message_failed", ticket=claim.ticket, region=claim.message.region,
                         attempt=claim.attempt, trouble=trouble)  # fmt: skip
        DUTY_MESSAGES.labels(outcome="failed" if trouble else "sent").inc()
        done = _alarm.cleared_at if claim.message.off else _alarm.told_at
        mine = (_alarm.ticket == claim.ticket, _alarm.sequence == claim.sequence)
        with self._db.write() as conn:
            if trouble is None:
                conn.execute(update(desk_alarms).where(*mine).values({done: self._clock.now()}))
            # The alarm may have ended meanwhile, and has another message due then.
            conn.execute(
                update(desk_alarms)
                .where(*mine, _alarm.next_at == claim.until)
                .values(trouble=trouble, **({} if trouble else {"next_at": None}))
            )
        return trouble is None

    def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                self.round()
            except (SQLAlchemyError, TransientError) as error:
                # The database is away: what is due stays due.
                _log.warning("duty_round_failed", error=type(error).__name__)
            if not self._stopping:
                self._wake.wait(_POLL_SECONDS)


def _message(row: Any, directory: Directory, site: str) -> DutyMessage:
    region, opd = directory.region(row.region), directory.opd(row.opd)
    holder = opd.short if opd else row.opd
    place = region.short if region else row.region
    local = row.received_at.astimezone(directory.zone(row.region))
    received = f"{local:%d-%m-%Y %H.%M}{f' {region.zone_label}' if region else ''}"
    url = f"{site}/kasus/{row.ticket}"
    off = row.ended_at is not None
    if off:
        text = f"Peringatan dicabut: {row.ticket} ({holder}, {place}) dikoreksi atau ditutup."
    else:
        text = f"DARURAT {row.ticket} ({holder}, {place}), diterima {received}. Buka: {url}"
    return DutyMessage(row.ticket, row.region, row.opd, row.received_at, url, text, off)
