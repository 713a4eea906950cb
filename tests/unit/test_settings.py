"""Settings: defaults of design §3, values checked with a clear message, secrets never shown."""

import base64
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from shared.settings import Settings

KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("TANGGAP_"):
            monkeypatch.delenv(name)


def _refusal(**values: object) -> str:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(values)
    return str(caught.value)


def test_everything_lies_under_the_data_folder_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings()
    assert settings.data_dir == tmp_path / "var"
    assert settings.database_url == f"sqlite:///{tmp_path}/var/tanggap.db"
    assert settings.files_url == (tmp_path / "var" / "files").as_uri()
    assert settings.broker_url == "embedded://"
    assert settings.master_key is None
    assert not settings.demo


def test_the_environment_is_read_under_our_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANGGAP_DATA_DIR", "/srv/tanggap")
    monkeypatch.setenv("TANGGAP_DATABASE_URL", "postgresql+psycopg://db/tanggap")
    monkeypatch.setenv("TANGGAP_BROKER_URL", "kafka://a:9092,b:9092")
    monkeypatch.setenv("TANGGAP_TOPIC_PREFIX", "paser.")
    monkeypatch.setenv("TANGGAP_NOBODY_KNOWS_THIS", "1")
    settings = Settings()
    assert settings.database_url == "postgresql+psycopg://db/tanggap"
    assert settings.bootstrap_servers == ["a:9092", "b:9092"]
    assert settings.topic("case.events.v1") == "paser.case.events.v1"
    assert settings.files_url == "file:///srv/tanggap/files"


def test_settings_do_not_change_while_a_service_runs() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().demo = True


@pytest.mark.parametrize("url", ["", "kafka://", "localhost:9092", "http://localhost", "embedded"])
def test_a_broker_we_do_not_know_is_refused_with_the_remedy(url: str) -> None:
    assert "embedded:// or kafka://host:port" in _refusal(broker_url=url)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("broker_session_seconds", 0),
        ("broker_session_seconds", 301),
        ("dependency_seconds", 121),
        ("batch_size", 0),
        ("topic_partitions", 0),
        ("topic_prefix", "Paser/"),
        ("desk_port", 70_000),
    ],
)
def test_a_value_out_of_its_range_is_named(name: str, value: object) -> None:
    assert name in _refusal(**{name: value})


def test_a_placeholder_is_no_secret_outside_the_demonstration() -> None:
    assert "changethis" in _refusal(master_key="changethis")
    assert "changethis" in _refusal(broker_password="changethis")
    assert Settings.model_validate({"master_key": "changethis", "demo": True}).demo


def test_secrets_are_not_shown() -> None:
    settings = Settings.model_validate({"master_key": KEY, "broker_password": "rahasia-sekali"})
    shown = f"{settings!r} {settings} {settings.model_dump_json()}"
    assert KEY not in shown
    assert "rahasia-sekali" not in shown


def test_the_master_key_is_32_bytes() -> None:
    settings = Settings.model_validate({"master_key": SecretStr(KEY)})
    assert settings.master_key_bytes() == bytes(range(32))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "not set: 32 random bytes"),
        ("not base64!", "not base64"),
        (base64.b64encode(b"short").decode(), "exactly 32 bytes"),
    ],
)
def test_a_bad_master_key_is_told_with_the_remedy_and_not_shown(
    value: str | None, message: str
) -> None:
    settings = Settings.model_validate({"master_key": value})
    with pytest.raises(ValueError, match=message) as caught:
        settings.master_key_bytes()
    assert value is None or value not in str(caught.value)
