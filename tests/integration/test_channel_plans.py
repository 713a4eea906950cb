"""SQLite finds rows of the channels by an index: it keeps no statistics, and one writer waits."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, event

from services.ingest.channels.forgetting import clear_messages
from services.ingest.channels.waiting import postpone, ready_senders
from services.ingest.sending import deliveries
from shared.db.engine import Database

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
# A whole table, or all of it that is in one state: what waits is little, what is done is not.
_WHOLE = re.compile(r"SCAN ingest_(?:messages|talks|deliveries)\b|ingest_\w+ USING .* \(state=\?\)")


def plans(database: Database, work: Callable[[Connection], Any]) -> list[str]:
    """How SQLite goes about each statement of the work."""
    found: list[str] = []

    def explain(conn: Connection, _: Any, statement: str, values: Any, *_more: Any) -> None:
        cursor = conn.connection.cursor()
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        found.extend(row[-1] for row in cursor.fetchall())

    with database.write() as conn:
        event.listen(conn, "before_cursor_execute", explain)
        work(conn)
    return found


@pytest.mark.parametrize(
    "work",
    [
        lambda conn: clear_messages(conn, "T"),
        lambda conn: deliveries.named_early(conn),
        lambda conn: deliveries.by_provider(conn, "x"),
        lambda conn: postpone(conn, [1], "x", NOW),
    ],
    ids=["erasure", "early receipts", "receipt", "postponed"],
)
def test_no_table_is_read_whole(sqlite_url: str, work: Callable[[Connection], Any]) -> None:
    database = Database(sqlite_url)
    found = plans(database, work)
    database.close()
    assert found
    assert [line for line in found if _WHOLE.search(line)] == []


def test_who_is_next_is_read_off_the_index(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    found = plans(database, lambda conn: ready_senders(conn, NOW, 64))
    database.close()
    assert found[0].startswith("SEARCH ingest_messages USING COVERING INDEX")
    assert not any(line.startswith("SCAN") for line in found)
