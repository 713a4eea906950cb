"""From labelled texts to an artefact that answers, on sets as small as they can be."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from services.classifier.choosing import ENCODER, artefacts, chosen, newest
from services.classifier.corrections import CorrectedText
from services.classifier.layered import LayeredClassifier
from services.classifier.linear.model import MANIFEST
from services.classifier.ports import ClassificationRequest
from services.classifier.training.encoder.making import blend
from services.classifier.training.fitting import fit_products
from services.classifier.training.linear import LANGUAGES, TONES, Taught, language_texts
from services.classifier.training.run import train_linear
from services.classifier.training.sectors import sector_figures
from services.classifier.training.sets import Report, own_reports, statements
from shared.errors import TanggapError
from tanggap.__main__ import main

# A few seconds on a free machine; a busy one shares its cores with matrices badly.
pytestmark = pytest.mark.slow
TONE_WORDS = {"positive": "bagus sekali", "neutral": "biasa saja", "negative": "buruk benar"}


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The public sets' files with made-up texts; a language is a word of its own."""
    folder = tmp_path_factory.mktemp("sets")
    tones = [(tone, f"{TONE_WORDS[tone]} nomor {n}") for n in range(8) for tone in TONES]
    smsa = [{"text": text, "label": tone, "near_nusax_eval": "0"} for tone, text in tones]
    spoken = [
        {"id": str(n), "lang": language, "text": f"{language}kata {text}", "label": tone}
        for language in LANGUAGES
        if language != "abs"
        for n, (tone, text) in enumerate(tones[:9])
    ]
    two = [
        {"id": str(n), "text": f"abskata {text}", "label": tone, "lang": "abs"}
        for n, (tone, text) in enumerate(tones)
        if tone != "neutral"
    ]
    for name, rows in (("smsa", smsa), ("nusax_senti", spoken), ("nusatranslation_senti", two)):
        _write(folder / f"{name}_train.csv", rows)
        _write(folder / f"{name}_valid.csv", rows)
    sectors = {"DUKCAPIL": "ktp akta", "PERHUBUNGAN": "parkir bus", "LAINNYA": "cuaca cerah"}
    reports = [
        {"id": str(n), "title": words, "text": f"{words} {n}", "sector": sector}
        for n in range(10)
        for sector, words in sectors.items()
    ]
    _write(folder / "lapor2017_sector_train.csv", reports)
    return folder


@pytest.fixture(scope="module")
def trained(sets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models") / "linear-7"
    reports = [report for report in own_reports() if report.split != "test"][::6]
    taught = Taught(reports, statements()[::8])
    word = "zirbatul"
    correction = CorrectedText(
        f"{word} {word}", "category", "lainnya", "perizinan", datetime.now(UTC), "rules-1"
    )
    others = [("opd", "paser/dpmptsp"), ("kind", "aspirasi"), ("urgency", "rendah"),
              ("berkadar_pengawasan", "0")]  # fmt: skip
    corrections = [correction] * 5 + [
        CorrectedText(f"{word} {field}", field, "", label, datetime.now(UTC), "rules-1")
        for field, label in others
    ]
    figures = train_linear(sets, out, corrections, taught=taught)
    assert {figure.task for figure in figures} >= {"tone, SmSA", "kind", "urgent, recall"}
    return out


def test_what_was_trained_answers(trained: Path) -> None:
    model = chosen("linear-7", trained.parent)
    assert isinstance(model, LayeredClassifier)
    texts = ["bugkata bagus sekali", "zirbatul zirbatul", "ktp saya belum jadi"]
    spoken, corrected, identity = model.classify([ClassificationRequest(text) for text in texts])
    assert spoken.language.code == "bug"
    assert spoken.sentiment.label == "positive"
    assert corrected.category == "perizinan"
    assert identity.category == "adminduk"
    assert spoken.model_version == "linear-7+rules-1"


def test_the_card_names_data_figures_and_limits(trained: Path) -> None:
    card = (trained / "MODEL_CARD.md").read_text()
    for part in (
        "# linear-7",
        "CC BY-SA 4.0",
        "| tone, SmSA |",
        "corrections used: 9",
        "## Limits",
    ):
        assert part in card


def test_training_again_gives_the_same_bytes(sets: Path, trained: Path, tmp_path: Path) -> None:
    taught = Taught(own_reports()[:40], statements()[:40])
    for name in ("a", "b"):
        train_linear(sets, tmp_path / name / "linear-1", taught=taught)
    first, second = (
        [path.read_bytes() for path in sorted((tmp_path / name / "linear-1").iterdir())]
        for name in ("a", "b")
    )
    assert first == second


def test_no_language_drowns_the_others(sets: Path) -> None:
    many = [Report(f"teks {n}", "g", language="bjn") for n in range(5000)]
    few = [Report("teks", "g", language="jav")] * 3
    said = language_texts(sets, [*many, *few, Report("teks", "g")])
    own = [text for text in said.texts if text.startswith("teks")]
    assert 0 < len(own) < 1000
    assert own.count("teks") == 3
    # Of a crowd from its beginning to its end: statements lie side by side by what they tell.
    assert {own[0], own[-4]} == {"teks 0", "teks 4999"}


def test_weights_are_those_of_a_logistic_regression() -> None:
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(1)
    texts = rng.normal(size=(60, 20))
    truth = np.stack([texts[:, 0] > 0, np.arange(60) < 5, np.zeros(60) > 0], 1)
    # Each column arrives after a number of steps of its own; the last one has nothing to learn.
    weights, intercepts = fit_products(
        (texts @ texts.T).astype(np.float32), truth, np.ones_like(truth), np.ones(60), 4.0
    )
    for column in (0, 1):
        model = LogisticRegression(C=4.0, class_weight="balanced", max_iter=5000, tol=1e-10)
        model.fit(texts, truth[:, column])
        assert np.abs(model.coef_[0] - texts.T @ weights[:, column]).max() < 0.02
    assert not weights[:, 2].any()
    assert intercepts[2] < -5


def test_an_encoder_is_weighed_beside_other_linear_models(
    sets: Path, trained: Path, tmp_path: Path
) -> None:
    source = artefacts() / str(newest(artefacts(), ENCODER))
    out = tmp_path / source.name
    out.mkdir()
    for path in source.iterdir():
        (out / path.name).symlink_to(path)
    (out / MANIFEST).unlink()
    (out / MANIFEST).write_bytes((source / MANIFEST).read_bytes())
    (out / "MODEL_CARD.md").unlink()
    figures = blend(out, trained, sets)
    assert {figure.task for figure in figures} >= {"tone, SmSA", "kind", "urgent, recall"}
    manifest = json.loads((out / MANIFEST).read_text())
    assert manifest["linear"]["version"] == "linear-7"
    # Fitted on what both say together, not taken over from either.
    beside = json.loads((trained / MANIFEST).read_text())["routing"]
    assert manifest["routing"].keys() == beside.keys() >= {"matter", "accused_head"}
    assert manifest["routing"] != beside
    assert manifest["files"] == json.loads((source / MANIFEST).read_text())["files"]
    assert "linear-7" in (out / "MODEL_CARD.md").read_text()
    (tmp_path / trained.name).symlink_to(trained)
    found = chosen(f"{out.name}+linear-7", tmp_path)
    assert found.version == f"{out.name}+linear-7+rules-1"


def test_sectors_are_cross_validated(sets: Path) -> None:
    accuracy, macro = sector_figures(sets)
    assert accuracy.value == macro.value == 1
    assert accuracy.n == 30


def test_without_data_training_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(TanggapError, match="no training data"):
        train_linear(tmp_path, tmp_path / "linear-1")


def _evaluate(*arguments: str) -> object:
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", *arguments])
    return ended.value.code


def test_evaluate_measures_a_file_and_a_model(
    sets: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"text": "jalan rusak parah", "kind": "pengaduan", "category": "jalan_jembatan",
             "urgency": "biasa", "opd": "dpupr", "region": "paser"}] * 3  # fmt: skip
    _write(tmp_path / "mine.csv", rows)
    assert _evaluate(str(tmp_path / "mine.csv"), "--model", str(trained), "--json") == 0
    told = capsys.readouterr()
    assert '"unit, first named"' in told.out
    assert "linear-7+rules-1" in told.err
    assert _evaluate("sets", "--data", str(sets), "--model", "rules-1", "--quick") == 0
    told = capsys.readouterr()
    assert "masked: names after cue words" in told.out
    assert "no linear model" in told.err
    _write(tmp_path / "other.csv", [{"a": "b"}])
    assert _evaluate(str(tmp_path / "other.csv")) != 0
    assert "not the columns" in capsys.readouterr().err
