"""`tanggap import`: files in; each command stands in a module of its own (`import_….py`)."""

import typer

from tanggap.commands import (
    import_lapor,
    import_opd,
    import_pekppp,
    import_places,
    import_services,
    import_skm,
)

group = typer.Typer(help="Files in (CSV, XLSX).", no_args_is_help=True, rich_markup_mode=None)


@group.callback()
def _group() -> None:
    """Files in (CSV, XLSX)."""


for module in (import_opd, import_services, import_pekppp, import_skm, import_lapor, import_places):
    module.register(group)
