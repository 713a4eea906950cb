"""`tanggap dlq`: events that could not be applied, and sending them once more."""

from typing import Annotated, Any

import typer

from shared.errors import TanggapError
from tanggap.installation import DEFAULT_DATA, DataDir, opened_database
from tanggap.screen import AsJSON, note, print_json, print_table

group = typer.Typer(help="Dead letters.", no_args_is_help=True, rich_markup_mode=None)
_MOST = 10_000


@group.callback()
def _group() -> None:
    """Dead letters."""


@group.command("ls", epilog="Example: tanggap dlq ls --waiting")
def list_(
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those never replayed.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="The newest so many.")] = 200,
    as_json: AsJSON = False,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """List dead letters, the newest first, without their content."""
    from shared import dead_letters

    with opened_database(data) as database, database.read() as conn:
        rows = [dict(row) for row in dead_letters.list_all(conn, limit)]
    found = [row for row in rows if not (waiting and row["replayed_at"])]
    if as_json:
        print_json(found)
    elif not found:
        print("No dead letters.")
    else:
        columns = ["id", "group", "topic", "reason", "ticket", "failed_at", "replayed_at"]
        print_table(columns, [[row[name] for name in columns] for row in found])


@group.command(epilog="Example: tanggap dlq show 12")
def show(number: int, as_json: AsJSON = False, data: DataDir = DEFAULT_DATA) -> None:
    """Show one dead letter whole, content included."""
    from shared import dead_letters

    with opened_database(data) as database, database.read() as conn:
        row = dead_letters.show(conn, number)
    if row is None:
        raise TanggapError(f"there is no dead letter {number}")
    shown = {name: _readable(value) for name, value in row.items()}
    if as_json:
        print_json(shown)
    else:
        print_table(["field", "value"], [[name, value] for name, value in shown.items()])


@group.command(epilog="Example: tanggap dlq replay 12 13 --dry-run")
def replay(
    numbers: Annotated[list[int] | None, typer.Argument(help="Which ones, by id.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All that were never replayed.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be sent.")
    ] = False,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Send dead letters to their topic once more, after the cause was mended."""
    from shared import dead_letters
    from shared.clock import SystemClock

    if bool(numbers) == every:
        raise TanggapError("name the dead letters by id, or say --all")
    with opened_database(data) as database:
        with database.read() as conn:
            rows = {row["id"]: row for row in dead_letters.list_all(conn, _MOST)}
            waiting = [number for number, row in rows.items() if row["replayed_at"] is None]
            wanted = sorted(waiting) if every else list(dict.fromkeys(numbers or []))
            unknown = [n for n in wanted if n not in rows and dead_letters.show(conn, n) is None]
        if unknown:
            raise TanggapError(f"there is no dead letter {', '.join(map(str, unknown))}")
        for number in wanted:
            if row := rows.get(number):
                note(f"{number}: {row['topic']} to {row['group']} ({row['reason']})")
        if dry_run:
            print(f"{len(wanted)} dead letters would be sent.")
            return
        with database.write() as conn:
            sent = dead_letters.replay(conn, wanted, SystemClock().now())
    print(f"{sent} dead letters are sent again.")


def _readable(value: Any) -> Any:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
