"""What `tanggap up` prepares before it starts, and the backup of it."""

import json
import shutil
import sqlite3
import stat
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from shared.db import migrate
from shared.db.engine import Database
from shared.db.read.directory import Directory
from shared.db.tables.common import meta
from shared.db.tables.desk import desk_audit
from shared.errors import TanggapError
from tanggap.__main__ import main
from tanggap.commands.backup import backup
from tanggap.installation import settings_of
from tanggap.opd_list import read_list, replace_list
from tanggap.supervisor.preparation import make_data_folder, prepare

KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


def _silent(text: str) -> None:
    pass


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MASTER_KEY", "BROKER_URL", "DATABASE_URL", "DATA_DIR", "DEFAULT_REGION"):
        monkeypatch.delenv(f"TANGGAP_{name}", raising=False)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: hashing the passwords of every account takes its time."""
    data = make_data_folder(tmp_path_factory.mktemp("seeded") / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TANGGAP_MASTER_KEY", raising=False)
        patch.delenv("TANGGAP_DATABASE_URL", raising=False)
        prepare(data, demo=True, tell=_silent)
    return data


@pytest.fixture
def data(seeded: Path, tmp_path: Path) -> Path:
    """A demo's data folder, with an attachment in it."""
    folder = tmp_path / "data"
    shutil.copytree(seeded, folder)
    (folder / "files" / "ab").mkdir(parents=True)
    (folder / "files" / "ab" / "sealed").write_bytes(b"\x01sealed")
    return folder


def test_a_demo_is_prepared_with_private_files_and_stays_as_it_is(data: Path) -> None:
    accounts = data / "demo-accounts.json"
    assert [_mode(data), _mode(data / "master.key"), _mode(accounts)] == [0o700, 0o600, 0o600]
    listed = json.loads(accounts.read_text())
    assert all(set(row) == {"username", "password", "role", "region", "opd"} for row in listed)
    coordinators = {row["region"] for row in listed if row["role"] == "coordinator"}
    assert coordinators == {"ppu", "kukar", "paser", "kutim", "mimika"}
    for region in coordinators:
        handled = {r["opd"] for r in listed if r["role"] == "handler" and r["region"] == region}
        assert len(handled) >= 3
    assert {"monitor", "admin"} <= {row["role"] for row in listed}

    before = ((data / "master.key").read_bytes(), accounts.read_bytes())
    prepared = prepare(data, demo=True, tell=_silent)
    assert prepared.settings.demo
    assert prepared.settings.default_region == "paser"
    assert ((data / "master.key").read_bytes(), accounts.read_bytes()) == before


def test_the_key_of_the_environment_wins_over_the_one_of_the_demo(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANGGAP_MASTER_KEY", KEY)
    (data / "master.key").unlink()
    assert prepare(data, demo=True, tell=_silent).settings.master_key_bytes() == bytes(32)
    assert not (data / "master.key").exists()


def test_demo_and_real_databases_are_kept_apart(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TanggapError, match="made with --demo"):
        prepare(data, demo=False, tell=_silent)
    monkeypatch.setenv("TANGGAP_MASTER_KEY", KEY)
    real = make_data_folder(tmp_path / "real")
    prepare(real, demo=False, tell=_silent)
    with pytest.raises(TanggapError, match="made without --demo"):
        prepare(real, demo=True, tell=_silent)
    assert not (real / "demo-accounts.json").exists()


def test_a_database_in_use_without_a_mark_is_no_demo(data: Path) -> None:
    database = Database(settings_of(data).database_url)
    with database.write() as conn:
        conn.execute(delete(meta))
    database.close()
    with pytest.raises(TanggapError, match="made without --demo"):
        prepare(data, demo=True, tell=_silent)


def test_a_backup_holds_everything_and_keeps_the_key_apart(data: Path, tmp_path: Path) -> None:
    copy, keys = tmp_path / "copy", tmp_path / "keys"
    writer = sqlite3.connect(data / "tanggap.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO meta VALUES ('half', 'done')")
    backup(copy, keys, data)
    writer.execute("ROLLBACK")
    writer.close()

    copied = sqlite3.connect(copy / "database" / "tanggap.db")
    assert copied.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert copied.execute("SELECT count(*) FROM desk_users").fetchone()[0] > 10
    assert copied.execute("SELECT key FROM meta WHERE key = 'half'").fetchall() == []
    copied.close()
    assert (copy / "files" / "ab" / "sealed").read_bytes() == b"\x01sealed"
    assert not list(copy.rglob("master.key"))
    assert (keys / "master.key").read_text() == (data / "master.key").read_text()
    for path in (copy, keys, keys / "master.key", copy / "database" / "tanggap.db"):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077


def test_a_backup_never_writes_over_another(data: Path, tmp_path: Path) -> None:
    backup(tmp_path / "copy", None, data)
    with pytest.raises(TanggapError, match="not empty"):
        backup(tmp_path / "copy", None, data)


def test_a_backup_can_be_started_again(data: Path, tmp_path: Path) -> None:
    backup(tmp_path / "copy", None, data)
    restored = make_data_folder(tmp_path / "restored")
    (tmp_path / "copy" / "database" / "tanggap.db").rename(restored / "tanggap.db")
    (tmp_path / "copy" / "keys" / "master.key").rename(restored / "master.key")
    prepared = prepare(restored, demo=True, tell=_silent)
    assert prepared.settings.master_key_bytes() == settings_of(data).master_key_bytes()


@pytest.mark.skipif(shutil.which("pg_dump") is None, reason="pg_dump is not on the PATH")
def test_a_postgresql_database_is_dumped(
    data: Path, tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANGGAP_DATABASE_URL", postgres_url)
    migrate.upgrade(postgres_url)
    backup(tmp_path / "copy", None, data)
    dump = tmp_path / "copy" / "database" / "tanggap.dump"
    assert dump.read_bytes()[:5] == b"PGDMP"
    assert _mode(dump) == 0o600


def test_an_opd_list_is_replaced_with_dates(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(
        "region,name,title,short,kode,handles\n"
        "paser,setda-organisasi,Bagian Organisasi,Organisasi,,\n"
        "paser,inspektorat,Inspektorat,Inspektorat,,\n"
        "paser,dlh,Dinas Lingkungan Hidup dan Kebersihan,DLHK,A,sampah_lingkungan\n"
        "paser,baru,Dinas Baru,Baru,A,\n"
    )
    database = Database(settings_of(data).database_url)
    now = datetime(2026, 11, 21, 4, tzinfo=UTC)
    with database.write() as conn:
        before = Directory.load(conn, now.date())
        done = replace_list(conn, read_list(file), now)
    with database.read() as conn:
        old = Directory.load(conn, date(2026, 11, 20))
        new = Directory.load(conn, now.date())
    database.close()
    assert done.added == 1
    assert {opd.path for opd in new.opds("paser")} == {
        "setda-organisasi", "inspektorat", "dlh", "baru",
    }  # fmt: skip
    assert done.ended == len(before.opds("paser")) - 3
    renamed = new.opd("paser/dlh")
    assert renamed is not None
    assert renamed.short == "DLHK"
    assert old.opds("paser") == before.opds("paser")
    assert new.opds("kukar") == before.opds("kukar")


def test_the_day_from_which_a_region_counts_is_set_by_a_command_and_written_down(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as done:
        main(["score", "counts-from", "paser", "2026-01-01", "--data", str(data)])
    assert done.value.code == 0
    assert "paser counts from 2026-01-01; 0 cases folded anew." in capsys.readouterr().out
    db = Database(settings_of(data).database_url)
    with db.read() as conn:
        region = Directory.load(conn).region("paser")
        newest = select(desk_audit.c.action, desk_audit.c.reason).order_by(desk_audit.c.id.desc())
        told = conn.execute(newest).first()
    db.close()
    assert region is not None
    assert region.counts_from == date(2026, 1, 1)
    assert told == ("counts-from", "2026-01-01")
    with pytest.raises(SystemExit) as refused:
        main(["score", "counts-from", "atlantis", "none", "--data", str(data)])
    assert refused.value.code == 1
    assert "atlantis is no region" in capsys.readouterr().err
