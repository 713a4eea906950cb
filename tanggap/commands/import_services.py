"""`tanggap import services`: the catalogue of services."""

import typer

from tanggap.installation import DEFAULT_DATA, DataDir, opened_database
from tanggap.sheets.options import DryRun, InFile, SheetName


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command(epilog="Example: tanggap import services layanan.xlsx --dry-run")(services)


def services(
    file: InFile,
    dry_run: DryRun = False,
    sheet: SheetName = None,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Replace the services of the OPDs in the file; what is gone ends, nothing is deleted.

    Columns: opd (a full code such as paser/dinkes), name, and if known users_per_year (the
    population of its survey), sippn_url, valid_from (empty: today). The list is taken whole or not
    at all: one that lacks rows would end the services in them.
    """
    from shared.clock import SystemClock
    from shared.db.read.directory import Directory
    from tanggap.service_list import read_services, replace_services
    from tanggap.sheets.importing import ImportRun, trial

    now = SystemClock().now()
    run = ImportRun(file)
    with opened_database(data) as database:
        with database.read() as conn:
            directory = Directory.load(conn)
        listed = read_services(run, directory, now, sheet)
        run.settle()
        with trial(database) if dry_run else database.write() as conn:
            done = replace_services(conn, listed, directory, now)
    run.end()
    said = "would be" if dry_run else "are"
    print(
        f"{len(listed)} services: {done.added} {said} new, {done.changed} changed, "
        f"{done.ended} ended, {done.unchanged} unchanged."
    )
