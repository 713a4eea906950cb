"""The rules of design §2.7 on both databases: transactions, patience, time, bulk statements."""

import os
import socket
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, StatementError

from shared.db import engine
from shared.db.engine import Database, DatabaseConfigError
from shared.db.statements import append, insert_ignore, insert_new, upsert_add
from shared.db.tables.common import meta
from shared.db.trouble import is_dependency_trouble
from shared.db.types import UTCDateTime
from shared.errors import InvalidMessageError, TransientError

_metadata = MetaData()
counters = Table(
    "test_counters",
    _metadata,
    Column("a", String(8), primary_key=True),
    Column("b", Integer, primary_key=True),
    Column("n", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
)
wide = Table(
    "test_wide",
    _metadata,
    Column("id", Integer, primary_key=True),
    *(Column(f"c{number}", Integer) for number in range(80)),
)
times = Table("test_times", _metadata, Column("at", UTCDateTime, primary_key=True))


@pytest.fixture
def scratch(db: Database) -> Database:
    """The database with the tables of these tests."""
    _metadata.create_all(db.engine)
    return db


def _keys(db: Database) -> set[str]:
    with db.read() as conn:
        return set(conn.execute(select(meta.c.key)).scalars())


def _put(conn: Connection, key: str) -> None:
    conn.execute(insert(meta), {"key": key, "value": ""})


# -- opening --------------------------------------------------------------------------------------


def test_sqlite_runs_under_our_pragmas(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    db.assert_rules()
    with db.read() as conn:
        found = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in (
                "journal_mode",
                "synchronous",
                "busy_timeout",
                "foreign_keys",
                "secure_delete",
            )
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "busy_timeout": 30_000,
        "foreign_keys": 1,
        "secure_delete": 1,
    }
    db.close()


@pytest.mark.postgres
def test_a_postgresql_that_falls_silent_is_given_up_soon(migrated_postgres_url: str) -> None:
    db = Database(migrated_postgres_url)
    with db.write() as conn:
        driver = conn.connection.driver_connection
        assert driver is not None
        with socket.socket(fileno=os.dup(driver.fileno())) as line:
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            names = ("USER_TIMEOUT", "KEEPIDLE", "KEEPINTVL", "KEEPCNT")
            found = [
                line.getsockopt(socket.IPPROTO_TCP, getattr(socket, f"TCP_{name}"))
                for name in names
            ]
    assert found == [10_000, 10, 5, 3]
    db.close()


def test_an_error_does_not_quote_what_was_written(db: Database) -> None:
    with db.write() as conn:
        _put(conn, "0812 9876 5432")
    with pytest.raises(IntegrityError) as error, db.write() as conn:
        conn.execute(insert(meta), {"key": "0812 9876 5432", "value": "Zubaidah"})
    assert "Zubaidah" not in str(error.value)


@pytest.mark.parametrize("pragma", ["synchronous=1", "busy_timeout=5000", "foreign_keys=0"])
def test_another_pragma_is_noticed_at_the_start(sqlite_url: str, pragma: str) -> None:
    db = Database(sqlite_url, pool_size=1)
    with db.engine.connect() as conn:
        conn.exec_driver_sql(f"PRAGMA {pragma}")
    with pytest.raises(DatabaseConfigError, match=pragma.partition("=")[0]):
        db.assert_rules()
    db.close()


def test_rules_of_sqlite_do_not_concern_postgresql(db: Database) -> None:
    db.assert_rules()
    assert db.ping()


def test_a_database_we_do_not_know_is_refused() -> None:
    with pytest.raises(DatabaseConfigError, match="postgresql"):
        Database("mysql://localhost/tanggap")


def test_the_folder_of_a_sqlite_file_is_made(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path}/new/folder/tanggap.db")
    assert db.ping()
    db.close()


# -- transactions ---------------------------------------------------------------------------------


def test_a_transaction_commits_at_its_end(db: Database) -> None:
    with db.write() as conn:
        _put(conn, "a")
        assert _keys(db) == set()
    assert _keys(db) == {"a"}


def test_a_reader_may_write_to_scratch_tables_of_its_own(db: Database) -> None:
    notes = Table(
        "scratch", MetaData(), Column("a", String(8)), Column("n", Integer), prefixes=["TEMPORARY"]
    )
    for failing in (True, False):
        with suppress(KeyError), db.read([notes]) as conn:
            seen = conn.execute(select(func.count()).select_from(meta)).scalar()
            append(conn, notes, ((f"k{number}", number) for number in range(1000)))
            append(conn, notes, [])
            with db.write() as writer:
                _put(writer, f"later {failing}")
            assert conn.execute(select(func.sum(notes.c.n))).scalar() == 499_500
            assert conn.execute(select(func.count()).select_from(meta)).scalar() == seen
            if failing:
                raise KeyError
        with db.read() as conn, pytest.raises(DBAPIError):
            conn.execute(select(notes))
    assert _keys(db) == {"later True", "later False"}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_any_error_rolls_it_back(db: Database, error: type[BaseException]) -> None:
    def fail() -> None:
        with db.write() as conn:
            _put(conn, "a")
            raise error

    with pytest.raises(error):
        fail()
    assert _keys(db) == set()


def test_a_statement_that_fails_rolls_all_of_it_back(db: Database) -> None:
    def fail() -> None:
        with db.write() as conn:
            _put(conn, "a")
            _put(conn, "a")

    with pytest.raises(IntegrityError):
        fail()
    assert _keys(db) == set()


def test_a_reader_sees_one_moment(db: Database) -> None:
    with db.write() as conn:
        _put(conn, "a")
    with db.read() as reader:
        count = select(func.count()).select_from(meta)
        assert reader.execute(count).scalar() == 1
        with db.write() as conn:
            _put(conn, "b")
        assert reader.execute(count).scalar() == 1
    assert _keys(db) == {"a", "b"}


def test_a_reader_leaves_no_trace_on_its_connection(database_url: str) -> None:
    """One connection for all: the next user must be able to write, and reads what is new."""
    db = Database(database_url, pool_size=1)
    for number in range(3):
        with db.read() as conn:
            conn.execute(select(meta)).all()
        with db.write() as conn:
            _put(conn, str(number))
    assert _keys(db) == {"0", "1", "2"}
    db.close()


@pytest.mark.postgres
def test_a_reader_of_postgresql_cannot_write(migrated_postgres_url: str) -> None:
    db = Database(migrated_postgres_url)
    with pytest.raises(DBAPIError, match="read-only"), db.read() as conn:
        _put(conn, "a")
    db.close()


def test_eight_threads_that_write_never_find_it_locked(scratch: Database) -> None:
    """Each transaction reads before it writes, as real ones do: with a deferred BEGIN that fails.

    Every count is right in the end, so nobody worked on a value that somebody else changed.
    """
    with scratch.write() as conn:
        conn.execute(insert(counters), {"a": "x", "b": 1, "n": 0, "total": 0})
    row = select(counters.c.n)
    if scratch.dialect == "postgresql":
        row = row.with_for_update()

    def count(_: int) -> None:
        for _ in range(50):
            with scratch.write() as conn:
                n = conn.execute(row).scalar_one()
                conn.execute(update(counters).values(n=n + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(8)))
    with scratch.read() as conn:
        assert conn.execute(select(counters.c.n)).scalar() == 400


def test_several_that_open_an_empty_file_at_once_all_get_in(tmp_path: Path) -> None:
    """SQLite itself refuses one of them in every sixth round or so: each turns the file to WAL."""
    for number in range(30):
        databases = [Database(f"sqlite:///{tmp_path}/{number}.db") for _ in range(6)]
        together = threading.Barrier(len(databases))

        def open_it(db: Database, together: threading.Barrier = together) -> bool:
            together.wait()
            return db.ping()

        with ThreadPoolExecutor(len(databases)) as pool:
            assert all(pool.map(open_it, databases))
        for db in databases:
            db.close()


def test_who_opens_a_file_that_stays_locked_gives_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 50)
    file = tmp_path / "locked.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        db = Database(f"sqlite:///{file}")
        with pytest.raises(OperationalError, match="locked"):
            db.ping()
        holder.execute("COMMIT")
        assert db.ping()
        db.close()


def test_a_writer_waits_for_the_one_before(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    begun, done = threading.Event(), threading.Event()

    def second() -> None:
        begun.set()
        with db.write() as conn:
            _put(conn, "second")
        done.set()

    with db.write() as conn:
        _put(conn, "first")
        thread = threading.Thread(target=second)
        thread.start()
        assert begun.wait(5)
        assert not done.wait(0.2)
    thread.join(10)
    assert done.is_set()
    assert _keys(db) == {"first", "second"}
    db.close()


# -- time -----------------------------------------------------------------------------------------


def test_a_naive_time_is_refused(scratch: Database) -> None:
    naive = datetime(2026, 11, 21, 8, 0)  # noqa: DTZ001 - that is the point
    with pytest.raises(StatementError, match="time zone"), scratch.write() as conn:
        conn.execute(insert(times), {"at": naive})
    with pytest.raises(StatementError, match="time zone"), scratch.read() as conn:
        conn.execute(select(times).where(times.c.at < naive)).all()


def test_times_come_back_as_the_same_instant_in_utc_and_in_order(scratch: Database) -> None:
    wit = timezone(timedelta(hours=9))
    found = [
        datetime(2026, 11, 21, 8, 0, 0, 1, tzinfo=wit),
        datetime(2026, 11, 20, 23, 30, tzinfo=UTC),
        datetime(2026, 11, 21, 9, 0, tzinfo=wit),
    ]
    with scratch.write() as conn:
        conn.execute(insert(times), [{"at": moment} for moment in found])
    with scratch.read() as conn:
        back = list(conn.execute(select(times.c.at).order_by(times.c.at)).scalars())
        assert back == sorted(found)
        assert all(moment.tzinfo is UTC or moment.utcoffset() == timedelta(0) for moment in back)
        before = select(times.c.at).where(times.c.at < datetime(2026, 11, 20, 23, 30, 0, 1, UTC))
        assert list(conn.execute(before).scalars()) == [
            datetime(2026, 11, 20, 23, 0, 0, 1, tzinfo=UTC),
            datetime(2026, 11, 20, 23, 30, tzinfo=UTC),
        ]


# -- bulk statements ------------------------------------------------------------------------------


def test_ignoring_leaves_what_is_there(db: Database) -> None:
    with db.write() as conn:
        conn.execute(insert(meta), {"key": "a", "value": "old"})
        rows = [{"key": str(n), "value": "new"} for n in range(1200)]
        insert_ignore(conn, meta, [{"key": "a", "value": "new"}, *rows])
        insert_ignore(conn, meta, [])
        found = {row.key: row.value for row in conn.execute(select(meta))}
    assert found.pop("a") == "old"
    assert found == {str(n): "new" for n in range(1200)}


def test_new_rows_are_named_and_only_they(db: Database) -> None:
    rows = [{"key": str(n), "value": ""} for n in range(1200)]
    with db.write() as conn:
        assert insert_new(conn, meta, rows[:700], "key") == {str(n) for n in range(700)}
        assert insert_new(conn, meta, rows, "key") == {str(n) for n in range(700, 1200)}
        assert insert_new(conn, meta, rows, "key") == set()
        assert insert_new(conn, meta, [], "key") == set()


def test_a_table_of_many_columns_fits_into_a_statement(scratch: Database) -> None:
    rows = [{"id": n, **{f"c{c}": c for c in range(80)}} for n in range(450)]
    with scratch.write() as conn:
        assert insert_new(conn, wide, rows, "id") == set(range(450))


def test_counters_are_added_to(scratch: Database) -> None:
    rows = [{"a": a, "b": b, "n": 1, "total": b} for a in "xyz" for b in range(400)]
    with scratch.write() as conn:
        upsert_add(conn, counters, rows, ["n", "total"])
        upsert_add(conn, counters, rows[::-1], ["n"])
        upsert_add(conn, counters, [], ["n"])
    with scratch.read() as conn:
        found = {(row.a, row.b): (row.n, row.total) for row in conn.execute(select(counters))}
    assert found == {(a, b): (2, b) for a in "xyz" for b in range(400)}


def test_workers_that_add_to_the_same_counters_do_not_stop_each_other(scratch: Database) -> None:
    rows = [{"a": a, "b": b, "n": 1, "total": 0} for a in "xyz" for b in range(10)]

    def add(number: int) -> None:
        mixed = rows[number:] + rows[:number]
        for _ in range(10):
            with scratch.write() as conn:
                upsert_add(conn, counters, mixed, ["n"])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add, range(6)))
    with scratch.read() as conn:
        assert set(conn.execute(select(counters.c.n)).scalars()) == {60}


# -- whose fault ----------------------------------------------------------------------------------


def test_a_database_that_is_away_is_the_dependency(tmp_path: Path) -> None:
    away = Database("postgresql+psycopg://postgres@127.0.0.1:1/none")
    with pytest.raises(OperationalError) as caught:
        away.ping()
    assert is_dependency_trouble(caught.value)
    folder = Database(f"sqlite:///{tmp_path}")
    with pytest.raises(OperationalError) as caught:
        folder.ping()
    assert is_dependency_trouble(caught.value)


def test_a_locked_sqlite_is_the_dependency(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    with db.write(), db.engine.connect() as other:
        other.exec_driver_sql("PRAGMA busy_timeout=1")
        with pytest.raises(OperationalError) as caught:
            other.exec_driver_sql("BEGIN IMMEDIATE")
    assert is_dependency_trouble(caught.value)
    db.close()


def test_a_wrong_row_is_the_event(scratch: Database) -> None:
    with pytest.raises(IntegrityError) as caught, scratch.write() as conn:
        conn.execute(insert(meta), {"key": "a", "value": None})
    assert not is_dependency_trouble(caught.value)


@pytest.mark.postgres
def test_what_postgresql_says_of_a_value_is_the_event(migrated_postgres_url: str) -> None:
    db = Database(migrated_postgres_url)
    deep = "[" * 100_000 + "]" * 100_000
    for statement, value in (
        (text("SELECT CAST(:value AS jsonb)"), deep),
        (text("SELECT CAST(:value AS jsonb)"), '"\\u0000"'),
        (text("SELECT CAST(:value AS integer)"), "99999999999"),
        (text("SELECT CAST(:value AS text)"), "a\x00b"),
    ):
        with pytest.raises(DBAPIError) as caught, db.write() as conn:
            conn.execute(statement, {"value": value})
        assert not is_dependency_trouble(caught.value)
    db.close()


@pytest.mark.postgres
def test_time_limits_of_postgresql_pass(migrated_postgres_url: str) -> None:
    def run(limit: str, statement: str) -> None:
        with db.write() as conn:
            conn.execute(text(f"SET LOCAL {limit} = 1"))
            conn.execute(text(statement))

    db = Database(migrated_postgres_url)
    with pytest.raises(DBAPIError) as caught:
        run("statement_timeout", "SELECT pg_sleep(5)")
    assert is_dependency_trouble(caught.value)
    with db.write() as holder:
        holder.execute(text("LOCK TABLE meta"))
        with pytest.raises(DBAPIError) as caught:
            run("lock_timeout", "SELECT * FROM meta")
    assert is_dependency_trouble(caught.value)
    db.close()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TransientError("x"), True),
        (OSError("x"), True),
        (TimeoutError("x"), True),
        (ConnectionResetError("x"), True),
        (InvalidMessageError("x"), False),
        (ValueError("x"), False),
        (KeyError("x"), False),
        (RecursionError("x"), False),
        (sqlite3.OperationalError("x"), False),
    ],
)
def test_other_errors(error: Exception, expected: bool) -> None:
    assert is_dependency_trouble(error) is expected
