"""`tanggap erase TICKET`: a citizen's right to erasure."""

import getpass
from typing import Annotated

import typer

from tanggap.installation import DEFAULT_DATA, DataDir, opened_database, settings_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog='Example: tanggap erase 7KQ4-2MXR --reason "asked by the reporter"')(erase)


def erase(
    ticket: Annotated[str, typer.Argument(help="Ticket, or receipt of a survey.")],
    reason: Annotated[str, typer.Option(help="Written to the record of the erasure.")] = "",
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Destroy what identifies a reporter: key, identity, original text, files. For ever."""
    from services.ingest import erasure
    from shared.clock import SystemClock
    from shared.files.store import FileStore

    files = FileStore(settings_of(data).files_url)
    with opened_database(data) as database:
        done = erasure.erase(database, files, SystemClock(), ticket, _operator(), reason)
    print(
        f"erased {done.reference}: identity and original text, {done.acts} acts, "
        f"{done.files} files; the history and the counts stay, and name nobody"
    )


def _operator() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
