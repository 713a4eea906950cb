"""`tanggap outbox`: healing what a broker has lost."""

from typing import Annotated

import typer

from shared.errors import TanggapError
from tanggap.installation import DEFAULT_DATA, DataDir, opened_database
from tanggap.screen import progress

group = typer.Typer(help="Events on their way out.", no_args_is_help=True, rich_markup_mode=None)


@group.callback()
def _group() -> None:
    """Events on their way out."""


@group.command(epilog="Example: tanggap outbox republish --missing")
def republish(
    missing: Annotated[
        bool, typer.Option("--missing", help="The events that some group has not applied.")
    ] = False,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Send events again, after a broker lost them; what was applied is never applied twice."""
    from shared.outbox.store import republish_missing

    if not missing:
        raise TanggapError("say what to send again: --missing")
    with (
        opened_database(data) as database,
        progress("looking for events nobody applied"),
        database.write() as conn,
    ):
        count = republish_missing(conn)
    print(f"{count} events are sent again.")
