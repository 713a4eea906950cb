"""The encoder: pieces of any text, a blend that adds up, and a chain that never breaks."""

import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.classifier.choosing import (
    BROKEN,
    ENCODER,
    ENCODER_BROKEN,
    ENCODER_MISSING,
    Degraded,
    artefacts,
    chosen,
    newest,
    next_version,
)
from services.classifier.encoder.blend import BlendedModel, blends_of
from services.classifier.encoder.model import ENCODER as GRAPH
from services.classifier.encoder.model import PIECES
from services.classifier.encoder.pieces import (
    BEGIN,
    END,
    MOST_PIECES,
    SPECIAL,
    UNKNOWN,
    Pieces,
    read_pieces,
    written,
)
from services.classifier.evaluation import share_figure
from services.classifier.layered import LayeredClassifier
from services.classifier.linear.model import MANIFEST, ArtefactError, Document, Head, LinearModel
from services.classifier.measuring import WITH_ENCODER, levelled
from services.classifier.metrics import show_model
from services.classifier.ports import ClassificationRequest
from services.classifier.ruled import VERSION
from services.classifier.settings import ClassifierSettings
from services.classifier.sparing import BUSY, Sparing
from shared.contracts.enums import Urgency
from shared.db.read.directory import directory_of_seed
from shared.metrics import CLASSIFIER_DEGRADED

UNITS = directory_of_seed().opds("paser")
REQUEST = ClassificationRequest("jalan rusak parah di depan pasar", UNITS)


@pytest.fixture(scope="module")
def classifier() -> LayeredClassifier:
    found = chosen()
    assert isinstance(found, LayeredClassifier)
    return found


@pytest.fixture(scope="module")
def model(classifier: LayeredClassifier) -> BlendedModel:
    assert isinstance(classifier.model, BlendedModel)
    return classifier.model


# -- Pieces ---------------------------------------------------------------------------------------

SMALL = Pieces(
    [*SPECIAL, "▁", "▁ja", "lan", "▁jalan", "a", "s"], [0, 0, 0, 0, -4, -3, -3, -5, -6, -7]
)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", []),
        ("jalan", [7]),
        ("  jalan\u2028jalan\t", [7, 7]),
        ("jalas", [5, UNKNOWN, 8, 9]),
        ("jaqqq", [5, UNKNOWN]),
        ("▁jalan", [7]),
        ("ｊalan", [7]),
        ("<s>", [4, UNKNOWN, 9, UNKNOWN]),
    ],
)
def test_a_word_is_cut_into_its_likeliest_pieces(text: str, numbers: list[int]) -> None:
    assert SMALL.ids(text).tolist() == [BEGIN, *numbers, END]


def test_only_the_opening_of_a_long_text_is_read() -> None:
    assert len(SMALL.ids("jalan " * 1000)) == MOST_PIECES
    assert SMALL.ids("q" * 100_000).tolist() == [BEGIN, 4, UNKNOWN, END]


@settings(max_examples=150)
@given(text=st.text(alphabet=st.characters(), max_size=200))
def test_any_text_has_pieces(text: str) -> None:
    ids = SMALL.ids(text)
    assert ids[0] == BEGIN
    assert ids[-1] == END
    assert len(ids) <= MOST_PIECES
    assert ids.min() >= 0
    assert ids.max() < len(SMALL)


def test_pieces_come_back_from_their_file() -> None:
    content = written([*SPECIAL, "▁a"], [0, 0, 0, 0, -1.25])
    assert read_pieces(content).ids("a a").tolist() == [BEGIN, 4, 4, END]
    for broken in (b"", b"0\tx\n", content.replace(b"-1.25", b"much"), b"\xff\xff\n"):
        with pytest.raises(ValueError, match=r".+"):
            read_pieces(broken)


# -- The blend ------------------------------------------------------------------------------------


def test_answers_do_not_depend_on_the_batch(model: BlendedModel) -> None:
    documents = [Document(text) for text in ("jalan rusak", "kada baik " * 30, "", "\ud800 😡")]
    together = model.predict(documents)
    alone = [model.predict([document]) for document in documents]
    for name, rows in together.items():
        assert rows.shape == (len(documents), len(model.heads[name].labels))
        assert np.allclose(rows, np.concatenate([one[name] for one in alone]), atol=1e-6)
        assert ((rows >= 0) & (rows <= 1)).all()
    assert model.predict([]).keys() == together.keys()
    for name in ("tone", "urgent", "urgency"):
        named = model.predict(documents, [name])
        assert named.keys() == {name}
        assert np.allclose(named[name], together[name], atol=1e-6)


def test_what_is_certain_to_both_stays_so_and_what_is_not_is_shared() -> None:
    described = {
        "columns": [1, 3], "labels": ["a", "b"], "form": "softmax",
        "encoder": 0.5, "linear": 0.5, "offsets": [0.0, 0.0],
    }  # fmt: skip
    heads = {"x": _head("softmax", "a", "b"), "y": _head("logistic", "c")}
    blend = blends_of({"x": described}, heads)["x"]
    sums = np.array([[9.0, np.log(0.8), np.log(0.2)]], np.float32)
    assert np.allclose(blend.probabilities(sums, np.array([[0.8, 0.2]])), [[0.8, 0.2]])
    assert np.allclose(blend.probabilities(sums, np.array([[0.2, 0.8]])), [[0.5, 0.5]])
    assert np.isfinite(blend.probabilities(sums, np.array([[1.0, 0.0]]))).all()
    alone = {**described, "columns": [0, 1], "labels": ["c"], "form": "logistic", "offsets": [1.0]}
    blend = blends_of({"y": alone}, heads)["y"]
    [[chance]] = blend.probabilities(np.array([[2.0]]), np.array([[0.5]]))
    assert chance == pytest.approx(1 / (1 + np.exp(-2.0)))
    with pytest.raises(ArtefactError, match="other labels of x"):
        blends_of({"x": {**described, "labels": ["b", "a"]}}, heads)


def _head(form: str, *labels: str) -> Head:
    return Head("x", "g", slice(0, len(labels)), labels, form, 1.0, (0.0,) * len(labels))


# -- The chain ------------------------------------------------------------------------------------


def test_encoder_and_linear_heads_answer_by_themselves(classifier: LayeredClassifier) -> None:
    encoder, linear = newest(artefacts(), ENCODER), newest(artefacts())
    assert classifier.version == f"{encoder}+{linear}+{VERSION}"
    [answer] = classifier.classify([REQUEST])
    assert (answer.model_version, answer.degraded) == (classifier.version, None)
    assert answer.opd[0].opd == "paser/dpupr"
    assert chosen(f"{encoder}+{linear}").version == classifier.version
    assert chosen(str(encoder)).version == classifier.version
    assert chosen(str(linear)).version == f"{linear}+{VERSION}"
    assert next_version(ENCODER).name == f"encoder-{int(str(encoder)[8:]) + 1}"


def test_every_pair_of_the_release_answers() -> None:
    linear = [path.name for path in artefacts().iterdir() if path.name.startswith("linear-")]
    assert len(linear) > 1  # one to go back to
    for name in (*linear, *(f"{newest(artefacts(), ENCODER)}+{one}" for one in linear)):
        found = chosen(name)
        assert isinstance(found, LayeredClassifier), name
        assert found.version == f"{name}+{VERSION}"
        levels = [one.urgency.level for one in found.classify(
            [ClassificationRequest("rumah kebakaran, ada anak di dalam!!"), REQUEST])]  # fmt: skip
        assert levels == [Urgency.DARURAT, Urgency.BIASA], name


def test_an_encoder_alone_is_paired_with_what_it_was_weighed_beside(tmp_path: Path) -> None:
    for path in artefacts().iterdir():
        (tmp_path / path.name).symlink_to(path)
    linear = {path for path in artefacts().iterdir() if path.name.startswith("linear-")}
    (tmp_path / "linear-99").symlink_to(min(linear))  # the newest by name, of another version
    encoder = str(newest(artefacts(), ENCODER))
    assert chosen(encoder, tmp_path).version == f"{encoder}+{newest(artefacts())}+{VERSION}"


def test_artefacts_stay_small_and_name_their_data() -> None:
    everything = sum(path.stat().st_size for path in artefacts().rglob("*") if path.is_file())
    assert everything <= 45e6
    folder = artefacts() / str(newest(artefacts(), ENCODER))
    manifest = json.loads((folder / MANIFEST).read_text())
    assert all(one["licence"] and one["source"] for one in manifest["data"])
    card = (folder / "MODEL_CARD.md").read_text()
    for part in ("CC BY-SA 4.0", "multilingual-e5-small", "MIT", "## Limits"):
        assert part in card


def _copy(folder: Path) -> Path:
    """Both artefacts; the encoder's large file as a link, until it is damaged."""
    for layer in (ENCODER, "linear"):
        version = str(newest(artefacts(), layer))
        shutil.copytree(artefacts() / version, folder / version, copy_function=_link)
    return folder / str(newest(folder, ENCODER))


def _link(source: str, target: str) -> None:
    Path(target).symlink_to(source)


def _cut(path: Path) -> None:
    content = path.read_bytes()[:-100]
    path.unlink()
    path.write_bytes(content)


def _other(place: Path, **changes: object) -> None:
    manifest = json.loads((place / MANIFEST).read_text())
    (place / MANIFEST).unlink()
    (place / MANIFEST).write_text(json.dumps({**manifest, **changes}))


def _no_pieces(place: Path) -> None:
    """A file that is what the manifest names, and yet none of pieces."""
    (place / PIECES).unlink()
    (place / PIECES).write_bytes(b"x")
    files = json.loads((place / MANIFEST).read_text())["files"]
    files[PIECES]["sha256"] = hashlib.sha256(b"x").hexdigest()
    _other(place, files=files)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda place: (place / MANIFEST).unlink(), ENCODER_MISSING),
        (lambda place: (place / GRAPH).unlink(), ENCODER_BROKEN),
        (lambda place: _cut(place / GRAPH), ENCODER_BROKEN),
        (lambda place: _cut(place / PIECES), ENCODER_BROKEN),
        (_no_pieces, ENCODER_BROKEN),
        (lambda place: _other(place, format=99), ENCODER_BROKEN),
        (lambda place: _other(place, heads={"tone": {"labels": ["x"]}}), ENCODER_BROKEN),
        (lambda place: _other(place, thresholds={}), ENCODER_BROKEN),
    ],
)
def test_without_the_encoder_the_linear_heads_answer_and_say_so(
    damage: Callable[[Path], None], reason: str, tmp_path: Path
) -> None:
    place = _copy(tmp_path)
    damage(place)
    found = chosen(place.name, tmp_path)
    assert isinstance(found, Degraded)
    assert (found.reason, found.version) == (reason, f"{newest(tmp_path)}+{VERSION}")
    [answer] = found.classify([REQUEST])
    assert (answer.degraded, answer.model_version) == (reason, found.version)
    show_model(found)
    assert CLASSIFIER_DEGRADED.labels(reason)._value.get() == 1
    show_model(chosen(VERSION))
    assert CLASSIFIER_DEGRADED.labels(reason)._value.get() == 0


def test_without_linear_heads_the_rules_answer_alone(tmp_path: Path) -> None:
    _copy(tmp_path)
    _cut(tmp_path / str(newest(tmp_path)) / "linear.npz")
    found = chosen(folder=tmp_path)
    assert isinstance(found, Degraded)
    assert (found.reason, found.version) == (BROKEN, VERSION)


def test_own_linear_heads_still_have_the_encoder_of_the_release(tmp_path: Path) -> None:
    version = str(newest(artefacts()))
    shutil.copytree(artefacts() / version, tmp_path / "linear-77")
    model = LinearModel.load(tmp_path / "linear-77")
    assert model.version == version
    assert chosen(folder=tmp_path).version.startswith("encoder-")
    assert chosen("encoder-999", tmp_path).classify([REQUEST])[0].degraded == ENCODER_MISSING


def test_without_onnxruntime_the_linear_heads_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "services.classifier.encoder.model", None)
    found = chosen()
    assert isinstance(found, Degraded)
    assert found.reason == ENCODER_BROKEN


def test_while_texts_queue_up_the_linear_heads_answer_alone(
    classifier: LayeredClassifier,
) -> None:
    found = chosen(most=2)
    assert isinstance(found, Sparing)
    assert found.version == classifier.version
    for size, model_version, degraded in (
        (2, classifier.version, None),
        (3, f"{newest(artefacts())}+{VERSION}", BUSY),
        (1, classifier.version, None),
    ):
        answers = found.classify([REQUEST] * size)
        told = {(answer.model_version, answer.degraded) for answer in answers}
        assert (len(answers), told) == (size, {(model_version, degraded)})
    show_model(found)
    assert CLASSIFIER_DEGRADED.labels(ENCODER_BROKEN)._value.get() == 0


def test_the_setting_names_layers() -> None:
    for name in ("auto", "rules-1", "linear-2", "encoder-1", "encoder-1+linear-3"):
        assert ClassifierSettings(classifier_model=name).classifier_model == name
    for name in ("encoder", "linear-1+encoder-1", "encoder-1+rules-1", "../encoder-1"):
        with pytest.raises(ValueError, match="classifier_model"):
            ClassifierSettings(classifier_model=name)


def test_with_the_encoder_the_levels_are_higher() -> None:
    figures = [share_figure("kind", [True], 0.78), share_figure("category", [True])]
    higher = levelled(figures, "encoder-1+linear-1+rules-1")
    assert [one.must for one in higher] == [WITH_ENCODER["kind"], None]
    assert levelled(figures, "linear-1+rules-1") == figures
