"""`tanggap users`: the accounts of the staff."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from shared.contracts.enums import Role
from shared.errors import TanggapError
from tanggap.installation import DEFAULT_DATA, DataDir, opened_database

if TYPE_CHECKING:
    from sqlalchemy import Connection

group = typer.Typer(help="Accounts of the staff.", no_args_is_help=True, rich_markup_mode=None)
FromStdin = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the password from standard input, else make one."),
]


@group.callback()
def _group() -> None:
    """Accounts of the staff."""


@group.command(
    epilog="Example: tanggap users add siti --role handler --region paser --opd paser/dinkes"
)
def add(
    username: str,
    role: Annotated[Role, typer.Option(help="What the account may do.")],
    region: Annotated[str | None, typer.Option(help="Region (none: all).")] = None,
    opd: Annotated[str | None, typer.Option(help="Full OPD code of a handler.")] = None,
    email: Annotated[
        str | None, typer.Option(help="Where the morning's digest of the queue goes.")
    ] = None,
    password_stdin: FromStdin = False,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Add an account; a password made here is printed once."""
    from services.desk.passwords import Passwords
    from services.desk.users import Account, add_user
    from shared.clock import SystemClock
    from shared.db.read.directory import Directory

    password = _password(password_stdin)
    account = Account(username, password, role, region, opd, email)

    def write(conn: "Connection") -> None:
        add_user(conn, account, Passwords(), Directory.load(conn), SystemClock().now())

    _write(data, write)
    print(f"added {username}" if password_stdin else f"added {username}, password {password}")


@group.command(epilog="Example: tanggap users email siti siti@dpupr.example.go.id")
def email(
    username: str,
    address: Annotated[str, typer.Argument(help="None given: no digest any more.")] = "",
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Set where the morning's digest of an account's queue goes."""
    from services.desk.users import set_email
    from shared.clock import SystemClock

    _write(data, lambda conn: set_email(conn, username, address or None, SystemClock().now()))
    print(f"digest of {username}: {address or 'none'}")


@group.command(epilog="Example: tanggap users disable siti")
def disable(username: str, data: DataDir = DEFAULT_DATA) -> None:
    """Close an account and end its sessions; what it did stays on record."""
    from services.desk.users import disable_user
    from shared.clock import SystemClock

    _write(data, lambda conn: disable_user(conn, username, SystemClock().now()))
    print(f"disabled {username}")


@group.command(epilog="Example: tanggap users password siti")
def password(
    username: str, password_stdin: FromStdin = False, data: DataDir = DEFAULT_DATA
) -> None:
    """Give an account a new password and end its sessions."""
    from services.desk.passwords import Passwords
    from services.desk.users import set_password
    from shared.clock import SystemClock

    chosen = _password(password_stdin)
    _write(
        data,
        lambda conn: set_password(conn, username, chosen, Passwords(), SystemClock().now()),
    )
    print(f"changed {username}" if password_stdin else f"new password of {username}: {chosen}")


def _write(data: DataDir, work: "Callable[[Connection], None]") -> None:
    with opened_database(data) as database, database.write() as conn:
        work(conn)


def _password(from_stdin: bool) -> str:
    import secrets

    if not from_stdin:
        return secrets.token_urlsafe(15)
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise TanggapError("no password on standard input")
    return line
