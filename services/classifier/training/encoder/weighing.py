"""How much encoder and linear heads count beside each other: fitted on texts neither has seen.

For each head two weights, both not negative, and an offset where the head has one label: those
under which the true labels are likeliest. That calibrates the blend at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.classifier.encoder.model import EncoderModel
from services.classifier.evaluation import f1
from services.classifier.linear.features import Floats
from services.classifier.linear.model import Document, LinearModel
from services.classifier.routing import Doubles
from services.classifier.training.calibration import best_threshold, most_found
from services.classifier.training.encoder.rows import (
    ALL_HEADS,
    NEUTRAL,
    Item,
    columns_of,
    report_items,
)
from services.classifier.training.making import ACCUSED_PRECISION, URGENT_PRECISION
from services.classifier.training.sets import Report, Row, public_rows

_PENALTY = 0.02  # draws the weights towards a half each, where few rows say little
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Unseen:
    """Texts neither model was trained on, with what both say of them."""

    items: list[Item]
    sums: Floats
    linear: Mapping[str, Floats]


def valid_items(folder: Path) -> list[Item]:
    """The valid files of a data folder."""
    plain = [{**row, "lang": "ind"} for row in public_rows(folder, "smsa_valid")]
    two = public_rows(folder, "nusatranslation_senti_valid")
    return [
        *(_item(row) for row in [*plain, *public_rows(folder, "nusax_senti_valid")]),
        *(_item(row, two=True) for row in two),
    ]


def _item(row: Row, *, two: bool = False) -> Item:
    wanted = {}
    for plan, label in zip(ALL_HEADS[:2], (row["label"], row["lang"]), strict=True):
        if label in plan.labels:
            wanted[plan.name] = [float(one == label) for one in plan.labels]
    return Item(row["text"], wanted, two)


def dev_items(reports: Sequence[Report]) -> list[Item]:
    """The dev rows of the own set."""
    return report_items(one for one in reports if one.split == "dev")


def unseen(
    items: Sequence[Item], documents: Sequence[Document], encoder: EncoderModel, linear: LinearModel
) -> Unseen:
    """What both say."""
    said = encoder.sums([document.text for document in documents])
    return Unseen(list(items), said, linear.predict(documents))


def weighed(found: Unseen) -> dict[str, dict[str, Any]]:
    """By head: its columns of the encoder, labels, form, both weights and the offsets."""
    heads = {}
    for plan in ALL_HEADS:
        columns = columns_of()[plan.name]
        rows = [row for row, item in enumerate(found.items) if plan.name in item.wanted]
        wanted = np.array([found.items[row].wanted[plan.name] for row in rows])
        encoder, linear = found.sums[rows, columns], found.linear[plan.name][rows]
        if plan.form == "softmax":
            two = np.array([found.items[row].two for row in rows]) & (plan.name == "tone")
            one, other, offset = _shared(encoder, linear, wanted, two)
        else:
            one, other, offset = _alone(encoder, linear, wanted)
        heads[plan.name] = {
            "columns": [columns.start, columns.stop],
            "labels": list(plan.labels),
            "form": plan.form,
            "encoder": round(one, 4),
            "linear": round(other, 4),
            "offsets": [round(offset, 4)] * len(plan.labels),
        }
    return heads


def _logs(values: Doubles) -> Doubles:
    top = values.max(axis=1, keepdims=True)
    found: Doubles = values - top - np.log(np.exp(values - top).sum(axis=1, keepdims=True))
    return found


def _shared(
    encoder: Floats, linear: Floats, wanted: Doubles, two: NDArray[np.bool_]
) -> tuple[float, float, float]:
    """For labels of which one is true."""
    said, known = _logs(encoder.astype(float)), np.log(np.clip(linear.astype(float), _LEAST, 1))

    def lost(weights: Doubles) -> float:
        both = weights[0] * said + weights[1] * known
        if two.any():
            both[two, NEUTRAL] = -1e4
        return -float((_logs(both) * wanted).sum(axis=1).mean())

    one, other = _least(lost, 2)
    return one, other, 0.0


def _alone(encoder: Floats, linear: Floats, wanted: Doubles) -> tuple[float, float, float]:
    """For labels each of which may be true; they share the weights and the offset."""
    known = np.clip(linear.astype(float), _LEAST, 1 - _LEAST)
    odds = np.log(known / (1 - known))

    def lost(weights: Doubles) -> float:
        both = weights[0] * encoder + weights[1] * odds + weights[2]
        return float((np.logaddexp(0, both) - wanted * both).mean())

    one, other, offset = _least(lost, 3)
    return one, other, offset


def _least(lost: Any, number: int) -> tuple[float, ...]:
    from scipy.optimize import minimize

    def whole(weights: Doubles) -> float:
        return float(lost(weights)) + _PENALTY * float(((weights[:2] - 0.5) ** 2).sum())

    start = np.array([0.5, 0.5, 0.0][:number])
    bounds = [(0.0, None), (0.0, None), (None, None)][:number]
    return tuple(map(float, minimize(whole, start, bounds=bounds).x))


def thresholds_of(chances: Mapping[str, Floats], reports: Sequence[Report]) -> dict[str, float]:
    """From which probability a text is urgent, accuses, alleges: as for the linear heads."""
    items = report_items(reports)
    truth = {
        name: np.array([item.wanted[name][0] == 1.0 for item in items])
        for name in ("urgent", "accuses", "berkadar")
    }
    found = {
        name: most_found(chances[name][:, 0], truth[name], precision)
        for name, precision in (("urgent", URGENT_PRECISION), ("accuses", ACCUSED_PRECISION))
    }
    found["berkadar"] = best_threshold(
        chances["berkadar"][:, 0], lambda said: f1(truth["berkadar"], said)
    )
    return {name: round(threshold, 4) for name, threshold in found.items()}
