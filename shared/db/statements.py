"""Bulk statements that both databases understand and SQLAlchemy spells differently."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Row = Mapping[str, Any]
_CHUNK = 500
# SQLite takes 32,766 bound values in a statement, PostgreSQL 65,535.
_MOST_VALUES = 32_000


def _insert(conn: Connection, table: Table) -> Any:
    if conn.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def _chunks(rows: Iterable[Row], size: int = _CHUNK) -> Iterable[list[Row]]:
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def insert_ignore(conn: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert the rows; one whose key is already there is left as it is."""
    for chunk in _chunks(rows):
        conn.execute(_insert(conn, table).on_conflict_do_nothing(), chunk)


def insert_new(conn: Connection, table: Table, rows: Iterable[Row], column: str) -> set[Any]:
    """Insert the rows and return `column` of those that were not there before."""
    found: set[Any] = set()
    wanted: Column[Any] = table.c[column]
    for chunk in _chunks(rows, min(_CHUNK, _MOST_VALUES // len(table.columns))):
        # SQLAlchemy sends few statements of many values each, in the order of the rows, and
        # compiles them once; RETURNING names exactly the rows that were written.
        statement = _insert(conn, table).on_conflict_do_nothing().returning(wanted)
        found.update(conn.execute(statement, chunk).scalars())
    return found


def append(conn: Connection, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    """Insert many rows fast: values in the order of the columns, as the driver takes them."""
    quote = conn.dialect.identifier_preparer.quote
    into = f"{quote(table.name)} ({', '.join(map(quote, table.columns.keys()))})"
    cursor: Any = conn.connection.cursor()
    if conn.dialect.name == "postgresql":
        with cursor.copy(f"COPY {into} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        places = ", ".join("?" * len(table.columns))
        cursor.executemany(f"INSERT INTO {into} VALUES ({places})", rows)  # noqa: S608 - names
    cursor.close()


def upsert_add(conn: Connection, table: Table, rows: Sequence[Row], add: Sequence[str]) -> None:
    """Insert counters, or add to them where the key exists; always in key order.

    The order is what keeps two workers from waiting for each other in a circle.
    """
    keys = [column.name for column in table.primary_key.columns]
    ordered = sorted(rows, key=lambda row: tuple(row[key] for key in keys))
    for chunk in _chunks(ordered):
        statement = _insert(conn, table)
        statement = statement.on_conflict_do_update(
            index_elements=keys,
            set_={name: table.c[name] + statement.excluded[name] for name in add},
        )
        conn.execute(statement, chunk)
