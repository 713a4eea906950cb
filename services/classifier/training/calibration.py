"""Turns weighted sums into probabilities, fitted on texts the weights have not seen."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.classifier.linear.features import Floats

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]
_SLOPES = np.geomspace(0.2, 12.0, 60)


def softmax_slope(sums: Floats, labels: NDArray[np.int64]) -> float:
    """The slope (an inverse temperature) under which the true labels are likeliest."""
    return float(min(_SLOPES, key=lambda slope: _surprise(slope * sums.astype(float), labels)))


def _surprise(scaled: Doubles, labels: NDArray[np.int64]) -> float:
    top = scaled.max(axis=1, keepdims=True)
    logs = scaled - top - np.log(np.exp(scaled - top).sum(axis=1, keepdims=True))
    return float(-logs[np.arange(len(labels)), labels].mean())


def logistic_line(values: NDArray[Any], truth: Bools) -> Doubles:
    """A slope for each column of the values, and an offset, under which the truth is likeliest.

    Platt's method, its targets softened as he advises.
    """
    yes, no = int(truth.sum()), int((~truth).sum())
    wanted = np.where(truth, (yes + 1) / (yes + 2), 1 / (no + 2))
    known = np.column_stack([values, np.ones(len(truth))]).astype(float)
    slopes = known.shape[1] - 1
    found = np.append(np.full(slopes, 1.0 / slopes), 0.0)
    for _ in range(100):
        chance = 1 / (1 + np.exp(-np.clip(known @ found, -30, 30)))
        spread = np.maximum(chance * (1 - chance), 1e-9)
        bend = (known * spread[:, None]).T @ known + 1e-6 * np.eye(len(found))
        step = np.linalg.solve(bend, known.T @ (chance - wanted))
        found -= step
        if np.abs(step).max() < 1e-8:
            break
    return found


def most_found(scores: Floats, truth: Bools, precision: float) -> float:
    """A threshold that finds the most while at least `precision` of what is found is right.

    Between the highest and the lowest that find as many, in equal ratio to both: below the first
    these texts give wrong alarms only, but what is told in other words scores lower.
    """
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(truth[order])
    good = np.flatnonzero(right / np.arange(1, len(order) + 1) >= precision)
    if not len(good):
        return 1.0
    lowest = good[-1]
    highest = np.flatnonzero(truth[order[: lowest + 1]])[-1]
    return float(np.sqrt(scores[order[lowest]] * scores[order[highest]]))


def best_threshold(scores: Floats, gain: Callable[[Bools], float]) -> float:
    """The threshold with the most gain among the scores' own hundredths."""
    candidates = np.unique(np.quantile(scores, np.linspace(0.01, 0.99, 99)))
    return float(max(candidates, key=lambda threshold: gain(scores >= threshold)))
