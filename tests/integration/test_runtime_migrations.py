"""Migrating real databases: the same schema on both, several at once, nothing half done."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.exc import OperationalError

from shared.db import migrate
from shared.db.engine import Database
from shared.db.tables import metadata
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
