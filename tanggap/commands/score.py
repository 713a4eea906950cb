"""`tanggap score`: figures, where they come from, and whether they are right."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.errors import TanggapError
from tanggap.installation import DEFAULT_DATA, DataDir, opened_database
from tanggap.screen import AsJSON, print_json, print_table, progress

if TYPE_CHECKING:
    from sqlalchemy import Connection

group = typer.Typer(help="Scores.", no_args_is_help=True, rich_markup_mode=None)
Unit = Annotated[str, typer.Argument(help="A region (paser) or a full OPD code (paser/dinkes).")]
AsOf = Annotated[str | None, typer.Option(help="A local date, meaning its end (none: now).")]
Span = Annotated[str, typer.Option(help="90d, month or year.")]


@group.callback()
def _group() -> None:
    """Scores."""


@group.command(epilog="Example: tanggap score show paser/dinkes --window month")
def show(
    unit: Unit,
    as_of: AsOf = None,
    window: Span = "90d",
    as_json: AsJSON = False,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Show the score of a region with its OPDs, or of one OPD."""
    document = _document(data, unit, as_of, window)
    if as_json:
        print_json(document)
        return
    entries = document.get("opds") or [document]
    columns = ["OPD", "index", "interval", "rank", "state", "n", "aspect e", "IKM"]
    print_table(columns, [_line(entry) for entry in entries], _title(document))
    print("Perkiraan, bukan nilai resmi.")


@group.command(epilog="Example: tanggap score explain paser/dinkes --json")
def explain(
    unit: Unit,
    as_of: AsOf = None,
    window: Span = "90d",
    as_json: AsJSON = False,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Show what a score is made of: the counts behind every part, and the policy used."""
    document = _document(data, unit, as_of, window, explained=True)
    if as_json:
        print_json(document)
        return
    print(_title(document))
    for found in document["explain"]["figures"]:
        print("\n".join(["", *_opened(found)]))
    print("\nPerkiraan, bukan nilai resmi.")


@group.command(epilog="Example: tanggap score history paser --from 2026-10-01 --to 2026-10-31")
def history(
    unit: Unit,
    first: Annotated[str | None, typer.Option("--from", help="The first local day.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="The last local day.")] = None,
    window: Span = "90d",
    as_json: AsJSON = False,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Show an index day by day as it is known now, and what was published where it differs."""
    from shared.clock import SystemClock
    from shared.db.read.history import unit_history

    chosen, begins, ends = _window(window), _day(first), _day(last)
    with opened_database(data) as database, database.read() as conn, _asking(unit):
        now = SystemClock().now()
        found = unit_history(conn, unit, now, first=begins, last=ends, window=chosen)
    if as_json:
        print_json(found)
        return
    columns = ["day", "index", "interval", "n", "state", "published"]
    print_table(columns, [_point(point) for point in found["points"]], f"{unit} · {window}")


@group.command(epilog="Example: tanggap score services paser/dinkes --window year")
def services(
    opd: Annotated[str, typer.Argument(help="A full OPD code (paser/dinkes).")],
    as_of: AsOf = None,
    window: Span = "90d",
    as_json: AsJSON = False,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Show the index of each service of an OPD."""
    from shared.clock import SystemClock
    from shared.db.read.scores import UnknownUnitError, load_region
    from shared.db.read.service_scores import load_services, services_json

    chosen, day = _window(window), _day(as_of)
    with opened_database(data) as database, database.read() as conn, _asking(opd):
        region = opd.partition("/")[0]
        scores = load_region(conn, region, SystemClock().now(), as_of=day, window=chosen)
        found = scores.directory.opd(opd)
        if found is None:
            raise UnknownUnitError(opd)
        document = services_json(scores, found, load_services(conn, scores, found))
    if as_json:
        print_json(document)
        return
    columns = ["service", "in catalogue", "index", "interval", "state", "n"]
    print_table(columns, [_service_line(entry) for entry in document["services"]], _title(document))
    print("Perkiraan, bukan nilai resmi.")


def _service_line(entry: Mapping[str, Any]) -> list[Any]:
    index = entry["responsiveness"]
    low, high = index["interval"]
    listed = "yes" if entry["listed"] else "no"
    shown = [index["value"], f"{low}–{high}", index["state"], index["n"]]
    return [entry["service"] or "–", listed, *shown]


@group.command(epilog="Example: tanggap score verify")
def verify(as_json: AsJSON = False, data: DataDir = DEFAULT_DATA) -> None:
    """Recompute every counter from the events in one snapshot; exits 1 unless all agree."""
    from services.scoring.audit import verify as audit
    from services.scoring.regions import DirectoryRules

    with opened_database(data) as database, progress("folding cases") as advance:
        report = audit(database, DirectoryRules(), advance)
    if as_json:
        print_json(report.as_json())
    else:
        for example in report.examples:
            print(example)
        said = "agrees" if report.agrees else f"DIFFERS in {report.differences} counters"
        print(
            f"{said}: {report.cases} cases with {report.events} events, {report.surveys} surveys, "
            f"{report.counters} counters"
        )
    if not report.agrees:
        if not as_json:
            raise TanggapError("the scores differ from the events: run `tanggap score rebuild`")
        raise typer.Exit(1)


@group.command(epilog="Example: tanggap score rebuild")
def rebuild(data: DataDir = DEFAULT_DATA) -> None:
    """Fold every case anew under the policy of today; safe while the services run."""
    from services.scoring import audit
    from services.scoring.regions import DirectoryRules

    with opened_database(data) as database, progress("folding cases") as advance:
        count = audit.rebuild(database, DirectoryRules(), advance)
    print(f"{count} cases folded anew.")


@group.command("counts-from", epilog="Example: tanggap score counts-from paser 2026-01-01")
def counts_from(
    region: Annotated[str, typer.Argument(help="A region (paser).")],
    day: Annotated[str, typer.Argument(help="The first local date of receipt, or none.")],
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Leave cases received before that day out of the region's index; folds every case anew."""
    from services.scoring import audit
    from services.scoring.regions import DirectoryRules
    from shared.clock import SystemClock

    first = None if day == "none" else _day(day)
    with opened_database(data) as database, progress("folding cases") as advance:
        with database.write() as conn:
            _count_from(conn, region, first, SystemClock().now())
        count = audit.rebuild(database, DirectoryRules(), advance)
    print(f"{region} counts from {first or 'the beginning'}; {count} cases folded anew.")


def _count_from(conn: "Connection", region: str, first: date | None, now: datetime) -> None:
    from sqlalchemy import insert, update

    from shared.db.tables.desk import desk_audit
    from shared.db.tables.directory import desk_regions

    changed = (
        update(desk_regions)
        .where(desk_regions.c.code == region)
        .values(counts_from=first, changed_at=now)
    )
    if conn.execute(changed).rowcount != 1:
        raise TanggapError(f"{region} is no region")
    told = {"username": "tanggap", "action": "counts-from", "ticket": "", "reason": str(first)}
    conn.execute(insert(desk_audit).values(at=now, **told))


def _document(
    data: DataDir, unit: str, as_of: str | None, window: str, *, explained: bool = False
) -> dict[str, Any]:
    from shared.clock import SystemClock
    from shared.db.read import scores

    chosen, day = _window(window), _day(as_of)
    read: Callable[..., dict[str, Any]]
    if explained:
        read = scores.explained_score
    else:
        read = scores.opd_score if "/" in unit else scores.region_score
    with opened_database(data) as database, database.read() as conn, _asking(unit):
        return read(conn, unit, SystemClock().now(), as_of=day, window=chosen)


@contextmanager
def _asking(unit: str) -> Iterator[None]:
    """One line for a unit that is not there, or a day that is not."""
    from shared.db.read.scores import UnknownUnitError

    try:
        yield
    except UnknownUnitError as error:
        raise TanggapError(f"{unit} is neither a region nor an OPD's full code") from error
    except ValueError as error:
        raise TanggapError(str(error)) from error


def _window(name: str) -> str:
    from shared.scores.windows import Window

    if name not in tuple(Window):
        raise TanggapError(f"{name} is no window: choose {', '.join(Window)}")
    return name


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise TanggapError(f"{text} is not a date such as 2026-03-31") from error


def _title(document: Mapping[str, Any]) -> str:
    return f"{document['opd']} · {document['window']} · {document['as_of']} · {document['policy']}"


def _line(entry: Mapping[str, Any]) -> list[Any]:
    index = entry["responsiveness"]
    low, high = index["interval"] or (None, None)
    interval = None if low is None else f"{low}–{high}"
    return [
        entry["opd"],
        index["value"],
        interval,
        index["rank"],
        index["state"],
        index["n"],
        entry["pekppp"]["aspect_e"]["value"],
        entry["skm"]["ikm"],
    ]


def _opened(found: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """A figure, what it is made of below it."""
    indent = "  " * depth
    low_high = found["interval"]
    interval = f"  [{low_high[0]}–{low_high[1]}]" if low_high else ""
    n = "" if found["n"] is None else f"  n {found['n']}"
    value = "–" if found["value"] is None else found["value"]
    yield f"{indent}{found['name']} ({found['id']}): {value}{interval}{n}  · {found['policy']}"
    yield f"{indent}  = {found['formula']}"
    for name, put in found["inputs"].items():
        yield f"{indent}  {name}: {_plain(put)}"
    for part in found.get("parts", []):
        yield from _opened(part, depth + 2)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value)) or "–"
    return "–" if value is None else str(value)


def _point(point: Mapping[str, Any]) -> list[Any]:
    interval = None if point["value"] is None else f"{point['low']}–{point['high']}"
    first = point.get("published")
    corrected = f"{_plain(first['value'])} ({first['at']})" if first else ""
    return [point["as_of"], point["value"], interval, point["n"], point["state"], corrected]
