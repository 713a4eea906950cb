"""Talking to the terminal: results on standard output, progress and notes on standard error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

_PIPE_WIDTH = 200
AsJSON = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def note(text: str) -> None:
    """A line beside the result."""
    print(text, file=sys.stderr, flush=True)


def print_json(value: Any) -> None:
    """A result for machines."""
    import orjson

    options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
    print(orjson.dumps(value, default=str, option=options).decode())


def print_table(columns: list[str], rows: list[list[Any]], title: str | None = None) -> None:
    """A result for people."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*("–" if value is None else str(value) for value in row))
    # Into a pipe a table keeps its full width instead of the 80 columns of no terminal.
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A bar (or a spinner while the total is unknown); call the yielded function with the count."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
