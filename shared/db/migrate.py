"""Bringing a database to the newest schema; safe to call at every start, from several at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from shared.db.engine import Database
from shared.errors import TanggapError

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"
CURRENT_HEAD = FOLDER / ".current-head"
# Any number, the same in every process: who holds it migrates, the others wait.
_ADVISORY_LOCK = 7_264_114
_WAIT_FOR_TURN = "2min"
# A migration that waits for a lock stops everybody behind it, so it gives up soon and is repeated.
_LOCK_TIMEOUT = "5s"
_STATEMENT_TIMEOUT = "10min"


def head_revision() -> str:
    """The newest revision, which this code needs."""
    return CURRENT_HEAD.read_text().strip()


def current(conn: Connection) -> str | None:
    """The revision of a database; none when it is empty."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    found: str | None = conn.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def upgrade(database_url: str) -> None:
    """Create or migrate the schema, all of it or nothing."""
    db = Database(database_url)
    try:
        with db.read() as conn:
            if current(conn) == head_revision():
                return
        with transaction(db) as conn:
            move(conn, head_revision())
    finally:
        db.close()


def require_head(db: Database) -> None:
    """Raise `TanggapError` with the remedy unless the schema is the one this code needs."""
    with db.read() as conn:
        found = current(conn)
    if found != head_revision():
        raise TanggapError(
            f"the database is at revision {found or 'none'}, this version needs "
            f"{head_revision()}: run `tanggap db upgrade`"
        )


def move(conn: Connection, revision: str) -> None:
    """Upgrade to a revision, or downgrade to one, in the transaction of the connection."""
    # Alembic takes a third of a second to import; only those who migrate pay for it.
    from alembic import command
    from alembic.util import CommandError

    found = current(conn)
    if found == revision:
        return
    if found is not None and found > head_revision():
        raise TanggapError(
            f"the database is at revision {found}, newer than this version, which knows "
            f"{head_revision()}: start the newer version"
        )
    config = configuration(conn)
    try:
        if found is not None and (revision == "base" or revision < found):
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)
    except CommandError as error:
        raise TanggapError(f"the database cannot be migrated to {revision}: {error}") from error


def configuration(conn: Connection) -> "Config":
    """Alembic's configuration, made here: there is no ini file to lose."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = conn
    return config


@contextmanager
def transaction(db: Database) -> Iterator[Connection]:
    """One transaction that only one process has at a time."""
    if db.dialect == "sqlite":
        with db.engine.connect() as conn:
            # Batch mode makes a table anew and drops the old one, to which others point. The
            # pragma works outside a transaction only; the check takes its place.
            conn.exec_driver_sql("PRAGMA foreign_keys=0")
            conn.rollback()
            conn.exec_driver_sql("BEGIN IMMEDIATE")
            yield conn
            if conn.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                raise TanggapError("the migration would leave rows that point to nothing")
            conn.commit()
            conn.exec_driver_sql("PRAGMA foreign_keys=1")
        return
    with db.write() as conn:
        conn.exec_driver_sql(f"SET LOCAL statement_timeout = '{_WAIT_FOR_TURN}'")
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
        conn.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
        conn.exec_driver_sql(f"SET LOCAL statement_timeout = '{_STATEMENT_TIMEOUT}'")
        yield conn
