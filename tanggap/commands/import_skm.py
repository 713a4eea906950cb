"""`tanggap import skm`: survey answers from paper forms or another system."""

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from shared.errors import TanggapError
from tanggap.installation import DEFAULT_DATA, DataDir, opened_database, settings_of, vault_of
from tanggap.screen import note, progress
from tanggap.sheets.options import DryRun, InFile, Partial, SheetName

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from services.ingest.commands import AnswerSurvey
    from services.ingest.importing import Imported, PastSurvey
    from shared.clock import Clock
    from shared.db.engine import Database
    from shared.db.read.directory import Directory
    from shared.policy.model import SKMPolicy
    from shared.privacy.vault import Vault
    from tanggap.sheets.importing import ImportRun
    from tanggap.skm_file import Left, Target

Opd = Annotated[str, typer.Option(help="The OPD: dinkes (with --region) or paser/dinkes.")]
Region = Annotated[str | None, typer.Option(help="The region of the OPD, such as paser.")]
Source = Annotated[
    str | None,
    typer.Option(help="Where the forms come from; some are known by the order of U8 and U9."),
]
Order = Annotated[
    str | None,
    typer.Option(help="What U8 and U9 are: pengaduan-sarana or sarana-pengaduan."),
]


def register(group: typer.Typer) -> None:
    """Add the command."""
    example = "Example: tanggap import skm skm-2026.xlsx --region paser --opd dinkes"
    group.command(epilog=f"{example} --order sarana-pengaduan")(skm)


def skm(
    file: InFile,
    opd: Opd,
    region: Region = None,
    source: Source = None,
    order: Order = None,
    partial: Partial = False,
    dry_run: DryRun = False,
    sheet: SheetName = None,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Import survey answers, a respondent a row; the same row imported twice counts once.

    Columns: date, the elements by name (persyaratan … pengaduan, sarana) or U1 to U9, and if you
    like service, comment, sex, age, education, occupation, and id. An answer that is empty or
    outside 1 to 4 is left out. A row is known again by its id; without ids, the whole file is.
    All rows are checked before the first is written; after a crash, import the file again.
    """
    from shared.clock import SystemClock
    from tanggap.sheets.importing import ImportRun

    clock, vault = SystemClock(), vault_of(settings_of(data))
    run = ImportRun(file, partial=partial)
    with opened_database(data) as database:
        form = _form(database, clock.now(), region, opd, source, order)
        surveys, left = _checked(run, form, vault, sheet)
        run.settle()
        done = _written(database, vault, clock, surveys, dry_run=dry_run)
    _tell(left)
    said = "would be new" if dry_run else "are new"
    print(f"{len(surveys)} surveys: {done.added} {said}, {done.known} were imported before.")
    if partial and run.refusals:
        note("Without a column id, import the refused rows later as a file of their own.")
    run.end()


class _Form(NamedTuple):
    """Whose survey it is, and how its columns are read."""

    directory: "Directory"
    target: "Target"
    policy: "SKMPolicy"
    order: str | None


def _form(
    database: "Database",
    now: "datetime",
    region: str | None,
    opd: str,
    source: str | None,
    order: str | None,
) -> _Form:
    from shared.db.read.directory import Directory
    from shared.policy.load import load_policies
    from tanggap.skm_file import order_of

    with database.read() as conn:
        directory = Directory.load(conn)
    target = _target(directory, region, opd, source, now)
    policy = load_policies().at(target.today).skm
    return _Form(directory, target, policy, order_of(policy, source, order))


def _checked(
    run: "ImportRun", form: _Form, vault: "Vault", sheet: str | None
) -> "tuple[list[PastSurvey], Left]":
    """The rows that may be written; the run knows the others."""
    from services.ingest.importing import past_survey
    from tanggap.skm_file import read_surveys

    surveys: list[PastSurvey] = []

    def accept(name: str, command: "AnswerSurvey", at: "datetime") -> None:
        surveys.append(past_survey(vault, form.directory, name, command, at))

    left = read_surveys(run, form.target, form.policy, form.order, accept, sheet)
    return surveys, left


def _written(
    database: "Database",
    vault: "Vault",
    clock: "Clock",
    surveys: "Sequence[PastSurvey]",
    *,
    dry_run: bool,
) -> "Imported":
    from services.ingest.importing import Imported, import_surveys, known_surveys

    if dry_run:
        with database.read() as conn:
            known = known_surveys(conn, surveys)
        return Imported(len(surveys) - known, known)
    with progress("importing", len(surveys)) as advance:
        return import_surveys(database, vault, clock, surveys, advance)


def _target(
    directory: "Directory", region: str | None, opd: str, source: str | None, now: "datetime"
) -> "Target":
    """The OPD that is meant."""
    from tanggap.skm_file import Target

    code = opd if "/" in opd else f"{region or ''}/{opd}"
    found = directory.opd(code)
    if found is None or found.external or region not in (None, found.region):
        raise TanggapError(
            f"{code.lstrip('/')} is no OPD of {region or 'a region'}: say --region paser "
            "--opd dinkes, or --opd paser/dinkes"
        )
    zone = directory.zone(found.region)
    return Target(found.region, found.code, zone, now.astimezone(zone).date(), source)


def _tell(left: "Left") -> None:
    """What was not taken from rows that count."""
    if left.columns:
        note(f"Columns left alone: {', '.join(left.columns[:20])}")
    if left.answers:
        note(f"{left.answers} answers left out: empty, or outside 1 to 4.")
    if left.ages:
        note(f"{left.ages} ages left out: no whole years.")
