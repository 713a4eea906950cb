"""Databases with the newest schema: migrated once per run, then copied, since tests need many."""

import functools
import itertools
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from shared.db import migrate

_TEMPLATE = "tanggap_template"
_numbers = itertools.count(1)


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    # Kept by the cache, removed when the interpreter ends.
    return tempfile.TemporaryDirectory(prefix="tanggap-schema-")


@functools.cache
def sqlite_template() -> Path:
    """A migrated, empty SQLite file; never open it."""
    path = Path(_folder().name) / "template.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


def new_sqlite(folder: Path) -> str:
    """The URL of a fresh migrated database in `folder`."""
    path = folder / f"tanggap-{next(_numbers)}.db"
    shutil.copyfile(sqlite_template(), path)
    return f"sqlite:///{path}"


@functools.cache
def _postgres_template(server: Any) -> str:
    migrate.upgrade(server.create_database(_TEMPLATE))
    return _TEMPLATE


def new_postgres(server: Any) -> tuple[str, str]:
    """Name and URL of a fresh migrated database on a `PostgresServer`; drop it by the name."""
    server.ensure_running()
    name = f"test_{os.getpid()}_migrated_{next(_numbers)}"
    return name, server.create_database(name, template=_postgres_template(server))
