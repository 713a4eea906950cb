"""`tanggap classify` answers as the installation's classifier would."""

import io
import json
import sys
from pathlib import Path

import pytest

from tanggap.__main__ import main


def answer(capsys: pytest.CaptureFixture[str], data: Path, *words: str) -> tuple[str, str | None]:
    """The model that answered, and why no better one did."""
    with pytest.raises(SystemExit) as ended:
        main(["classify", "jalan rusak", "--json", "--data", str(data), *words])
    assert ended.value.code == 0
    found = json.loads(capsys.readouterr().out)
    return found["model_version"], found["degraded"]


@pytest.mark.parametrize(
    ("named", "words", "model", "degraded"),
    [
        ("rules-1", (), "rules-1", None),
        ("rules-1", ("--model", "linear-4"), "linear-4+rules-1", None),
        ("linear-4", (), "linear-4+rules-1", None),
        ("linear-99", (), "rules-1", "linear-missing"),
    ],
)
def test_the_setting_names_the_model_unless_the_command_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    named: str, words: tuple[str, ...], model: str, degraded: str | None,
) -> None:  # fmt: skip
    monkeypatch.setenv("TANGGAP_CLASSIFIER_MODEL", named)
    assert answer(capsys, tmp_path, *words) == (model, degraded)


def test_artefacts_are_looked_for_where_the_setting_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANGGAP_CLASSIFIER_ARTEFACTS", str(tmp_path))
    assert answer(capsys, tmp_path, "--model", "linear-4") == ("rules-1", "linear-missing")


def test_a_line_in_is_a_line_out_whatever_the_model_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANGGAP_CLASSIFIER_MODEL", "linear-99")
    lines = b'{"text": "jalan rusak"}\n{"text": ""}\n'
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines), encoding="utf-8"))
    with pytest.raises(SystemExit) as ended:
        main(["classify", "-", "--data", str(tmp_path)])
    assert ended.value.code == 0
    said = capsys.readouterr()
    found = [json.loads(line) for line in said.out.splitlines()]
    assert [one["degraded"] for one in found] == ["linear-missing", "linear-missing"]
    assert "classifier-degraded" in said.err
