"""`tanggap db`: the schema."""

import typer

from tanggap.installation import DEFAULT_DATA, DataDir, settings_of
from tanggap.screen import note

group = typer.Typer(help="The database's schema.", no_args_is_help=True, rich_markup_mode=None)


@group.callback()
def _group() -> None:
    """The database's schema."""


@group.command(epilog="Example: tanggap db upgrade")
def upgrade(data: DataDir = DEFAULT_DATA) -> None:
    """Create or migrate the schema, and write the regions and OPDs where there are none yet."""
    from shared.db import migrate
    from tanggap.supervisor.preparation import seed_directory

    settings = settings_of(data)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    note("migrating the database …")
    migrate.upgrade(settings.database_url)
    seed_directory(settings)
    print("The database is of this version.")
