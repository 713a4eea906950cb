"""For whom an accusation is: two heads that mostly say the same are one reason, not two."""

import numpy as np
import pytest

from services.classifier.choosing import artefacts, chosen, newest
from services.classifier.layered import LayeredClassifier
from services.classifier.measuring import units_of_seed
from services.classifier.routing import ACCUSATIONS, MATTERS, Weights
from services.classifier.training.calibration import logistic_line
from services.classifier.training.routes import fit_routes
from services.classifier.training.sets import Report


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
    weights = Weights(1.0, 0.0, 0.0, accuses=0.5, accusations=0.5)
    matters = np.zeros(len(MATTERS))
    matters[ACCUSATIONS] = 0.8
    assert weights.accused(0.8, matters) == pytest.approx(0.8)
    assert weights.accused(0.2, matters) == pytest.approx(0.5)
    assert Weights(1.0, 0.0, 0.0).accused(0.3, matters) == pytest.approx(0.3)
    for chance in (0.0, 1.0):
        matters[ACCUSATIONS] = chance
        assert abs(weights.accused(chance, matters) - chance) < 1e-3


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
    reports = [known, known, alleged, unknown] * 150
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
        found = weights.accused(float(sure[rows[0]]), matters[rows[0]])
        assert found == pytest.approx(truth, abs=0.03)
    rest = [row for row, report in enumerate(reports) if report is not alleged]
    without = {name: said[rest] for name, said in chances.items()}
    plain = fit_routes(classifier, [reports[row] for row in rest], without, units_of_seed())
    assert (plain.accuses, plain.accusations, plain.offset) == (1.0, 0.0, 0.0)
    assert plain.values.tolist() == weights.values.tolist()
