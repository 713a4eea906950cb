"""Every failure of the command line is one clear line and a non-zero exit; nothing is half done."""

import re
from pathlib import Path

import pytest

from shared.errors import TanggapError
from tanggap.__main__ import app, main
from tanggap.failure import exit_code, failure_line


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    said = capsys.readouterr()
    code = ended.value.code
    assert isinstance(code, int)
    return code, said.out, said.err


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MASTER_KEY", "BROKER_URL", "DATABASE_URL", "DATA_DIR", "TRACEBACK", "DEMO"):
        monkeypatch.delenv(f"TANGGAP_{name}", raising=False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["score", "verify"], "no database"),
        (["score", "show", "paser"], "no database"),
        (["dlq", "ls"], "no database"),
        (["dlq", "replay"], "by id, or say --all"),
        (["outbox", "republish"], "--missing"),
        (["outbox", "republish", "--missing"], "no database"),
        (["simulate", "--rate", "1", "--seconds", "1"], "no database"),
        (["erase", "7KQ4-2MXR"], "no database"),
        (["erase", "7KQ4-2MXR", "--asked", "kemarin"], "is not a time"),
        (["users", "disable", "siti"], "no database"),
        (["import", "opd", "none.csv"], "no database"),
        (["import", "services", "none.csv"], "no database"),
        (["import", "pekppp", "none.csv"], "no database"),
        (["export", "scores", "paser", "out.csv"], "no database"),
        (["survey", "tokens", "paser/dinkes", "5"], "TANGGAP_MASTER_KEY"),
        (["run", "desk"], "embedded broker does not run"),
        (["topics", "apply"], "embedded broker does not run"),
        (["up"], "TANGGAP_MASTER_KEY"),
    ],
)
def test_a_failure_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    code, _, err = run(capsys, *words, "--data", str(tmp_path / "data"))
    last = err.strip().splitlines()[-1]
    assert code == 1
    assert last.startswith("tanggap: ")
    assert said in last
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "words", [["nonsense"], ["users", "add"], ["run", "nobody"], ["simulate", "--rate", "0"]]
)
def test_a_misused_command_is_one_line_and_2(
    capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    code, _, err = run(capsys, *words)
    assert code == 2
    assert len(err.strip().splitlines()) == 1
    assert "--help" in err


def test_a_bad_setting_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANGGAP_BROKER_URL", "redis://x")
    code, _, err = run(capsys, "up", "--data", str(tmp_path / "data"))
    assert code == 1
    assert "TANGGAP_BROKER_URL: use embedded:// or kafka://" in err


def test_up_leaves_nothing_behind_when_the_key_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "up", "--data", str(tmp_path / "data"))
    assert not (tmp_path / "data" / "run.json").exists()
    assert not (tmp_path / "data" / "master.key").exists()


def test_an_unexpected_error_does_not_quote_what_it_holds() -> None:
    error = RuntimeError("nomor saya 0812 3456 7890")
    assert "0812" not in failure_line(error)
    assert exit_code(error) == 1


def test_a_message_never_spans_lines() -> None:
    assert failure_line(TanggapError("one\n  two")) == "one two"


def _commands(group: object, path: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for name, command in getattr(group, "commands", {}).items():
        where = f"{path} {name}".strip()
        if getattr(command, "commands", None):
            found |= _commands(command, where)
        else:
            found[where] = command
    return found


def test_every_command_of_the_design_is_there_with_an_example() -> None:
    import typer

    commands = _commands(typer.main.get_command(app))
    assert set(commands) >= {
        "up", "run", "db upgrade", "topics apply", "backup", "simulate", "classify",
        "score show", "score explain", "score history", "score verify", "score rebuild",
        "score counts-from", "score services",
        "dlq ls", "dlq show", "dlq replay", "outbox republish",
        "users add", "users disable", "users password", "survey tokens", "erase",
        "import opd", "import services", "import pekppp", "export scores",
    }  # fmt: skip
    for name, command in commands.items():
        epilog = str(getattr(command, "epilog", ""))
        assert re.match(rf"Example: .*tanggap {name}\b", epilog), name
        options = {option for p in getattr(command, "params", []) for option in p.opts}
        assert "--data" in options, name
