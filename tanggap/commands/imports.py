"""`tanggap import`: files in."""

from pathlib import Path
from typing import Annotated

import typer

from tanggap.installation import DEFAULT_DATA, DataDir, opened_database

group = typer.Typer(help="Files in (CSV).", no_args_is_help=True, rich_markup_mode=None)


@group.callback()
def _group() -> None:
    """Files in (CSV)."""


@group.command(epilog="Example: tanggap import opd daftar-opd.csv --dry-run")
def opd(
    file: Annotated[Path, typer.Argument(help="CSV: region,name,title,short[,parent,kode,…].")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the file only.")] = False,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Replace the OPD list of the regions in the file; what is gone ends, nothing is deleted."""
    from shared.clock import SystemClock
    from tanggap.opd_list import read_list, replace_list

    rows = read_list(file)
    with opened_database(data) as database:
        if dry_run:
            with database.read() as conn:
                done = replace_list(conn, rows, SystemClock().now(), dry_run=True)
        else:
            with database.write() as conn:
                done = replace_list(conn, rows, SystemClock().now())
    said = "would be" if dry_run else "are"
    print(
        f"{len(rows)} entries: {done.added} {said} new, {done.changed} changed, {done.ended} ended."
    )
