"""`tanggap import`: files in; each command stands in a module of its own (`import_….py`)."""

import typer

from tanggap.commands import import_opd

group = typer.Typer(help="Files in (CSV, XLSX).", no_args_is_help=True, rich_markup_mode=None)


@group.callback()
def _group() -> None:
    """Files in (CSV, XLSX)."""


for module in (import_opd,):
    module.register(group)
