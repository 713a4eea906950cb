"""`tanggap export pekppp`: the evidence of F-01 for an assessed year, as now or as signed."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.errors import TanggapError
from tanggap.installation import DEFAULT_DATA, DataDir, opened_database
from tanggap.screen import progress
from tanggap.sheets.options import Force, OutFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

Unit = Annotated[str, typer.Argument(help="A region (paser) or a full OPD code (paser/dinkes).")]
Year = Annotated[int, typer.Option("--year", help="The assessed year.")]
Edition = Annotated[
    int | None, typer.Option("--edition", min=1, help="As signed, by the edition's number.")
]


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command(epilog="Example: tanggap export pekppp paser/dinkes bukti.xlsx --year 2025")(
        pekppp
    )


def pekppp(
    unit: Unit,
    file: OutFile,
    year: Year,
    edition: Edition = None,
    force: Force = False,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Write the evidence pack of an OPD, or of a region's assessed units: seven sheets.

    It names tickets and small counts: it is for the coordinator and the evaluator, not the public.
    """
    from tanggap.pekppp_pack import sheets
    from tanggap.sheets.writing import write_table

    with opened_database(data) as database, database.read() as conn:
        if edition is None:
            reports, note = _fresh(conn, unit, year)
        else:
            reports, note = _signed(conn, unit, year, edition)
    write_table(file, sheets(reports, [_notice(), note]), force=force)
    print(f"{file} is written.")


def _notice() -> str:
    from shared.scores.pekppp import NOTICE

    return f"Berkas bukti PEKPPP (F-01): {NOTICE}"


def _fresh(conn: "Connection", unit: str, year: int) -> "tuple[Sequence[Mapping[str, Any]], str]":
    from shared.clock import SystemClock
    from shared.db.read.report import load_f01
    from shared.db.read.scores import UnknownUnitError
    from shared.scores.report import PeriodError

    now = SystemClock().now()
    codes = _units(conn, unit, year)
    reports = []
    try:
        with progress("units", len(codes)) as advance:
            for number, code in enumerate(codes, start=1):
                reports.append(load_f01(conn, code, str(year), now))
                advance(number)
    except UnknownUnitError as error:
        raise TanggapError(f"{unit} is neither a region nor an OPD's full code") from error
    except PeriodError as error:
        raise TanggapError(f"{year}: {error}") from error
    as_of = reports[0]["period"]["as_of"]
    return reports, f"Tahun {year}, per {as_of}; belum ditandatangani."


def _units(conn: "Connection", unit: str, year: int) -> list[str]:
    from shared.db.read.directory import Directory
    from shared.db.read.report import packed_units

    if "/" in unit:
        return [unit]
    directory = Directory.load(conn)
    if directory.region(unit) is None:
        raise TanggapError(f"{unit} is neither a region nor an OPD's full code")
    return [opd.code for opd in packed_units(directory, unit, year)]


def _signed(
    conn: "Connection", unit: str, year: int, number: int
) -> "tuple[Sequence[Mapping[str, Any]], str]":
    from services.desk.editions import Wanted, find
    from shared.scores.report import ReportKind

    if "/" not in unit:
        raise TanggapError("an edition is of one unit: name it as paser/dinkes")
    found = find(conn, Wanted(ReportKind.F01, unit, str(year)), number)
    if found is None:
        raise TanggapError(f"{unit} has no edition {number} of {year}")
    signed = found.edition
    return [found.report], (
        f"Edisi {number} tahun {year}, ditandatangani {signed['signed_at'][:10]} oleh "
        f"{signed['signer_name']}, {signed['signer_post']}; sidik jari {found.sha256}."
    )
