"""`tanggap backup DIR`: database and keys, kept apart."""

from pathlib import Path
from typing import Annotated

import typer

from tanggap.installation import DEFAULT_DATA, DataDir, settings_of
from tanggap.screen import progress


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: tanggap backup /backup/2026-11-21 --keys /safe/2026-11-21")(backup)


def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    keys: Annotated[
        Path | None, typer.Option(help="Where the master key goes (default: DIR/keys).")
    ] = None,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Copy database, files and master key, also while everything runs.

    Keep the keys folder on another medium than the rest: together they open every citizen's
    identity, apart neither does, and without the key nothing sealed can be read again.
    """
    from tanggap.copies import copy_database, copy_files, copy_key, new_folder

    settings = settings_of(data)
    key_folder = keys or folder / "keys"
    new_folder(folder)
    new_folder(key_folder)
    # The database first: every file it names exists by then, and files are never changed.
    with progress("database (pages left)") as advance:
        database = copy_database(settings, folder / "database", advance)
    with progress("files") as advance:
        files = copy_files(settings, folder / "files", advance)
    key = copy_key(settings, key_folder)
    print(f"database  {database}")
    print(f"files     {files}")
    print(f"keys      {key}")
    if keys is None:
        print("Move the keys folder to another medium than the database: they must lie apart.")
