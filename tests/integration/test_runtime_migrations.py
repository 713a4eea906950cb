"""Migrating real databases: the same schema on both, several at once, nothing half done."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, insert, inspect, select, text
from sqlalchemy.exc import OperationalError

from shared.db import migrate
from shared.db.engine import Database
from shared.db.tables import metadata
from shared.db.tables.scoring import scoring_counters, scoring_skm_counters
from shared.errors import TanggapError


@pytest.fixture
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    return str(request.getfixturevalue("postgres_url"))


both = pytest.mark.parametrize(
    "empty_url",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
    indirect=True,
)


def _tables(engine: Engine) -> set[str]:
    with engine.connect() as conn:
        return set(inspect(conn).get_table_names())


def test_the_schema_is_what_the_tables_declare(db: Database) -> None:
    with db.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert not compare_metadata(context, metadata)


@both
def test_several_at_once_migrate_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate.upgrade, [empty_url] * 4))
    db = Database(empty_url)
    migrate.require_head(db)
    assert _tables(db.engine) == {*metadata.tables, "alembic_version"}
    db.close()


@both
def test_a_migration_that_fails_leaves_nothing(empty_url: str) -> None:
    engine = create_engine(empty_url)
    with engine.begin() as conn:
        # In the way of a table in the middle of the first revision.
        conn.execute(text("CREATE TABLE outbox (other INTEGER)"))
    with pytest.raises(Exception, match="outbox"):
        migrate.upgrade(empty_url)
    assert _tables(engine) == {"outbox"}
    engine.dispose()


@both
def test_coarser_counters_are_made_of_the_others(empty_url: str) -> None:
    db = Database(empty_url)
    with migrate.transaction(db) as conn:
        migrate.move(conn, "0001")
    october, december, january = (12 * 2025 + 9, 12 * 2025 + 11, 12 * 2026)
    of = {"region": "paser", "opd": "paser/dpupr"}
    state, cohort = of | {"measure": "finish.running"}, of | {"measure": "year.in"}
    before = [
        state | {"grain": 0, "step": 0, "tick": 1479300, "n": 5},
        state | {"grain": 1, "step": 0, "tick": october, "n": 5},
        state | {"grain": 1, "step": 0, "tick": december, "n": -2},
        state | {"grain": 1, "step": 0, "tick": january, "n": 4},
        cohort | {"grain": 6, "step": october, "tick": 1479300, "n": 3},
        cohort | {"grain": 6, "step": december, "tick": 1479300, "n": 4},
        cohort | {"grain": 7, "step": october, "tick": december, "n": 3},
        cohort | {"grain": 7, "step": december, "tick": december, "n": 4},
        cohort | {"grain": 7, "step": december, "tick": january, "n": -1},
    ]
    with db.write() as conn:
        conn.execute(insert(scoring_counters), before)
        answers = of | {"grain": 1, "step": october, "element": "waktu", "total": 3, "n": 1}
        conn.execute(
            insert(scoring_skm_counters), [answers | {"service": name} for name in ("A", "B", "")]
        )
    migrate.upgrade(empty_url)
    with db.read() as conn:
        c = scoring_counters.c
        query = select(c.grain, c.step, c.tick, c.n).where(c.grain > 5)
        found = sorted(tuple(row) for row in conn.execute(query))
        c = scoring_skm_counters.c
        query = select(c.grain, c.service, c.total, c.n).where(c.grain > 1)
        of_all = [tuple(row) for row in conn.execute(query)]
    db.close()
    assert of_all == [(3, "", 9, 3)]
    assert found == [
        (8, 0, 2025, 3), (8, 0, 2026, 4),
        (9, 2025, 1479300, 7),
        (10, 2025, december, 7), (10, 2025, january, -1),
        (11, 2025, 2025, 7), (11, 2025, 2026, -1),
    ]  # fmt: skip


@both
def test_down_and_up_again(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    db = Database(empty_url)
    with db.write() as conn:
        migrate.move(conn, "base")
    assert _tables(db.engine) == {"alembic_version"}
    with pytest.raises(TanggapError, match="db upgrade"):
        migrate.require_head(db)
    migrate.upgrade(empty_url)
    migrate.require_head(db)
    db.close()


@pytest.mark.postgres
def test_a_migration_gives_up_soon_when_somebody_uses_a_table(
    migrated_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits for an exclusive lock stops everybody who comes later."""
    monkeypatch.setattr(migrate, "_LOCK_TIMEOUT", "100ms")
    db = Database(migrated_postgres_url)
    with db.read() as reader:
        reader.execute(text("SELECT * FROM inbox"))
        with pytest.raises(OperationalError, match="lock timeout"), migrate.transaction(db) as conn:
            migrate.move(conn, "base")
    migrate.require_head(db)
    db.close()
