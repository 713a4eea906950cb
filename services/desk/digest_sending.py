"""Sends each digest once a recipient and day, however often a process starts anew.

A row is made when the hour has come, claimed by putting off its next try, sent without a
transaction, and marked; a process that dies between sending and marking sends it again. A day that
has passed is not made up for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import orjson
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import SQLAlchemyError

from services.desk import digest
from services.desk.digest import Counts, Morning
from services.desk.permissions import QUEUE_ROLES, Viewer
from services.desk.settings import DeskSettings
from shared.clock import Clock
from shared.clocks.region import RegionRules
from shared.contracts.enums import Role
from shared.db.engine import Database
from shared.db.read.directory import Directory, Region
from shared.db.statements import insert_ignore
from shared.db.tables.desk import desk_digests, desk_users
from shared.errors import TransientError
from shared.logs import get_logger
from shared.mail.smtp import Mail, Mailer, MailError, MailSettings

LADDER = (60, 300, 900, 1800, 3600)
"""Seconds to the next try; the last step repeats until the day is over."""
NOTHING = "nothing"
"""Stands where the trouble would: the day's queue was empty, and nothing is sent."""
_POLL_SECONDS = 30.0
_CALL_SECONDS = 10.0
_row = desk_digests.c
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a digest: their queue, and where to. `address`: e-mail, webhook or file."""

    key: str
    viewer: Viewer
    address: str


@dataclass(frozen=True, slots=True)
class Posting:
    """One digest on its way."""

    recipient: Recipient
    at: Morning
    counts: Counts


class UnsentError(Exception):
    """Not taken; `trouble` is a short word. `final`: it never will be."""

    def __init__(self, trouble: str, *, final: bool = False) -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.final = final


class DigestPost:
    """Hands a digest over by what its address is."""

    def __init__(self, mail: MailSettings, site: str) -> None:
        self._mailer = Mailer(mail) if mail.smtp_host and mail.smtp_from else None
        self._site = site

    def takes(self, address: str) -> bool:
        """Whether anything can be sent there at all."""
        return self._mailer is not None or "://" in address

    def send(self, posting: Posting) -> None:
        """One e-mail, call or line; raises `UnsentError`."""
        address, counts, at = posting.recipient.address, posting.counts, posting.at
        unit = posting.recipient.viewer.opd or ""
        parts = urlsplit(address)
        document = digest.as_json(unit, at, counts, self._site)
        if parts.scheme == "file":
            _append(Path(unquote(parts.path)), document)
        elif parts.scheme in ("http", "https"):
            _call(address, document)
        elif self._mailer is not None:
            reference = (
                f"digest-{posting.recipient.key.replace(':', '-').replace('/', '-')}-{at.day}"
            )
            text = digest.words(unit, at, counts, self._site)
            mail = Mail(address, digest.subject(unit, at, counts), text, reference, at.now)
            try:
                self._mailer.send(mail)
            except MailError as error:
                raise UnsentError(error.reason, final=error.permanent) from error


class DigestMessenger:
    """Sends in a thread of its own; several processes share the work by claims."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        directory: Callable[[Connection], Directory],
        contacts: Mapping[str, str],
        at: time | None,
        post: DigestPost,
    ) -> None:
        self._db, self._clock, self._directory = db, clock, directory
        self._contacts, self._at, self._post = contacts, at, post
        self._rules: dict[tuple[str, str], RegionRules] = {}
        self._wake = Event()
        self._stopping = False
        self._thread: Thread | None = None

    @classmethod
    def of_settings(
        cls,
        settings: DeskSettings,
        db: Database,
        clock: Clock,
        directory: Callable[[Connection], Directory],
    ) -> "DigestMessenger":
        """As configured."""
        contacts = {
            unit: address.get_secret_value() for unit, address in settings.digest_contacts.items()
        }
        post = DigestPost(MailSettings(), settings.site)
        return cls(db, clock, directory, contacts, settings.digest_hour, post)

    def start(self) -> None:
        """Begin, unless digests are off."""
        if self._at is not None:
            self._thread = Thread(target=self._run, name="desk-digest", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop after the present digest."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=_CALL_SECONDS)
            self._thread = None

    def round(self) -> int:
        """Send what is due; how many were sent."""
        if self._at is None:
            return 0
        now = self._clock.now()
        with self._db.read() as conn:
            directory = self._directory(conn)
            recipients = self._recipients(conn)
        sent = 0
        for region in directory.regions:
            mine = {one.key: one for one in recipients if one.viewer.region == region.code}
            at = digest.morning(self._rules_of(region), self._at, now) if mine else None
            if at is not None:
                sent += self._region(mine, at, directory)
        return sent

    def _rules_of(self, region: Region) -> RegionRules:
        key = (region.code, region.zone)
        if key not in self._rules:
            self._rules[key] = RegionRules(region.code, region.zone_info)
        return self._rules[key]

    def _region(
        self, recipients: Mapping[str, Recipient], at: Morning, directory: Directory
    ) -> int:
        with self._db.read() as conn:
            todo = set(recipients) - _settled(conn, list(recipients), at)
        if not todo:
            return 0
        rows = [
            {"recipient": key, "day": at.day, "next_at": at.now, "attempts": 0}
            for key in sorted(todo)
        ]
        with self._db.write() as conn:
            insert_ignore(conn, desk_digests, rows)
        return sum(self._one(recipients[key], at, directory) for key in sorted(todo))

    def _one(self, recipient: Recipient, at: Morning, directory: Directory) -> bool:
        if self._stopping:
            return False
        with self._db.write() as conn:
            claimed = _claim(conn, recipient.key, at)
            counts = digest.counts_for(conn, recipient.viewer, directory, at) if claimed else None
            if claimed and (counts is None or counts.nothing):
                _mark(conn, recipient.key, at.day, {"next_at": None, "trouble": NOTHING})
        if counts is None or counts.nothing:
            return False
        done: dict[str, Any] = {"next_at": None, "sent_at": at.now, "trouble": None}
        try:
            self._post.send(Posting(recipient, at, counts))
        except UnsentError as error:
            _log.warning("digest_failed", recipient=recipient.key, trouble=error.trouble)
            done = {"trouble": error.trouble[:24], **({"next_at": None} if error.final else {})}
        with self._db.write() as conn:
            _mark(conn, recipient.key, at.day, done)
        return "sent_at" in done

    def _recipients(self, conn: Connection) -> list[Recipient]:
        user = desk_users.c
        rows = conn.execute(
            select(user.username, user.role, user.region, user.opd, user.email).where(
                user.disabled_at.is_(None), user.email.is_not(None)
            )
        )
        people = [
            Recipient(
                f"user:{row.username}",
                Viewer(row.username, Role(row.role), row.region, row.opd),
                row.email,
            )
            for row in rows
        ]
        units = [
            Recipient(f"unit:{unit}", digest.viewer_of_unit(unit), address)
            for unit, address in self._contacts.items()
        ]
        return [
            one
            for one in people + units
            if one.viewer.role in QUEUE_ROLES and self._post.takes(one.address)
        ]

    def _run(self) -> None:
        while not self._stopping:
            try:
                self.round()
            except (SQLAlchemyError, TransientError, OSError) as error:
                # The database is away: what is due stays due.
                _log.warning("digest_round_failed", error=type(error).__name__)
            self._wake.wait(_POLL_SECONDS)


def _settled(conn: Connection, keys: list[str], at: Morning) -> set[str]:
    """Those who have had theirs today, or must wait for the next try."""
    found = conn.execute(
        select(_row.recipient).where(
            _row.recipient.in_(keys),
            _row.day == at.day,
            _row.next_at.is_(None) | (_row.next_at > at.now),
        )
    )
    return set(found.scalars())


def _claim(conn: Connection, key: str, at: Morning) -> bool:
    """Take the row for one try; False when another process has it, or it is done."""
    mine = (_row.recipient == key, _row.day == at.day)
    attempts = conn.execute(
        select(_row.attempts).where(*mine, _row.next_at <= at.now).with_for_update()
    ).scalar_one_or_none()
    if attempts is None:
        return False
    wait = timedelta(seconds=LADDER[min(attempts, len(LADDER) - 1)])
    _mark(conn, key, at.day, {"attempts": attempts + 1, "next_at": at.now + wait})
    return True


def _mark(conn: Connection, key: str, day: date, values: dict[str, Any]) -> None:
    conn.execute(update(desk_digests).where(_row.recipient == key, _row.day == day).values(values))


def _append(path: Path, document: dict[str, Any]) -> None:
    try:
        with path.open("ab") as file:
            file.write(orjson.dumps(document) + b"\n")
    except OSError as error:
        raise UnsentError("file") from error


def _call(address: str, document: dict[str, Any]) -> None:
    try:
        with httpx.Client(timeout=_CALL_SECONDS) as client:
            answer = client.post(address, json=document)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # Its message names the address, which is a secret.
        raise UnsentError("unreachable") from error
    if not answer.is_success:
        raise UnsentError(f"status-{answer.status_code}")
