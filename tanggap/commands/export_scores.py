"""`tanggap export scores`: the figures of a region's units, as a table."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.errors import TanggapError
from tanggap.installation import DEFAULT_DATA, DataDir, opened_database
from tanggap.screen import progress
from tanggap.sheets.options import Force, OutFile

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tanggap.sheets.writing import Cell

_MOST_DAYS = 366
Unit = Annotated[str, typer.Argument(help="A region (paser) or a full OPD code (paser/dinkes).")]
AsOf = Annotated[str | None, typer.Option(help="A local date, meaning its end (none: now).")]
From = Annotated[str | None, typer.Option("--from", help="A row a day, from this local date on.")]
To = Annotated[str | None, typer.Option("--to", help="The last of these days (none: today).")]
Span = Annotated[str, typer.Option(help="90d, month or year.")]


def register(group: typer.Typer) -> None:
    """Add the command."""
    example = "Example: tanggap export scores paser skor.xlsx --from 2026-10-01 --to 2026-10-31"
    group.command(epilog=example)(scores)


def scores(
    unit: Unit,
    file: OutFile,
    as_of: AsOf = None,
    window: Span = "90d",
    first: From = None,
    last: To = None,
    force: Force = False,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Write the scores of a region with its OPDs, or of an OPD with its units, a row each.

    What the public may see: ratings and answers of fewer than five people are left empty.
    """
    from shared.clock import SystemClock
    from tanggap.score_table import COLUMNS
    from tanggap.sheets.writing import Sheet, write_table

    now = SystemClock().now()
    with opened_database(data) as database, database.read() as conn:
        days = _days(_today(conn, unit, now), as_of, first, last)
        _check_unit(conn, unit, days)
        with progress("days", len(days)) as advance:
            rows = _rows(conn, unit, now, days, window, advance)
            sheet = Sheet("skor", COLUMNS, rows, notes=_notes(file.suffix))
            write_table(file, [sheet], force=force)
    print(f"{file} is written.")


def _notes(suffix: str) -> list[str]:
    """A workbook is read by people, who must not miss it; programs read CSV from its header."""
    from shared.scores.pekppp import NOTICE

    return [f"PEKPPP dan IPP: {NOTICE}"] if suffix.lower() == ".xlsx" else []


def _today(conn: "Connection", unit: str, now: datetime) -> date:
    """The region's local day."""
    from shared.db.read.directory import Directory

    directory = Directory.load(conn)
    return now.astimezone(directory.zone(unit.partition("/")[0])).date()


def _check_unit(conn: "Connection", unit: str, days: list[date | None]) -> None:
    """Raise unless the unit is there on the first or the last of the days."""
    from shared.db.read.directory import Directory

    for day in (days[-1], days[0]):
        directory = Directory.load(conn, day)
        if directory.opd(unit) or directory.region(unit):
            return
    raise TanggapError(f"{unit} is neither a region nor an OPD's full code")


def _days(today: date, as_of: str | None, first: str | None, last: str | None) -> list[date | None]:
    """The days asked for; none stands for now."""
    if first is None:
        if last is not None:
            raise TanggapError("--to needs --from")
        return [_day(as_of)]
    if as_of is not None:
        raise TanggapError("say --as-of, or --from and --to")
    begin, end = _day(first), _day(last) or today
    if begin is None or not begin <= end <= today:
        raise TanggapError(f"the days lie in order, up to {today}")
    count = (end - begin).days + 1
    if count > _MOST_DAYS:
        raise TanggapError(f"{count} days are asked for, at most {_MOST_DAYS} are written")
    return [begin + timedelta(days=number) for number in range(count)]


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise TanggapError(f"{text} is not a date such as 2026-03-31") from error


def _rows(
    conn: "Connection", unit: str, now: datetime, days: list[date | None], window: str, advance: Any
) -> "Iterator[list[Cell]]":
    from tanggap.score_table import score_row

    for number, day in enumerate(days, start=1):
        for document in _documents(conn, unit, now, day, window):
            yield score_row(document)
        advance(number)


def _documents(
    conn: "Connection", unit: str, now: datetime, day: date | None, window: str
) -> Iterator[dict[str, Any]]:
    """The region and its OPDs, or the OPD and its units, as the public may see them."""
    from shared.db.read.hiding import public_view
    from shared.db.read.scores import load_region
    from shared.scores.windows import Window

    if window not in tuple(Window):
        raise TanggapError(f"{window} is no window: choose {', '.join(Window)}")
    region = unit.partition("/")[0]
    try:
        found = load_region(conn, region, now, as_of=day, window=window)
    except ValueError as error:
        raise TanggapError(str(error)) from error
    whole = public_view(conn, found, found.region_document(), now)
    wanted = set(found.directory.with_units(unit)) if "/" in unit else None
    entries = whole.pop("opds")
    if wanted is None:
        yield whole
    yield from (entry for entry in entries if wanted is None or entry["opd"] in wanted)
