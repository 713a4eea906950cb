"""`tanggap import pekppp`: results of an official round."""

from typing import Annotated

import typer

from tanggap.installation import DEFAULT_DATA, DataDir, opened_database
from tanggap.sheets.options import DryRun, InFile, Partial, SheetName

Year = Annotated[int | None, typer.Option(help="The year of rows that name none.")]
_USERNAME = "import"


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command(epilog="Example: tanggap import pekppp hasil-f02.xlsx --year 2025")(pekppp)


def pekppp(
    file: InFile,
    year: Year = None,
    partial: Partial = False,
    dry_run: DryRun = False,
    sheet: SheetName = None,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Take over levels, aspects and F-03 of a PEKPPP round; what holds already is left alone.

    Either an entry a row: opd, year, item (1 to 30, a to f, f03), value[, n, note, evidence]; or a
    unit a row: opd, year and a column an item (1 … 30, a … f, f03 with f03_n). evidence is a link,
    wanted with a note where the system computes the item itself. All rows, or none.
    """
    from services.desk.evaluation import record
    from shared.clock import SystemClock
    from shared.db.read.directory import Directory
    from shared.policy.load import load_policies
    from tanggap.pekppp_file import read_results, unwritten
    from tanggap.sheets.importing import ImportRun, trial

    now = SystemClock().now()
    instrument = load_policies().at(now.date()).instrument
    run = ImportRun(file, partial=partial)
    with opened_database(data) as database:
        with database.read() as conn:
            directory = Directory.load(conn)
        entries = read_results(run, directory, instrument, now, year=year, sheet=sheet)
        run.settle()
        with trial(database) if dry_run else database.write() as conn:
            new = unwritten(conn, entries)
            record(conn, new, source="import", username=_USERNAME, now=now)
    said = "would be" if dry_run else "are"
    unchanged = len(entries) - len(new)
    print(f"{len(entries)} entries: {len(new)} {said} written, {unchanged} unchanged.")
    run.end()
