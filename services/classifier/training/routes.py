"""Fits what speaks for a unit, on reports whose matters were guessed without having seen them."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from services.classifier.chances import odds
from services.classifier.layered import LayeredClassifier
from services.classifier.linear.features import Floats
from services.classifier.ports import ClassificationRequest, Unit
from services.classifier.reading import RuleReader
from services.classifier.routing import ACCUSATIONS, MATTERS, Doubles, Weights
from services.classifier.training.calibration import logistic_line
from services.classifier.training.sets import Report

_PENALTY = 0.5
_STEPS = 300
_RATE = 0.1


def fit_routes(
    classifier: LayeredClassifier,
    reports: Sequence[Report],
    chances: Mapping[str, Floats],
    units: Mapping[str, tuple[Unit, ...]],
) -> Weights:
    """The weights under which the right units are likeliest.

    `chances`: what is said of the reports, by head.
    """
    found = np.concatenate([_fit_others(classifier, reports, chances["matter"], units),
                            _fit_accused(reports, chances)])  # fmt: skip
    return Weights(*(round(float(weight), 4) for weight in found))


def _fit_accused(reports: Sequence[Report], chances: Mapping[str, Floats]) -> Doubles:
    """When a report is for who handles accusations: by the head, by the matter, and an offset.

    Neither speaks against it: where one would, beside the other, that one has no say. Empty where
    there is nothing to learn it from: the defaults of `Weights` hold.
    """
    known = np.array([bool(report.units) for report in reports])
    truth = np.array([MATTERS[ACCUSATIONS] in report.units for report in reports])[known]
    said = np.stack([chances["accuses"][:, 0], chances["matter"][:, ACCUSATIONS]], axis=1)[known]
    if not truth.any() or truth.all():
        return np.empty(0)
    values = odds(said.astype(np.float64))
    found = logistic_line(values, truth)
    if found[:2].min() < 0:
        better = int(found[:2].argmax())
        found = np.zeros(3)
        found[[better, 2]] = logistic_line(values[:, better], truth)
    return found


def _fit_others(
    classifier: LayeredClassifier, reports: Sequence[Report], matters: Floats,
    units: Mapping[str, tuple[Unit, ...]],
) -> Doubles:  # fmt: skip
    """The weights of `Router.features`, on reports that are not for who handles accusations."""
    reader = RuleReader()
    cases: list[tuple[Doubles, NDArray[np.bool_]]] = []
    for report, row in zip(reports, matters, strict=True):
        if not report.units or not report.region or MATTERS[ACCUSATIONS] in report.units:
            continue
        router = classifier.router(units[report.region])
        read = reader.judged(ClassificationRequest(report.text)).read
        right = {f"{report.region}/{unit}" for unit in report.units}
        truth = np.array([unit.code in right for unit in router.units])
        if truth.any():
            features, _ = router.features(read.subject, read.places, row.astype(np.float64))
            cases.append((features, truth))
    return _likeliest(cases)


def _likeliest(cases: Sequence[tuple[Doubles, NDArray[np.bool_]]]) -> Doubles:
    """Adam on the likelihood of the right units, a softmax over the units of each case."""
    weights = np.ones(3)
    mean, spread = np.zeros(3), np.zeros(3)
    for step in range(1, _STEPS + 1):
        gradient = _PENALTY * weights / max(1, len(cases))
        for features, truth in cases:
            speaks = features @ weights
            chances = np.exp(speaks - speaks.max())
            chances /= chances.sum()
            right = chances * truth
            right /= max(right.sum(), 1e-12)
            gradient += (chances - right) @ features / len(cases)
        mean = 0.9 * mean + 0.1 * gradient
        spread = 0.99 * spread + 0.01 * gradient**2
        ahead = mean / (1 - 0.9**step)
        weights = weights - _RATE * ahead / (np.sqrt(spread / (1 - 0.99**step)) + 1e-8)
    return weights
