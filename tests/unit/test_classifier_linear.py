"""The linear layer: features that do not depend on the batch, an artefact that is checked."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.classifier.choosing import (
    BROKEN,
    MISSING,
    Degraded,
    artefacts,
    chosen,
    newest,
    next_version,
)
from services.classifier.layered import LayeredClassifier
from services.classifier.lexicons import load_lexicons
from services.classifier.linear.features import MOST_CHARACTERS, counted, text_grams, token_grams
from services.classifier.linear.model import MANIFEST, WEIGHTS, ArtefactError, Document, LinearModel
from services.classifier.metrics import show_model
from services.classifier.ports import ClassificationRequest
from services.classifier.routing import Weights
from services.classifier.ruled import VERSION, RuleClassifier
from shared.contracts.enums import Category, Kind, Language, Sentiment, Urgency
from shared.db.read.directory import directory_of_seed
from shared.metrics import CLASSIFIER_DEGRADED
from tests.unit.labelled_reports import REPORTS

UNITS = directory_of_seed().opds("paser")


@pytest.fixture(scope="module")
def classifier() -> LayeredClassifier:
    found = chosen(newest(artefacts()) or "")
    assert isinstance(found, LayeredClassifier)
    return found


# -- Features -------------------------------------------------------------------------------------


@settings(max_examples=150)
@given(texts=st.lists(st.text(alphabet=st.characters(), max_size=80), max_size=5))
def test_a_text_has_the_same_features_alone_and_in_a_batch(texts: list[str]) -> None:
    together = [counted(grams, len(texts), 17) for grams in text_grams(texts)]
    for place, text in enumerate(texts):
        alone = [counted(grams, 1, 17) for grams in text_grams([text])]
        for one, all_of_them in zip(alone, together, strict=True):
            part = slice(all_of_them.starts[place], all_of_them.starts[place + 1])
            assert one.buckets.tolist() == all_of_them.buckets[part].tolist()
            assert one.values.tolist() == all_of_them.values[part].tolist()


def _grams(text: str) -> tuple[list[int], list[int]]:
    words, pieces = (counted(grams, 1, 17) for grams in text_grams([text]))
    return words.buckets.tolist(), pieces.buckets.tolist()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jalan RUSAK", "jalan rusak"),
        ("jalan   rusak\u2028", " jalan rusak"),
        ("rt 04, no 12", "rt 77 , no 99"),
        ("rusaaaaaak", "rusaak"),
        ("lihat https://a.b/c dan www.x.y", "lihat http://z dan www.q"),
        ("jalan [NAMA] rusak", "jalan rusak"),
        ("ｊａｌａｎ", "jalan"),
        ("@budi tolong", "@ani tolong"),
    ],
)
def test_what_tells_nothing_apart_is_the_same(one: str, other: str) -> None:
    assert _grams(one) == _grams(other)


def test_only_the_opening_of_a_long_text_counts() -> None:
    assert _grams("ab " * MOST_CHARACTERS) == _grams("ab " * (MOST_CHARACTERS // 3) + "ab")
    assert counted(token_grams([[], ["a"]], pairs=True), 2, 12).starts.tolist() == [0, 0, 1]


# -- Answers --------------------------------------------------------------------------------------


def test_answers_do_not_depend_on_the_batch(classifier: LayeredClassifier) -> None:
    documents = [Document(report.text) for report in REPORTS[:70]]
    together = classifier.model.predict(documents)
    alone = [classifier.model.predict([document]) for document in documents]
    for name, rows in together.items():
        assert np.allclose(rows, np.concatenate([one[name] for one in alone]), atol=1e-5)
        assert ((rows >= 0) & (rows <= 1)).all()


def test_every_head_speaks_of_the_closed_sets(classifier: LayeredClassifier) -> None:
    labels = {name: set(head.labels) for name, head in classifier.model.heads.items()}
    assert labels["tone"] == {one.value for one in Sentiment}
    assert labels["language"] == {one.value for one in Language}
    assert labels["kind"] == {one.value for one in Kind}
    assert labels["category"] == {one.value for one in Category}
    assert labels["urgency"] == {one.value for one in Urgency}


def test_reasons_tell_no_word_that_no_list_holds(classifier: LayeredClassifier) -> None:
    requests = [ClassificationRequest(report.text, UNITS) for report in REPORTS]
    own = {part for unit in UNITS for phrase in (unit.name, unit.short, *unit.keywords)
           for part in load_lexicons().normaliser.phrase(phrase)}  # fmt: skip
    allowed = load_lexicons().normaliser.vocabulary | own | {"…"}
    for found in classifier.classify(requests):
        for reason in found.reasons:
            what, _, words = reason.partition(": ")
            assert what in {"dugaan", "kategori", "urgensi", "jenis", "opd"}
            phrase = load_lexicons().normaliser.phrase(words)
            assert set(phrase) <= allowed, reason
    [found] = classifier.classify([ClassificationRequest("Budi Santosa jatuh ke selokan")])
    assert "budi" not in " ".join(found.reasons).lower()


def test_an_accusation_goes_to_inspektorat(classifier: LayeredClassifier) -> None:
    texts = ["petugas dukcapil minta uang rokok", "kades korupsi dana desa", "kami dipungli"]
    for found in classifier.classify([ClassificationRequest(text, UNITS) for text in texts]):
        assert found.category is Category.PERILAKU_PETUGAS_PUNGLI
        # The others are where Inspektorat could send it, should it accuse nobody.
        assert found.opd[0].opd == "paser/inspektorat"
        assert len(found.opd) == 3
        assert found.kind is Kind.PENGADUAN
        assert found.external is None
    counter = classifier.classify([ClassificationRequest(texts[0], UNITS)])[0]
    assert "paser/disdukcapil" in [guess.opd for guess in counter.opd[1:]]
    asked = ClassificationRequest("mohon bantuannya", UNITS, category_asked=found.category)
    assert classifier.classify([asked])[0].category is found.category


def test_what_may_accuse_names_inspektorat_before_likelier_units(
    classifier: LayeredClassifier,
) -> None:
    router = classifier.router(UNITS)
    speaks = np.zeros((len(router.units), 3))
    codes = [unit.code for unit in router.units]
    for code, odds in (("paser/dishub", 6.0), ("paser/dlh", 7.0), ("paser/ext-pln", 8.0)):
        speaks[codes.index(code), 0] = odds
    weights = Weights(1.0, 0.0, 0.0)
    free = router.likeliest(speaks, (), weights, 0.1, None)
    assert (free.external, free.opd[0].opd) == ("paser/ext-pln", "paser/dlh")
    kept = router.likeliest(speaks, (), weights, 0.1, None, restricted=True)
    assert [one.opd for one in kept.opd] == ["paser/inspektorat", "paser/dlh", "paser/dishub"]
    assert kept.opd[0].confidence >= kept.opd[1].confidence
    assert kept.external is None
    nobody = classifier.router(tuple(unit for unit in UNITS if unit.short != "Inspektorat"))
    assert nobody.likeliest(speaks[1:], (), weights, 0.1, None, restricted=True).opd == ()


def test_the_citizens_own_choice_counts(classifier: LayeredClassifier) -> None:
    asked = ClassificationRequest(
        "mohon bantuannya",
        UNITS,
        opd_asked="paser/dishub",
        category_asked=Category.TRANSPORTASI_PARKIR,
    )
    found = classifier.classify([asked])[0]
    assert found.category is Category.TRANSPORTASI_PARKIR
    assert found.opd[0].opd == "paser/dishub"


def test_what_is_not_ours_names_the_body(classifier: LayeredClassifier) -> None:
    request = ClassificationRequest("listrik padam terus, tiang PLN miring", UNITS)
    found = classifier.classify([request])[0]
    assert found.external == "paser/ext-pln"
    assert all(guess.confidence < 0.5 for guess in found.opd)


# -- The artefact ---------------------------------------------------------------------------------


def test_the_newest_artefact_answers_by_itself(classifier: LayeredClassifier) -> None:
    version = newest(artefacts())
    assert version is not None
    assert classifier.version == f"{version}+{VERSION}"
    assert next_version().name == f"linear-{int(version.partition('-')[2]) + 1}"
    assert isinstance(chosen(VERSION), RuleClassifier)
    [found] = classifier.classify([ClassificationRequest("jalan rusak")])
    assert found.model_version == classifier.version
    assert found.degraded is None


def test_a_python_without_lzma_answers_by_rules_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zipfile, "lzma", None)
    with pytest.raises(ArtefactError, match="lzma"):
        LinearModel.load(artefacts() / str(newest(artefacts())))
    found = chosen(str(newest(artefacts())))
    assert isinstance(found, Degraded)
    [answer] = found.classify([ClassificationRequest("jalan rusak", UNITS)])
    assert (answer.degraded, answer.model_version) == (BROKEN, VERSION)


def test_artefacts_stay_small_and_name_their_data() -> None:
    for folder in artefacts().glob("linear-*"):
        manifest = json.loads((folder / MANIFEST).read_text())
        assert (folder / WEIGHTS).stat().st_size == manifest["files"][WEIGHTS]["bytes"] <= 6e6
        assert all(one["licence"] and one["source"] for one in manifest["data"])
        card = (folder / "MODEL_CARD.md").read_text()
        assert "CC BY-SA 4.0" in card
        assert "## Limits" in card


def _copy(folder: Path) -> Path:
    version = newest(artefacts())
    assert version is not None
    return Path(shutil.copytree(artefacts() / version, folder / version))


def _cut(place: Path) -> None:
    (place / WEIGHTS).write_bytes((place / WEIGHTS).read_bytes()[:-100])


def _flip(place: Path) -> None:
    content = bytearray((place / WEIGHTS).read_bytes())
    content[len(content) // 2] ^= 1
    (place / WEIGHTS).write_bytes(bytes(content))


def _garble(place: Path) -> None:
    (place / MANIFEST).write_bytes(b"\xff\x00{")


def _other_format(place: Path) -> None:
    manifest = json.loads((place / MANIFEST).read_text())
    (place / MANIFEST).write_text(json.dumps({**manifest, "format": 99}))


def _without_a_head(place: Path) -> None:
    manifest = json.loads((place / MANIFEST).read_text())
    del manifest["thresholds"]
    (place / MANIFEST).write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda place: shutil.rmtree(place), MISSING),
        (lambda place: (place / MANIFEST).unlink(), MISSING),
        (lambda place: (place / WEIGHTS).unlink(), BROKEN),
        (_cut, BROKEN),
        (_flip, BROKEN),
        (_garble, BROKEN),
        (_other_format, BROKEN),
        (_without_a_head, BROKEN),
    ],
)
def test_without_its_artefact_the_rules_answer_and_say_so(
    damage: object, reason: str, tmp_path: Path
) -> None:
    place = _copy(tmp_path)
    assert callable(damage)
    damage(place)
    found = chosen(place.name, tmp_path)
    assert isinstance(found, Degraded)
    assert (found.reason, found.version) == (reason, VERSION)
    [answer] = found.classify([ClassificationRequest("jalan rusak parah", UNITS)])
    assert answer.degraded == reason
    assert answer.model_version == VERSION
    assert answer.opd[0].opd == "paser/dpupr"
    show_model(found)
    assert CLASSIFIER_DEGRADED.labels(reason)._value.get() == 1
    show_model(chosen(VERSION))
    assert CLASSIFIER_DEGRADED.labels(reason)._value.get() == 0


def test_a_model_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert chosen("linear-999").classify([ClassificationRequest("x")])[0].degraded == MISSING
    assert chosen(folder=tmp_path / "none").version == VERSION
    assert newest(tmp_path) is None


def test_a_sound_copy_is_loaded(tmp_path: Path) -> None:
    assert LinearModel.load(_copy(tmp_path)).version == newest(artefacts())
