"""`tanggap export lapor`: what SP4N-LAPOR! does not know yet, in its columns."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from shared.errors import TanggapError
from tanggap.installation import DEFAULT_DATA, DataDir, opened_database
from tanggap.screen import note, progress
from tanggap.sheets.options import Force, OutFile

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from shared.db.read.directory import Directory, Region
    from tanggap.sheets.writing import Cell

RegionCode = Annotated[str, typer.Argument(metavar="REGION", help="Such as paser.")]
Since = Annotated[
    str | None, typer.Option("--since", help="Only what came in or was answered from this day on.")
]


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command(epilog="Example: tanggap export lapor paser lapor.xlsx --since 2026-01-01")(lapor)


def lapor(
    region: RegionCode,
    file: OutFile,
    since: Since = None,
    force: Force = False,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Write the cases without a SP4N tracking id, and answers to cases that have one.

    Two tables, laporan and tindak_lanjut (in CSV two files). Once a case is entered at LAPOR!,
    enter its tracking id on the case's page, and it leaves the first table; an answer leaves the
    second when an export of LAPOR! brings it back. Accusations, spam and withdrawn reports are
    left out. Texts are masked, but they are citizens' own: do not publish the file.
    """
    from shared.db.read.directory import Directory
    from tanggap.lapor_table import ANSWER_COLUMNS, COLUMNS
    from tanggap.sheets.writing import Sheet, refuse_to_overwrite, write_table

    with opened_database(data) as database, database.read() as conn:
        refuse_to_overwrite([file], force=force)
        directory = Directory.load(conn)
        found = directory.region(region)
        if found is None:
            raise TanggapError(f"region {region} is not known")
        cases, answers = _rows(conn, found, directory, _since(since, found))
    tables = [
        Sheet("laporan", COLUMNS, cases),
        Sheet("tindak_lanjut", ANSWER_COLUMNS, answers),
    ]
    written = write_table(file, tables, force=force)
    note("Citizens' own words stand in it, masked: not for publishing.")
    names = ", ".join(map(str, written))
    print(f"{names} written: {len(cases)} cases, {len(answers)} answers.")


def _rows(
    conn: "Connection", region: "Region", directory: "Directory", since: datetime | None
) -> "tuple[list[list[Cell]], list[list[Cell]]]":
    from shared.db.read.lapor import lapor_cases
    from tanggap.lapor_table import LaporTable

    table = LaporTable(region, directory)
    with progress("reading cases"):
        cases = [
            table.case_row(case)
            for case in lapor_cases(conn, region.code, known=False, since=since)
        ]
        answers = [
            row
            for case in lapor_cases(conn, region.code, known=True, since=since)
            for row in table.answer_rows(case, since)
        ]
    return cases, answers


def _since(text: str | None, region: "Region") -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=region.zone_info)
    except ValueError as error:
        raise TanggapError(f"{text} is not a date such as 2026-03-31") from error
