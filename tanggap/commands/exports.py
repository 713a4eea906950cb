"""`tanggap export`: files out; each command stands in a module of its own (`export_….py`)."""

import typer

from tanggap.commands import export_lapor, export_pekppp, export_scores, export_skm

group = typer.Typer(help="Files out (XLSX, CSV).", no_args_is_help=True, rich_markup_mode=None)


@group.callback()
def _group() -> None:
    """Files out (XLSX, CSV)."""


for module in (export_pekppp, export_scores, export_skm, export_lapor):
    module.register(group)
