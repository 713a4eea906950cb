"""`tanggap import lapor`: reports of SP4N-LAPOR! with what became of them there."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from shared.errors import TanggapError
from tanggap.installation import (
    DEFAULT_DATA,
    DataDir,
    classifier_of,
    opened_database,
    settings_of,
    vault_of,
)
from tanggap.screen import note, progress
from tanggap.sheets.options import DryRun, InFile, Partial, SheetName

if TYPE_CHECKING:
    from shared.db.engine import Database
    from shared.db.read.directory import Directory, Region
    from tanggap.lapor_file import LaporFile, LaporRow
    from tanggap.lapor_import import Done, Parts
    from tanggap.sheets.importing import ImportRun

RegionCode = Annotated[str, typer.Option("--region", help="The region it is of, such as paser.")]
Units = Annotated[
    Path | None,
    typer.Option(help="A table of further names of units: columns name and opd."),
]
AsOf = Annotated[
    str | None,
    typer.Option(help="When the file was made, for what it tells without a time (none: now)."),
]
_TOLD = 5


def register(group: typer.Typer) -> None:
    """Add the command."""
    example = "Example: tanggap import lapor laporan-2026.xlsx --region paser"
    group.command(epilog=example)(lapor)


def lapor(
    file: InFile,
    region: RegionCode,
    units: Units = None,
    as_of: AsOf = None,
    partial: Partial = False,
    dry_run: DryRun = False,
    sheet: SheetName = None,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Import an export of SP4N-LAPOR!: a report a row, known by its tracking id.

    Needed: Tracking ID, Tanggal Laporan Masuk, Isi Laporan; names may vary in case, marks and
    words. If there: Judul, Klasifikasi, Kategori, Tipe Laporan, Instansi Terdisposisi, Status,
    Tindak Lanjut, and the dates of verification, disposition, follow-ups and closing, which the
    clocks then use. A later export brings what happened since; nothing is counted twice. Names of
    reporters are masked in the texts and kept nowhere; a file that does not say what is anonymous
    or confidential makes every report both.
    """
    from shared.clock import SystemClock
    from tanggap.sheets.importing import ImportRun

    now = SystemClock().now()
    run = ImportRun(file, partial=partial)
    with opened_database(data) as database:
        target = _target(database, region, as_of, now)
        rows, read = _rows(run, target, units, sheet)
        parts = _parts(database, data, target)
        accepted = _accepted(run, parts, target, rows)
        run.settle()
        done = _written(database, parts, accepted, dry_run=dry_run)
    _tell(read, accepted, done)
    said = ("would open", "would change") if dry_run else ("opened", "changed")
    print(
        f"{len(accepted)} reports: {done.added} {said[0]} a case, {done.changed} {said[1]} one, "
        f"{done.same} told nothing new."
    )
    run.end()


class _Target(NamedTuple):
    """Whose reports they are, and what stands in for a time that the file does not tell."""

    region: "Region"
    directory: "Directory"
    now: datetime
    as_of: datetime


class _Numbered(NamedTuple):
    """A row that could be read, with its number in the file."""

    number: int
    row: "LaporRow"


def _target(database: "Database", code: str, as_of: str | None, now: datetime) -> _Target:
    from shared.db.read.directory import Directory

    with database.read() as conn:
        directory = Directory.load(conn)
    region = directory.region(code)
    if region is None:
        raise TanggapError(f"region {code} is not known")
    if as_of is None:
        return _Target(region, directory, now, now)
    try:
        told = datetime.fromisoformat(as_of)
    except ValueError as error:
        raise TanggapError(f"{as_of} is no time such as 2026-03-31 or 2026-03-31T14:00") from error
    moment = told if told.tzinfo else told.replace(tzinfo=region.zone_info)
    if moment > now:
        raise TanggapError("--as-of lies in the future")
    return _Target(region, directory, now, moment)


def _rows(
    run: "ImportRun", target: _Target, units: Path | None, sheet: str | None
) -> "tuple[list[_Numbered], LaporFile]":
    """The rows that can be read; the run knows the others."""
    from tanggap.lapor_file import ALIASES, NEEDED, LaporFile

    table = run.read(needed=NEEDED, aliases=ALIASES, sheet=sheet)
    names = _names(units, target) if units else {}
    file = LaporFile(target.region, target.directory, table.columns, target.now, names)
    found = []
    for row in run.each(table):
        with run.checking(row):
            found.append(_Numbered(row.number, file.read(row)))
    return found, file


def _names(file: Path, target: _Target) -> dict[str, str]:
    from tanggap.sheets.reading import read_rows

    found = {}
    for row in read_rows(file, needed=("name", "opd"), aliases={"name": ("nama",)}):
        given = row.get("opd")
        code = given if "/" in given else f"{target.region.code}/{given}"
        if not target.directory.accepts(code, target.region.code):
            raise TanggapError(f"{file} row {row.number}: opd is none of {target.region.code}")
        found[row.get("name")] = code
    return found


def _parts(database: "Database", data: Path, target: _Target) -> "Parts":
    from services.desk.alarm_store import Alarms
    from services.desk.due import FoldedClocks
    from services.desk.lapor import PastCases
    from services.desk.settings import DeskSettings
    from services.ingest.lapor import PastReports
    from services.ingest.promise import PolicyPromise
    from shared.clock import SystemClock
    from shared.files.store import FileStore
    from tanggap.lapor_import import Parts

    settings = settings_of(data)
    vault = vault_of(settings)
    threshold = DeskSettings(data_dir=settings.data_dir).desk_opd_threshold
    alarms = Alarms(settings.emergency_number)
    return Parts(
        database=database,
        vault=vault,
        reports=PastReports(
            vault, FileStore(settings.files_url), target.directory, target.region, PolicyPromise()
        ),
        cases=PastCases(target.directory, FoldedClocks(), SystemClock(), alarms, threshold),
        classifier=classifier_of(settings),
        units=target.directory.opds(target.region.code),
        region=target.region.code,
        as_of=target.as_of,
    )


def _accepted(
    run: "ImportRun", parts: "Parts", target: _Target, rows: list[_Numbered]
) -> "list[LaporRow]":
    """The rows that the intake takes."""
    from services.ingest.lapor import PastReportError
    from tanggap.lapor_import import command_of

    today = target.now.astimezone(target.region.zone_info).date()
    found = []
    for number, row in rows:
        try:
            parts.reports.check(command_of(row, target.region.code), today)
        except PastReportError as error:
            run.refuse(number, error.field, str(error))
        else:
            found.append(row)
    return found


def _written(
    database: "Database", parts: "Parts", rows: "list[LaporRow]", *, dry_run: bool
) -> "Done":
    from tanggap.lapor_import import import_rows
    from tanggap.sheets.importing import trial

    with progress("importing", len(rows)) as advance:
        if not dry_run:
            return import_rows(parts, rows, progress=advance)
        with trial(database) as conn:
            done = import_rows(parts, rows, conn, advance)
    return done


def _tell(file: "LaporFile", rows: "list[LaporRow]", done: "Done") -> None:
    """What was not taken from the rows, and what had to be taken from elsewhere."""
    if file.left_alone:
        note(f"Columns left alone: {', '.join(file.left_alone[:20])}")
    unknown = sum(not row.unit_known for row in rows)
    if unknown:
        note(
            f"{unknown} reports name a unit that is not known: they wait in triage (--units FILE)."
        )
    if done.undated:
        note(f"{done.undated} reports tell something without its time: taken from --as-of.")
