"""What commands read of a running installation: run.json, its lock, the environment."""

import json
import stat
from pathlib import Path

import pytest

from shared import runfile
from shared.runfile import RunFile, RunningBroker, RunningService
from tanggap.installation import settings_of

BROKER = "kafka://127.0.0.1:19092"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MASTER_KEY", "BROKER_URL", "DATABASE_URL", "DATA_DIR", "DEFAULT_REGION"):
        monkeypatch.delenv(f"TANGGAP_{name}", raising=False)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _running(data: Path) -> RunFile:
    return RunFile(
        pid=1,
        broker_url=BROKER,
        database_url=f"sqlite:///{data / 'elsewhere.db'}",
        services={"desk": RunningService("http://127.0.0.1:8000", 2)},
        broker=RunningBroker(19092, 3),
    )


def test_a_run_file_counts_only_while_its_writer_lives(tmp_path: Path) -> None:
    lock = runfile.Lock(tmp_path)
    assert lock.acquire()
    _running(tmp_path).write(tmp_path)
    assert runfile.read(tmp_path) == _running(tmp_path)
    assert settings_of(tmp_path).broker_url == BROKER
    assert settings_of(tmp_path).broker_session_seconds == 6
    assert settings_of(tmp_path).database_url.endswith("elsewhere.db")

    lock.release()
    assert runfile.read(tmp_path) is None
    assert settings_of(tmp_path).broker_url == "embedded://"
    assert settings_of(tmp_path).database_url.endswith("tanggap.db")


def test_the_environment_wins_over_the_run_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = runfile.Lock(tmp_path)
    assert lock.acquire()
    _running(tmp_path).write(tmp_path)
    monkeypatch.setenv("TANGGAP_BROKER_URL", "kafka://kafka:9092")
    assert settings_of(tmp_path).broker_url == "kafka://kafka:9092"
    lock.release()


def test_the_run_file_holds_what_design_says_and_nobody_else_reads_it(tmp_path: Path) -> None:
    _running(tmp_path).write(tmp_path)
    path = tmp_path / "run.json"
    assert _mode(path) == 0o600
    assert json.loads(path.read_text()) == {
        "pid": 1,
        "broker_url": BROKER,
        "database_url": f"sqlite:///{tmp_path / 'elsewhere.db'}",
        "services": {"desk": {"url": "http://127.0.0.1:8000", "pid": 2}},
        "broker": {"port": 19092, "pid": 3},
    }


def test_a_folder_has_one_supervisor(tmp_path: Path) -> None:
    first, second = runfile.Lock(tmp_path), runfile.Lock(tmp_path)
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()
