"""The accounting reads the same from SQLite and PostgreSQL, and misses nothing."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import Boolean, Connection, Date, Integer, LargeBinary, SmallInteger, Table, insert

from shared.clock import FixedClock
from shared.contracts.topics import Service
from shared.db.engine import Database
from shared.db.migrate import upgrade
from shared.db.read.accounting import accounting, dead_letter_counts, outbox_backlog
from shared.db.tables.common import dead_letters, outbox
from shared.db.tables.desk import desk_cases
from shared.db.tables.ingest import ingest_complaints, ingest_surveys
from shared.db.tables.scoring import scoring_cases, scoring_surveys
from shared.db.types import UTCDateTime
from shared.observe.state import register_state_collectors

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'tanggap.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    upgrade(url)
    database = Database(url)
    yield database
    database.close()


def _value(kind: Any) -> Any:
    if isinstance(kind, UTCDateTime):
        return LONG_AGO
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, Integer | SmallInteger):
        return 0
    if isinstance(kind, Date):
        return date(2026, 11, 21)
    if isinstance(kind, LargeBinary):
        return b""
    return [] if "JSON" in type(kind).__name__ else ""


def _add(conn: Connection, table: Table, **given: Any) -> None:
    """Insert a row; columns that do not matter here get any value that fits."""
    row: Mapping[str, Any] = {
        column.name: _value(column.type)
        for column in table.columns
        if not column.nullable and not column.foreign_keys and column.name != "id"
    }
    conn.execute(insert(table).values(**{**row, **given}))


def _complaint(conn: Connection, ticket: str, **given: Any) -> None:
    _add(conn, ingest_complaints, ticket=ticket, event_id=f"e-{ticket}", **given)


def test_what_is_neither_further_down_nor_a_dead_letter_is_missing(db: Database) -> None:
    with db.write() as conn:
        for ticket in ("AAAA-AAAA", "BBBB-BBBB", "CCCC-CCCC"):
            _complaint(conn, ticket)
        _complaint(conn, "NEWW-NEWW", received_at=NOW - timedelta(minutes=1))
        _add(conn, desk_cases, ticket="AAAA-AAAA")
        _add(conn, dead_letters, group="desk", key=b"BBBB-BBBB", reason="bug")
        for receipt in ("S-AAAA-AAAA", "S-BBBB-BBBB", "S-CCCC-CCCC"):
            _add(conn, ingest_surveys, receipt=receipt, event_id=f"e-{receipt}")
        _add(conn, scoring_surveys, receipt="S-AAAA-AAAA")
        _add(conn, dead_letters, group="scoring", key=b"S-BBBB-BBBB", reason="bug")

    with db.read() as conn:
        found = accounting(conn, NOW)
    assert (found.complaints, found.cases, found.surveys) == (4, 1, 3)
    assert found.missing_cases == 1
    assert found.missing_case_scores == 1
    assert found.missing_survey_scores == 1

    with db.write() as conn:
        _add(conn, scoring_cases, ticket="AAAA-AAAA")
    with db.read() as conn:
        assert accounting(conn, NOW).missing_case_scores == 0


def test_a_replayed_dead_letter_no_longer_waits(db: Database) -> None:
    with db.write() as conn:
        _add(conn, dead_letters, group="desk", reason="bug")
        _add(conn, dead_letters, group="desk", reason="bug", replayed_at=NOW)
    with db.read() as conn:
        assert [(d.group, d.reason, d.n) for d in dead_letter_counts(conn)] == [("desk", "bug", 1)]


def test_the_backlog_is_what_was_not_published(db: Database) -> None:
    with db.write() as conn:
        _add(conn, outbox, event_id="1", service="ingest", published_at=NOW)
        _add(conn, outbox, event_id="2", service="ingest", created_at=NOW)
        _add(conn, outbox, event_id="3", service="ingest")
    with db.read() as conn:
        [backlog] = outbox_backlog(conn)
    assert (backlog.service, backlog.pending, backlog.oldest) == ("ingest", 2, LONG_AGO)


@pytest.mark.parametrize(("service", "counts"), [(Service.DESK, True), (Service.SCORING, False)])
def test_a_registered_service_shows_the_state(db: Database, service: Service, counts: bool) -> None:
    with db.write() as conn:
        _add(conn, outbox, event_id="1", service="ingest")
        _add(conn, dead_letters, group="desk", reason="bug")
        _complaint(conn, "AAAA-AAAA")
    registry = CollectorRegistry()
    register_state_collectors(db, service, registry, FixedClock(NOW))
    page = generate_latest(registry).decode()
    assert 'tanggap_outbox_oldest_seconds{service="ingest"} 3600.0' in page
    assert 'tanggap_dead_letters{group="desk",reason="bug"} 1.0' in page
    assert ('tanggap_unaccounted{kind="complaint"} 1.0' in page) is counts
