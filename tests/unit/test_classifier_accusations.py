"""For whom an accusation is: two heads that mostly say the same are one reason, not two."""

from dataclasses import replace

import numpy as np
import pytest

from services.classifier.choosing import artefacts, chosen, newest
from services.classifier.layered import LayeredClassifier
from services.classifier.linear.model import LinearModel
from services.classifier.measuring import units_of_seed
from services.classifier.ports import ClassificationRequest
from services.classifier.routing import ACCUSATIONS, MATTERS, Weights
from services.classifier.training.calibration import logistic_line
from services.classifier.training.routes import fit_routes
from services.classifier.training.sets import Report
from shared.db.read.directory import directory_of_seed


def _matters(**chances: float) -> np.ndarray:
    found = np.full(len(MATTERS), (1 - sum(chances.values())) / len(MATTERS))
    for name, chance in chances.items():
        found[MATTERS.index(name)] += chance
    return found


@pytest.fixture(scope="module")
def classifier() -> LayeredClassifier:
    found = chosen(newest(artefacts()) or "")
    assert isinstance(found, LayeredClassifier)
    return found


def test_head_and_matter_agree_without_making_each_other_surer() -> None:
    weights = Weights(1.0, 0.0, 0.0, accused_head=0.5, accused_matter=0.5)
    matters = np.zeros(len(MATTERS))
    matters[ACCUSATIONS] = 0.8
    assert weights.accused_chance(0.8, matters) == pytest.approx(0.8)
    assert weights.accused_chance(0.2, matters) == pytest.approx(0.5)
    for chance in (0.0, 1.0):
        matters[ACCUSATIONS] = chance
        assert abs(weights.accused_chance(chance, matters) - chance) < 1e-3


def test_the_matter_of_accusations_is_counted_by_their_own_chance_alone(
    classifier: LayeredClassifier,
) -> None:
    router = classifier.router(units_of_seed()["paser"])
    codes = [unit.code for unit in router.units]
    own = codes.index("paser/inspektorat")
    plain, _ = router.features([], frozenset(), _matters(dlh=0.5))
    alleged, _ = router.features([], frozenset(), _matters(dlh=0.5, inspektorat=0.4))
    assert alleged[own, 0] <= plain[own, 0]
    weights = Weights(1.0, 0.0, 0.0)
    for accused in (0.3, 0.9):
        route = router.likeliest(alleged, (), weights, accused, None)
        confidence = {guess.opd: guess.confidence for guess in route.opd}
        assert confidence["paser/inspektorat"] == pytest.approx(accused, abs=0.03)


def test_where_nobody_handles_accusations_their_matter_is_one_among_others(
    classifier: LayeredClassifier,
) -> None:
    without = tuple(
        replace(unit, handles=()) if unit.code == "paser/inspektorat" else unit
        for unit in directory_of_seed().opds("paser")
    )
    router = classifier.router(without)
    speaks, _ = router.features([], frozenset(), _matters(inspektorat=0.6, dpmd=0.3))
    route = router.likeliest(speaks, (), Weights(1.0, 0.0, 0.0), 0.9, None)
    assert route.opd[0].opd == "paser/inspektorat"
    assert 0.5 < route.opd[0].confidence < 0.8


def test_an_answer_goes_by_what_head_and_matter_say_together() -> None:
    text = "petugas loket minta uang rokok supaya cepat"
    confidence = {}
    for name, weights in (("head", (1.0, 0.0)), ("matter", (0.0, 1.0)), ("none", (0.0, 0.0))):
        model = LinearModel.load(artefacts() / str(newest(artefacts())))
        told = {"accused_head": weights[0], "accused_matter": weights[1], "accused_offset": 0.0}
        model.manifest = {**model.manifest, "routing": {**model.manifest["routing"], **told}}
        classifier = LayeredClassifier(model)
        request = ClassificationRequest(text, units_of_seed()["paser"])
        [answer] = classifier.classify([request])
        said = model.predict([classifier.document(request)])
        assert answer.opd[0].opd == "paser/inspektorat"
        confidence[name] = answer.opd[0].confidence
    assert confidence["head"] == pytest.approx(float(said["accuses"][0, 0]), abs=0.02)
    assert confidence["matter"] == pytest.approx(float(said["matter"][0, ACCUSATIONS]), abs=0.02)
    assert confidence["none"] == pytest.approx(0.5, abs=0.02)


def test_neither_head_nor_matter_speaks_against_an_accusation(
    classifier: LayeredClassifier,
) -> None:
    rng = np.random.default_rng(4)
    alleged = [Report("x", "g", region="paser", units=("inspektorat",), accuses=True)] * 100
    reports = [*alleged, *[Report("x", "g", region="paser", units=("dlh",))] * 100]
    said = np.where(np.arange(200) < 100, 0.8, 0.2) + rng.normal(0.0, 0.1, 200)
    # The more the matter says so the less it is so, beside the head.
    matters = np.stack([_matters(inspektorat=1 - chance) for chance in np.clip(said, 0.01, 0.99)])
    chances = {
        "accuses": np.clip(said, 0.01, 0.99)[:, None].astype(np.float32),
        "matter": matters.astype(np.float32),
    }
    weights = fit_routes(classifier, reports, chances, units_of_seed())
    assert weights.accused_matter == 0.0
    assert weights.accused_head > 0.5


def test_what_says_the_same_twice_is_fitted_as_one_reason() -> None:
    rng = np.random.default_rng(5)
    said = rng.normal(0.0, 2.0, 4000)
    truth = rng.random(4000) < 1 / (1 + np.exp(-said))
    # The same with some noise: close to collinear, where steps that are too large run away.
    both = np.stack([said, said + rng.normal(0.0, 0.05, 4000)], axis=1)
    first, second, offset = logistic_line(both, truth)
    assert first + second == pytest.approx(1.0, abs=0.1)
    assert offset == pytest.approx(0.0, abs=0.1)
    [slope, alone] = logistic_line(said, truth)
    assert (slope, alone) == (pytest.approx(1.0, abs=0.1), pytest.approx(0.0, abs=0.1))
    far = logistic_line(np.stack([said - 9, said - 9], axis=1) / 4, truth)
    assert np.isfinite(far).all()


def test_weights_of_accusations_are_those_that_make_chances_true(
    classifier: LayeredClassifier,
) -> None:
    rng = np.random.default_rng(2)
    known = Report("jalan rusak", "g", region="paser", units=("dpupr",))
    alleged = Report("ada pungli", "h", region="paser", units=("inspektorat",), accuses=True)
    unknown = Report("halo", "i", region="paser")
    reports = [known, known, alleged, unknown] * 50
    # Both heads are surer than they may be: right in three of four where they say nine of ten.
    says = [report is alleged for report in reports]
    flipped = rng.random(len(reports)) < 0.25
    sure = np.where(np.array(says) ^ flipped, 0.9, 0.1).astype(np.float32)
    matters = np.stack(
        [_matters(dpupr=0.95 - chance, inspektorat=chance - 0.05) for chance in sure]
    )
    chances = {"accuses": sure[:, None], "matter": matters.astype(np.float32)}
    weights = fit_routes(classifier, reports, chances, units_of_seed())
    for surely in (True, False):
        rows = [
            row for row, one in enumerate(reports) if one.units and bool(sure[row] > 0.5) is surely
        ]
        truth = np.mean([reports[row] is alleged for row in rows])
        found = weights.accused_chance(float(sure[rows[0]]), matters[rows[0]])
        assert found == pytest.approx(truth, abs=0.03)
    rest = [row for row, report in enumerate(reports) if report is not alleged]
    without = {name: said[rest] for name, said in chances.items()}
    plain = fit_routes(classifier, [reports[row] for row in rest], without, units_of_seed())
    assert (plain.accused_head, plain.accused_matter, plain.accused_offset) == (0.5, 0.5, 0.0)
    assert plain.values.tolist() == weights.values.tolist()
