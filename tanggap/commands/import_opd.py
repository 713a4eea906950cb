"""`tanggap import opd`: the OPD list of a region."""

import typer

from tanggap.installation import DEFAULT_DATA, DataDir, opened_database
from tanggap.sheets.options import DryRun, InFile, SheetName


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command(epilog="Example: tanggap import opd daftar-opd.xlsx --dry-run")(opd)


def opd(
    file: InFile,
    dry_run: DryRun = False,
    sheet: SheetName = None,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Replace the OPD list of the regions in the file; what is gone ends, nothing is deleted.

    Columns: region, name, title, short, and if you like parent, kode, internal_only, external,
    locus, handles, keywords. The list is taken whole or not at all: one that lacks rows would end
    the OPDs in them.
    """
    from shared.clock import SystemClock
    from tanggap.opd_list import read_list, replace_list

    with opened_database(data) as database:
        rows = read_list(file, sheet)
        with database.read() if dry_run else database.write() as conn:
            done = replace_list(conn, rows, SystemClock().now(), dry_run=dry_run)
    said = "would be" if dry_run else "are"
    print(
        f"{len(rows)} entries: {done.added} {said} new, {done.changed} changed, {done.ended} ended."
    )
