"""Logging in and out: throttled, with hashed tokens, idle and absolute expiry.

The CSRF token is derived from the cookie's token, so that it needs no storage and dies with it.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection, delete, func, insert, select, update

from services.desk.passwords import Passwords
from services.desk.permissions import Viewer
from services.desk.users import viewer_of
from shared.clock import Clock
from shared.db.engine import Database
from shared.db.tables.desk import (
    desk_audit,
    desk_login_attempts,
    desk_sessions,
    desk_users,
)

_SEEN_STEP = timedelta(minutes=1)


class ThrottledError(Exception):
    """Too many failed logins; `seconds` until another is allowed."""

    def __init__(self, seconds: int) -> None:
        super().__init__("too many failed logins")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long sessions live and how many failures are forgiven.

    `failures` are of one name from one address, so that a stranger's guesses keep nobody out;
    `failures_address` are of one address, and of one name from everywhere.
    """

    idle: timedelta = timedelta(hours=2)
    absolute: timedelta = timedelta(hours=12)
    failures: int = 5
    failures_address: int = 50
    window: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Session:
    """An open session; `token` is the cookie's value."""

    token: str
    viewer: Viewer

    @property
    def csrf_token(self) -> str:
        """What unsafe calls must carry."""
        return hmac.new(self.token.encode(), b"csrf", sha256).hexdigest()

    def accepts(self, csrf_token: str | None) -> bool:
        """Whether the token sent is this session's."""
        return hmac.compare_digest(self.csrf_token.encode(), (csrf_token or "").encode())


class Sessions:
    """Sessions in the database."""

    def __init__(
        self, db: Database, clock: Clock, passwords: Passwords, limits: SessionLimits
    ) -> None:
        self._db = db
        self._clock = clock
        self._passwords = passwords
        self.limits = limits

    def login(
        self, username: str, password: str, address: str, old_token: str | None = None
    ) -> Session | None:
        """A new session, or none for a wrong name or password; raises `ThrottledError`."""
        now = self._clock.now()
        subjects, stored = self._attempt(username, address, now)
        fits = self._passwords.check(stored, password)
        if not fits or stored is None:
            return None
        token = secrets.token_urlsafe(32)
        # Before the transaction: hashing is slow on purpose, and nobody else writes meanwhile.
        outdated = self._passwords.outdated(stored)
        renewed = self._passwords.hash(password) if outdated else None
        with self._db.write() as conn:
            viewer = viewer_of(conn, username)
            if viewer is None:
                return None
            self._start(conn, token, viewer, now, old_token)
            self._forgive(conn, subjects, now)
            if renewed:
                _renew(conn, username, stored, renewed)
        return Session(token, viewer)

    def confirm(self, viewer: Viewer, password: str, address: str) -> bool:
        """Whether the person at an open session knows its password; as throttled as a login."""
        now = self._clock.now()
        subjects, stored = self._attempt(viewer.username, address, now)
        if not self._passwords.check(stored, password):
            return False
        with self._db.write() as conn:
            self._forgive(conn, subjects, now)
        return True

    def find(self, token: str | None) -> Session | None:
        """The open session of a cookie's token, kept alive by being used."""
        if not token:
            return None
        now = self._clock.now()
        with self._db.read() as conn:
            row = conn.execute(
                select(desk_sessions).where(desk_sessions.c.token_hash == _hashed(token))
            ).one_or_none()
            viewer = viewer_of(conn, row.username) if row else None
        if row is None or viewer is None:
            return None
        if now >= row.expires_at or now >= row.seen_at + self.limits.idle:
            return None
        if now >= row.seen_at + _SEEN_STEP:
            with self._db.write() as conn:
                conn.execute(
                    update(desk_sessions)
                    .where(desk_sessions.c.token_hash == row.token_hash)
                    .values(seen_at=now)
                )
        return Session(token, viewer)

    def logout(self, token: str) -> None:
        """End the session."""
        with self._db.write() as conn:
            conn.execute(delete(desk_sessions).where(desk_sessions.c.token_hash == _hashed(token)))

    def sweep(self, conn: Connection, now: datetime) -> None:
        """Forget sessions that are over and failures that no longer count."""
        idle = desk_sessions.c.seen_at <= now - self.limits.idle
        conn.execute(delete(desk_sessions).where((desk_sessions.c.expires_at <= now) | idle))
        conn.execute(
            delete(desk_login_attempts).where(desk_login_attempts.c.at <= now - self.limits.window)
        )

    def _attempt(
        self, username: str, address: str, now: datetime
    ) -> tuple[tuple[str, str, str], str | None]:
        """Count an attempt, before its password is checked, so that parallel guesses count as
        well; returns what it was counted under, and the stored hash.
        """
        subjects = (
            _subject("pair", f"{username}|{address}"),
            _subject("user", username),
            _subject("address", address),
        )
        with self._db.write() as conn:
            self._throttle(conn, subjects, now)
            stored = conn.execute(
                select(desk_users.c.password_hash).where(
                    desk_users.c.username == username, desk_users.c.disabled_at.is_(None)
                )
            ).scalar_one_or_none()
        return subjects, stored

    def _throttle(self, conn: Connection, subjects: tuple[str, str, str], now: datetime) -> None:
        table = desk_login_attempts
        most_elsewhere = self.limits.failures_address
        limits = (self.limits.failures, most_elsewhere, most_elsewhere)
        for subject, most in zip(subjects, limits, strict=True):
            row = conn.execute(
                select(func.count(), func.min(table.c.at).label("first")).where(
                    table.c.subject == subject, table.c.at > now - self.limits.window
                )
            ).one()
            if row[0] >= most:
                wait = row.first + self.limits.window - now
                raise ThrottledError(max(int(wait.total_seconds()), 1))
        conn.execute(insert(table), [{"subject": subject, "at": now} for subject in subjects])

    def _forgive(self, conn: Connection, subjects: tuple[str, str, str], now: datetime) -> None:
        pair, *shared = subjects
        table = desk_login_attempts
        conn.execute(delete(table).where(table.c.subject == pair))
        # Of what others count in as well only this attempt is taken back.
        for subject in shared:
            mine = (
                select(table.c.id)
                .where(table.c.subject == subject, table.c.at == now)
                .limit(1)
                .scalar_subquery()
            )
            conn.execute(delete(table).where(table.c.id == mine))

    def _start(
        self, conn: Connection, token: str, viewer: Viewer, now: datetime, old_token: str | None
    ) -> None:
        if old_token:
            conn.execute(
                delete(desk_sessions).where(desk_sessions.c.token_hash == _hashed(old_token))
            )
        conn.execute(
            insert(desk_sessions).values(
                token_hash=_hashed(token),
                username=viewer.username,
                created_at=now,
                seen_at=now,
                expires_at=now + self.limits.absolute,
            )
        )
        conn.execute(insert(desk_audit).values(at=now, username=viewer.username, action="login"))


def _renew(conn: Connection, username: str, stored: str, renewed: str) -> None:
    """Replace the hash that was checked; a password set meanwhile stays."""
    checked = (desk_users.c.username == username) & (desk_users.c.password_hash == stored)
    conn.execute(update(desk_users).where(checked).values(password_hash=renewed))


def _hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _subject(kind: str, value: str) -> str:
    # Hashed: a list of failed logins holds mistyped passwords typed as names, and addresses.
    return f"{kind}:{sha256(value.lower().encode()).hexdigest()[:32]}"
