"""`tanggap survey`: one-time visit tokens for an OPD's counter."""

from typing import Annotated

import typer

from tanggap.installation import DEFAULT_DATA, DataDir, opened_database, settings_of, vault_of

group = typer.Typer(help="The satisfaction survey.", no_args_is_help=True, rich_markup_mode=None)


@group.callback()
def _group() -> None:
    """The satisfaction survey."""


@group.command(epilog="Example: tanggap survey tokens paser/dinkes 200 > tokens.csv")
def tokens(
    opd: Annotated[str, typer.Argument(help="Full OPD code.")],
    count: Annotated[int, typer.Argument(metavar="N", help="How many.")],
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Make N visit tokens and print them as CSV; they are shown here only, never again."""
    import csv
    import sys

    from services.ingest.tokens import issue_tokens
    from shared.clock import SystemClock

    vault = vault_of(settings_of(data))
    with opened_database(data) as database:
        made = issue_tokens(database, vault, SystemClock(), opd, count)
    writer = csv.writer(sys.stdout)
    writer.writerow(["opd", "token"])
    writer.writerows((opd, token) for token in made)
