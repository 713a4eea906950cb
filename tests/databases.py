"""Databases with the newest schema: migrated once per run, then copied, since tests need many."""

import functools
import itertools
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from shared.db import migrate
from shared.db.tables import metadata

_TEMPLATE = "tanggap_template"
_TABLES: LiteralString = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
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


# Databases that a test has done with, by server: emptying one costs a tenth of making one.
_used: dict[Any, list[str]] = {}


def take_postgres(server: Any) -> tuple[str, str]:
    """Name and URL of an empty migrated database, perhaps used before; `give_back` it."""
    server.ensure_running()
    if found := _used.get(server):
        name = found.pop()
        return name, server.url(name)
    return new_postgres(server)


def give_back_postgres(server: Any, name: str) -> None:
    """Cut who is still connected, and empty it for the next test; drop it if that fails."""
    server.ensure_running()
    try:
        emptied = _empty(server.url(name).replace("+psycopg", ""))
    except psycopg.Error:
        emptied = False
    if emptied:
        _used.setdefault(server, []).append(name)
    else:
        server.drop_database(name)


def _empty(url: str) -> bool:
    """Delete every row; False when the schema is not what the migrations made."""
    with psycopg.connect(url, connect_timeout=5) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        # Without the checks of foreign keys, which would need an order.
        conn.execute("SET lock_timeout = '5s'; SET session_replication_role = replica")
        found = {row[0] for row in conn.execute(_TABLES).fetchall()}
        revision = conn.execute("SELECT version_num FROM alembic_version").fetchone()
        ours = {*metadata.tables, "alembic_version"}
        if revision != (migrate.head_revision(),) or not ours <= found:
            return False
        for table in found - {"alembic_version"}:
            verb = sql.SQL("DELETE FROM") if table in ours else sql.SQL("DROP TABLE")
            conn.execute(sql.SQL("{} {}").format(verb, sql.Identifier(table)))
    return True
