"""`tanggap erase TICKET`: a citizen's right to erasure."""

import getpass
from datetime import datetime
from typing import Annotated

import typer

from shared.errors import TanggapError
from tanggap.installation import DEFAULT_DATA, DataDir, opened_database, settings_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog='Example: tanggap erase 7KQ4-2MXR --reason "asked by the reporter"')(erase)


def erase(
    ticket: Annotated[str, typer.Argument(help="Ticket, or receipt of a survey.")],
    reason: Annotated[str, typer.Option(help="Written to the record of the erasure.")] = "",
    asked: Annotated[
        str | None, typer.Option(help="When it was asked for: 2026-09-11T15:00, local time.")
    ] = None,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Destroy what identifies a reporter: key, identity, original text, files. For ever."""
    from services.ingest import erasure
    from shared.clock import SystemClock
    from shared.files.store import FileStore

    clock = SystemClock()
    asked_at = _instant(asked) if asked else None
    files = FileStore(settings_of(data).files_url)
    with opened_database(data) as database:
        done = erasure.erase(database, files, clock, ticket, _operator(), reason, asked_at)
    print(
        f"erased {done.reference}: identity and original text, {done.acts} acts, "
        f"{done.files} files, {done.messages} messages that waited; the history and the counts "
        "stay, and name nobody"
    )
    if asked_at:
        print(_in_time(asked_at, clock.now()))


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError as error:
        raise TanggapError(f"{text} is not a time such as 2026-09-11T15:00") from error


def _in_time(asked: datetime, now: datetime) -> str:
    from shared.clocks.worktime import pdp_deadline

    due = pdp_deadline(asked)
    said = "in time" if now <= due else "LATE"
    return f"{said}: the law gives 3×24 hours (UU 27/2022), here until {due:%Y-%m-%d %H:%M %Z}"


def _operator() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
