"""The Alembic history: numbered, one head, and what it builds is what the tables declare."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from shared.db.engine import Database
from shared.db.migrate import FOLDER, configuration, current, head_revision, move, require_head
from shared.db.tables import metadata
from shared.errors import TanggapError


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    found = Database(sqlite_url)
    yield found
    found.close()


def _scripts(conn: Connection) -> ScriptDirectory:
    return ScriptDirectory.from_config(configuration(conn))


def _statements(conn: Connection, kind: str) -> dict[str, str]:
    found = text("SELECT name, sql FROM sqlite_master WHERE type = :kind")
    return {row.name: row.sql for row in conn.execute(found, {"kind": kind})}


def test_revisions_are_numbered_without_a_gap_and_named_by_their_files() -> None:
    names = sorted(path.name for path in (FOLDER / "versions").glob("[!_]*.py"))
    assert names
    for number, name in enumerate(names, start=1):
        assert re.fullmatch(rf"{number:04}_[a-z0-9_]+\.py", name), name


def test_there_is_one_head_and_the_file_names_it(database: Database) -> None:
    with database.read() as conn:
        assert _scripts(conn).get_heads() == [head_revision()]
        assert current(conn) == head_revision()


def test_every_revision_follows_the_one_before(database: Database) -> None:
    with database.read() as conn:
        revisions = list(_scripts(conn).walk_revisions())[::-1]
    downs = [revision.down_revision for revision in revisions]
    assert downs == [None, *(revision.revision for revision in revisions[:-1])]


def test_migrations_build_what_the_tables_declare(database: Database) -> None:
    with database.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        different = compare_metadata(context, metadata)
    assert not different, "run `python -m shared.db.migrations.autogenerate`"


def test_migrated_tables_have_the_options_that_only_sqlite_knows(database: Database) -> None:
    """Autogenerate does not compare them, so this does."""
    with database.read() as conn:
        statements = _statements(conn, "table")
    for table in metadata.tables.values():
        options = table.dialect_options["sqlite"]
        sql = statements[table.name]
        assert ("AUTOINCREMENT" in sql) is bool(options["autoincrement"]), table.name
        assert ("WITHOUT ROWID" in sql) is (options["with_rowid"] is False), table.name


def test_partial_indexes_are_partial(database: Database) -> None:
    with database.read() as conn:
        statements = _statements(conn, "index")
    wanted = {
        str(index.name): str(where)
        for table in metadata.tables.values()
        for index in table.indexes
        if (where := index.dialect_options["sqlite"]["where"]) is not None
    }
    assert wanted
    for name, where in wanted.items():
        assert statements[name].endswith(f"WHERE {where}")


def test_down_and_up_again(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/empty.db")
    with database.write() as conn:
        move(conn, head_revision())
        move(conn, "base")
        assert set(inspect(conn).get_table_names()) <= {"alembic_version", "sqlite_sequence"}
        assert current(conn) is None
        move(conn, head_revision())
        assert current(conn) == head_revision()
    require_head(database)
    database.close()


def test_an_older_or_a_newer_schema_is_named_with_the_remedy(database: Database) -> None:
    with database.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(TanggapError, match=r"9999.*`tanggap db upgrade`"):
        require_head(database)


def test_a_schema_of_a_newer_version_is_not_touched(database: Database) -> None:
    with database.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(TanggapError, match="newer"), database.write() as conn:
        move(conn, head_revision())
    with database.read() as conn:
        assert current(conn) == "9999"


def test_every_table_belongs_to_one_service() -> None:
    prefixes = ("ingest_", "classifier_", "desk_", "scoring_")
    common = {"outbox", "inbox", "dead_letters", "leases", "meta"}
    assert all(name in common or name.startswith(prefixes) for name in metadata.tables)
