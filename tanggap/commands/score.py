"""`tanggap score`: figures, where they come from, and whether they are right."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any

import typer

from shared.errors import TanggapError
from tanggap.installation import DEFAULT_DATA, DataDir, opened_database
from tanggap.screen import AsJSON, print_json, print_table, progress

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
    document.pop("opds", None)
    if as_json:
        print_json(document)
        return
    print_table(["figure", "value"], list(_flat(document)), _title(document))
    print("Perkiraan, bukan nilai resmi.")


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


def _document(
    data: DataDir, unit: str, as_of: str | None, window: str, *, explained: bool = False
) -> dict[str, Any]:
    from shared.clock import SystemClock
    from shared.db.read import scores
    from shared.scores.windows import Window

    if window not in tuple(Window):
        raise TanggapError(f"{window} is no window: choose {', '.join(Window)}")
    try:
        day = date.fromisoformat(as_of) if as_of else None
    except ValueError as error:
        raise TanggapError(f"{as_of} is not a date such as 2026-03-31") from error
    read: Callable[..., dict[str, Any]]
    if explained:
        read = scores.explained_score
    else:
        read = scores.opd_score if "/" in unit else scores.region_score
    with opened_database(data) as database, database.read() as conn:
        try:
            return read(conn, unit, SystemClock().now(), as_of=day, window=window)
        except scores.UnknownUnitError as error:
            raise TanggapError(f"{unit} is neither a region nor an OPD's full code") from error
        except ValueError as error:
            raise TanggapError(str(error)) from error


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


def _flat(value: Any, name: str = "") -> list[list[Any]]:
    if isinstance(value, Mapping):
        return [
            row
            for key, inner in value.items()
            for row in _flat(inner, f"{name}.{key}" if name else str(key))
        ]
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return [row for item in value for row in _flat(item, f"{name}[{item.get('name', '')}]")]
    return [[name, value]]
