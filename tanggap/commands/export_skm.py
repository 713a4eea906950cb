"""`tanggap export skm`: the survey's figures per OPD, service and period, as tables."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from shared.errors import TanggapError
from tanggap.installation import DEFAULT_DATA, DataDir, opened_database
from tanggap.screen import note, progress
from tanggap.sheets.options import Force, OutFile

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from shared.scores.periods import Period
    from tanggap.skm_table import Exported

_MONTHS = {"month": 1, "quarter": 3, "semester": 6, "year": 12}
_MOST_PERIODS = 60
_FULL = "Memuat baris dengan kurang dari lima jawaban: bukan untuk diumumkan."
Unit = Annotated[str, typer.Argument(help="A region (paser) or a full OPD code (paser/dinkes).")]
From = Annotated[str | None, typer.Option("--from", help="First local date (none: 1 January).")]
To = Annotated[str | None, typer.Option("--to", help="Last local date (none: today).")]
Each = Annotated[
    str | None, typer.Option("--each", help="A row for every month, quarter, semester or year.")
]
Rule = Annotated[str, typer.Option(help="Weight: 1/9 (exact), 0.11 or 0.111.")]


def register(group: typer.Typer) -> None:
    """Add the command."""
    example = "Example: tanggap export skm paser skm.xlsx --from 2026-01-01 --each quarter"
    group.command(epilog=example)(skm)


def skm(
    unit: Unit,
    file: OutFile,
    first: From = None,
    last: To = None,
    each: Each = None,
    rule: Rule = "1/9",
    force: Force = False,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Write the SKM of a region's OPDs, or of an OPD and its units: a row each, and one a service.

    An XLSX file also lists the bursts of equal answers; a CSV file only counts them. Nothing is
    hidden: rows of fewer than five answers are in it. It is for those who run the system; do not
    publish it as it is.
    """
    from shared.clock import SystemClock
    from shared.db.read.directory import Directory
    from tanggap.sheets.writing import refuse_to_overwrite

    if each is not None and each not in _MONTHS:
        raise TanggapError(f"--each is {', '.join(_MONTHS)}")
    with opened_database(data) as database, database.read() as conn:
        refuse_to_overwrite([file], force=force)
        zone = Directory.load(conn).zone(unit.partition("/")[0])
        today = SystemClock().now().astimezone(zone).date()
        exported = _exported(conn, unit, _periods(first, last, each, today), rule)
    _write(file, exported, force=force)
    note("Rows of fewer than five answers are in it: not for publishing as it is.")
    print(f"{file} is written: {len(exported.rows)} rows.")


def _exported(
    conn: "Connection", unit: str, periods: "tuple[Period, ...]", rule: str
) -> "Exported":
    from shared.scores.skm import UnknownRuleError
    from tanggap.skm_table import Exported, reports

    found = Exported()
    with progress("periods", len(periods)) as advance:
        try:
            for number, period in enumerate(periods, start=1):
                for report in reports(conn, unit, period, rule):
                    found.add(report)
                advance(number)
        except LookupError as error:
            raise TanggapError(f"{unit} is neither a region nor an OPD's full code") from error
        except UnknownRuleError as error:
            raise TanggapError(str(error)) from error
    return found


def _write(file: "Path", exported: "Exported", *, force: bool) -> None:
    """The figures; people, who open a workbook, get the bursts and the warning in it too."""
    from tanggap.sheets.writing import Sheet, write_table
    from tanggap.skm_table import BURST_COLUMNS, COLUMNS

    if file.suffix.lower() == ".csv":
        tables = [Sheet("skm", COLUMNS, exported.rows)]
    else:
        tables = [
            Sheet("skm", COLUMNS, exported.rows, notes=[_FULL]),
            Sheet("beruntun", BURST_COLUMNS, exported.bursts),
        ]
    write_table(file, tables, force=force)


def _periods(
    first: str | None, last: str | None, each: str | None, today: date
) -> "tuple[Period, ...]":
    from shared.scores.periods import Period, parts_of

    end = _day(last, today)
    try:
        whole = Period(_day(first, end.replace(month=1, day=1)), end)
    except ValueError as error:
        raise TanggapError(str(error)) from error
    found = parts_of(whole, _MONTHS[each]) if each else (whole,)
    if len(found) > _MOST_PERIODS:
        raise TanggapError(f"{len(found)} periods are asked for, at most {_MOST_PERIODS} written")
    return found


def _day(text: str | None, otherwise: date) -> date:
    try:
        return date.fromisoformat(text) if text else otherwise
    except ValueError as error:
        raise TanggapError(f"{text} is not a date such as 2026-03-31") from error
