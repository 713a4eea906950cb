"""Opening the database and its transactions, by the rules of design §2.7.

SQLite: WAL, `synchronous=FULL`, 30 s of patience, and every writing transaction begins with
BEGIN IMMEDIATE. PostgreSQL: READ COMMITTED for writers, one snapshot for readers; a server that
falls silent is given up within half a minute.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url, text

BUSY_TIMEOUT_MS = 30_000
_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "busy_timeout": BUSY_TIMEOUT_MS,
    "foreign_keys": 1,
    # What is deleted is overwritten: an erased key must not lie on in free pages.
    "secure_delete": 1,
}
_PRIMARY_CODE = 0xFF  # the rest of an error's number says more of it
_TURN_SECONDS = 0.01
# A failover may say no goodbye: without these a transaction waits a quarter of an hour for what it
# sent to be acknowledged, and two hours for an answer. A server that is only slow answers the
# probes. No lock_timeout: batches of scoring and migrations wait for each other rightly.
_POSTGRESQL = {
    "connect_timeout": 5,
    "prepare_threshold": 3,
    "tcp_user_timeout": 10_000,  # milliseconds until what was sent has to be acknowledged
    "keepalives_idle": 10,  # seconds without a word until the first probe
    "keepalives_interval": 5,
    "keepalives_count": 3,
}


class DatabaseConfigError(Exception):
    """The database does not run under the rules this product relies on."""


class Database:
    """A pool of connections with one way to write and one way to read."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = make_url(url)
        backend = self.url.get_backend_name()
        if backend not in ("sqlite", "postgresql"):
            raise DatabaseConfigError("use sqlite:///… or postgresql+psycopg://…")
        self.dialect: Literal["sqlite", "postgresql"] = (
            "sqlite" if backend == "sqlite" else "postgresql"
        )
        self.engine = self._create(pool_size)

    def _create(self, pool_size: int) -> Engine:
        options: dict[str, Any] = {
            "pool_pre_ping": self.dialect == "postgresql",
            "pool_size": pool_size,
            "max_overflow": 10,
            # The text of an error would otherwise quote what a citizen wrote.
            "hide_parameters": True,
            "json_serializer": lambda value: orjson.dumps(value).decode(),
            "json_deserializer": orjson.loads,
        }
        if self.dialect == "sqlite":
            if self.url.database:
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            options["connect_args"] = {"timeout": BUSY_TIMEOUT_MS / 1000}
        else:
            options["connect_args"] = _POSTGRESQL
        engine = create_engine(self.url, **options)
        if self.dialect == "sqlite":
            event.listen(engine, "connect", _configure_sqlite)
        return engine

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that may write: commits at the end, rolls back on any error."""
        with self.engine.connect() as connection:
            if self.dialect == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def read(self, scratch: Sequence[Table] = ()) -> Iterator[Connection]:
        """One snapshot of the database, for reading only.

        `scratch` are temporary tables: made before the snapshot begins, since PostgreSQL makes none
        in a reading transaction but lets it write to those there are, and gone with it.
        """
        with self.engine.connect() as connection:
            try:
                for table in scratch:
                    table.create(connection)
                connection.commit()
                if self.dialect == "sqlite":
                    connection.exec_driver_sql("BEGIN")
                else:
                    connection = connection.execution_options(
                        isolation_level="REPEATABLE READ", postgresql_readonly=True
                    )
                yield connection
            finally:
                connection.rollback()
                if scratch:
                    connection.invalidate()  # a closed connection has dropped them, come what may

    def assert_rules(self) -> None:
        """Raise `DatabaseConfigError` when SQLite does not run under the pragmas set here."""
        if self.dialect != "sqlite":
            return
        with self.engine.connect() as connection:
            for name, wanted in _PRAGMAS.items():
                found = connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                if str(found).lower() != str(wanted):
                    raise DatabaseConfigError(f"SQLite has {name}={found}, {wanted} is needed")

    def forget_old_pages(self) -> None:
        """Empty SQLite's log, in which overwritten pages lie on; as far as readers let it."""
        if self.dialect == "sqlite":
            with self.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def ping(self) -> bool:
        """Whether the database answers."""
        with self.engine.connect() as connection:
            return connection.execute(text("SELECT 1")).scalar() == 1

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def _configure_sqlite(connection: sqlite3.Connection, _: object) -> None:
    # The driver must not begin transactions by itself: its deferred BEGIN fails at once with
    # "database is locked" when it is raised to a writing one, whatever the time-out.
    connection.isolation_level = None
    cursor = connection.cursor()
    for name, value in _PRAGMAS.items():
        _execute_in_turn(cursor, f"PRAGMA {name}={value}")
    cursor.close()


def _execute_in_turn(cursor: sqlite3.Cursor, statement: str) -> None:
    """Execute it, again while the file is locked: SQLite's own patience does not cover all of this.

    Of several that turn an empty file to WAL at the same time all but one are refused at once.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute(statement)
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & _PRIMARY_CODE == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
        time.sleep(_TURN_SECONDS)
