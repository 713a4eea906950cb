"""Staff accounts: added, disabled and given passwords by the command line; seeded for a demo."""

import re
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from services.desk.passwords import MAX_LENGTH, MIN_LENGTH, Passwords
from services.desk.permissions import Viewer
from shared.contracts.enums import Role
from shared.db.read.directory import Directory, inspectorate, triage_unit
from shared.db.tables.desk import desk_audit, desk_sessions, desk_users
from shared.errors import TanggapError

_USERNAME = re.compile(r"^[a-z0-9][a-z0-9._-]{1,63}$")
_EMAIL = re.compile(r"[^\s@<>,;\"()]+@[^\s@<>,;\"()]+\.[A-Za-z]{2,}")
MAX_EMAIL = 200
DEMO_OPDS = ("dpupr", "dinkes", "disdukcapil", "dlh", "perumdam")


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it is asked for."""

    username: str
    password: str
    role: Role
    region: str | None
    opd: str | None
    email: str | None = None

    def as_json(self) -> dict[str, str | None]:
        """As `demo-accounts.json` lists it."""
        fields = asdict(self) | {"role": self.role.value}
        del fields["email"]
        return fields


def add_user(
    conn: Connection, account: Account, passwords: Passwords, directory: Directory, now: datetime
) -> None:
    """Create the account; raises `TanggapError` with one clear line when it cannot be."""
    _check(account, directory)
    if _stored(conn, account.username) is not None:
        raise TanggapError(f"user {account.username} exists already")
    opd = account.opd
    if account.role is Role.COORDINATOR and account.region:
        opd = opd or triage_unit(account.region)
    conn.execute(
        insert(desk_users).values(
            username=account.username,
            password_hash=passwords.hash(account.password),
            role=account.role.value,
            region=account.region,
            opd=opd,
            created_at=now,
            email=account.email,
        )
    )
    _audit(conn, account.username, "user-added", now)


def disable_user(conn: Connection, username: str, now: datetime) -> None:
    """Close the account and its sessions; its acts on cases stay."""
    _require(conn, username)
    conn.execute(
        update(desk_users).where(desk_users.c.username == username).values(disabled_at=now)
    )
    conn.execute(delete(desk_sessions).where(desk_sessions.c.username == username))
    _audit(conn, username, "user-disabled", now)


def set_password(
    conn: Connection, username: str, password: str, passwords: Passwords, now: datetime
) -> None:
    """Give the account a new password; its sessions end."""
    _require(conn, username)
    _check_password(password)
    conn.execute(
        update(desk_users)
        .where(desk_users.c.username == username)
        .values(password_hash=passwords.hash(password))
    )
    conn.execute(delete(desk_sessions).where(desk_sessions.c.username == username))
    _audit(conn, username, "password-set", now)


def set_email(conn: Connection, username: str, email: str | None, now: datetime) -> None:
    """Set where the account's digest goes; none: it gets none."""
    _require(conn, username)
    _check_email(email)
    conn.execute(update(desk_users).where(desk_users.c.username == username).values(email=email))
    _audit(conn, username, "email-set", now)


def seed_demo(
    conn: Connection, passwords: Passwords, directory: Directory, now: datetime
) -> list[Account]:
    """Create the demo's accounts with new passwords; those that exist get a new one."""
    accounts = demo_accounts(directory)
    for account in accounts:
        if _stored(conn, account.username) is None:
            add_user(conn, account, passwords, directory, now)
        else:
            set_password(conn, account.username, account.password, passwords, now)
    return accounts


def demo_accounts(directory: Directory) -> list[Account]:
    """A coordinator a region, handlers for several OPDs, one monitor and one admin."""
    accounts = []
    for region in directory.regions:
        code = region.code
        triage = triage_unit(code)
        accounts.append(_demo(f"koordinator.{code}", Role.COORDINATOR, code, triage))
        for name in DEMO_OPDS:
            opd = f"{code}/{name}"
            if directory.accepts(opd, code):
                accounts.append(_demo(f"{name}.{code}", Role.HANDLER, code, opd))
        accounts.append(_demo(f"inspektorat.{code}", Role.HANDLER, code, inspectorate(code)))
    accounts.append(_demo("monitor", Role.MONITOR, None, None))
    accounts.append(_demo("admin", Role.ADMIN, None, None))
    return accounts


def viewer_of(conn: Connection, username: str) -> Viewer | None:
    """The account as permissions know it; none if unknown or disabled."""
    row = _stored(conn, username)
    if row is None or row.disabled_at is not None:
        return None
    return Viewer(row.username, Role(row.role), row.region, row.opd)


def _demo(username: str, role: Role, region: str | None, opd: str | None) -> Account:
    return Account(username, secrets.token_urlsafe(12), role, region, opd)


def _check(account: Account, directory: Directory) -> None:
    if not _USERNAME.match(account.username):
        raise TanggapError("a user name has 2 to 64 of a-z 0-9 . _ - and starts with a-z or 0-9")
    _check_password(account.password)
    _check_email(account.email)
    if account.region is not None and directory.region(account.region) is None:
        raise TanggapError(f"region {account.region} is not known")
    if account.role in (Role.HANDLER, Role.COORDINATOR) and account.region is None:
        raise TanggapError(f"a {account.role} needs a region")
    if account.role is Role.HANDLER and not account.opd:
        raise TanggapError("a handler needs an OPD")
    if account.opd and not directory.accepts(account.opd, account.region):
        raise TanggapError(f"OPD {account.opd} is not one of region {account.region}")


def _check_password(password: str) -> None:
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise TanggapError(f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters")


def _check_email(email: str | None) -> None:
    if email is not None and (len(email) > MAX_EMAIL or _EMAIL.fullmatch(email) is None):
        raise TanggapError("that is no e-mail address: use nama@example.go.id")


def _stored(conn: Connection, username: str) -> Any:
    query = select(desk_users).where(desk_users.c.username == username)
    return conn.execute(query).one_or_none()


def _require(conn: Connection, username: str) -> None:
    if _stored(conn, username) is None:
        raise TanggapError(f"user {username} is not known")


def _audit(conn: Connection, username: str, action: str, now: datetime) -> None:
    conn.execute(insert(desk_audit).values(at=now, username=username, action=action))
