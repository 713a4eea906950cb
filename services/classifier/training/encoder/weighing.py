"""How much encoder and linear heads count beside each other: fitted on texts neither has seen.

For each head two weights, both not negative, and an offset where the head has one label: those
under which the true labels are likeliest. That calibrates the blend at once. Where there are sets
of many texts (tone, language) the encoder's share is chosen by macro-F1, the best that misses no
level, and only the sum is made likeliest. A head to which the encoder adds next to nothing is left
to the linear heads.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.classifier.chances import logarithms, logarithms_of, odds
from services.classifier.encoder.blend import URGENCY, URGENT
from services.classifier.encoder.model import EncoderModel
from services.classifier.evaluation import macro_f1
from services.classifier.linear.features import Floats
from services.classifier.linear.model import Document, LinearModel
from services.classifier.measuring import WITH_ENCODER
from services.classifier.mixing import grave
from services.classifier.routing import Doubles
from services.classifier.training.encoder.rows import (
    ALL_HEADS,
    NEUTRAL,
    Item,
    columns_of,
    report_items,
)
from services.classifier.training.sets import Report, Row, public_rows
from shared.contracts.enums import Language
from shared.errors import TanggapError

_PENALTY = 0.02  # draws the weights towards a half each, where few rows say little
_LEAST_GAIN = 0.03  # of the loss of the linear head, by which the encoder must lower it
Lost = Callable[[Doubles], float]
"""What is lost with weights of encoder and linear head, and an offset if there is one."""
_SHARES = np.linspace(0.0, 1.0, 41)
_IN_SETS = ("tone", "language")
Bools = NDArray[np.bool_]
_SMSA, _NUSAX, _NUSATRANSLATION = range(3)
"""Of `valid_sets`; behind them come the own reports."""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of which a figure is told, the mean over the groups, and the level it must reach.

    `few`: rows that are in another part, too; their level counts, their figure does not.
    """

    groups: list[Bools]
    level: float = 0.0
    few: bool = False

    def macro_f1(self, truth: NDArray[np.int64], named: NDArray[np.int64], labels: int) -> float:
        """The mean of the groups'."""
        found = [macro_f1(truth[rows], named[rows], labels) for rows in self.groups if rows.any()]
        return float(np.mean(found))


@dataclass(frozen=True, slots=True)
class Unseen:
    """Texts neither model was trained on, with what both say of them."""

    items: list[Item]
    sums: Floats
    linear: Mapping[str, Floats]
    sets: NDArray[np.int64]  # which set each is of


def valid_sets(folder: Path) -> list[list[Item]]:
    """The valid files of a data folder, each for itself."""
    smsa = public_rows(folder, "smsa_valid")
    nusax = public_rows(folder, "nusax_senti_valid")
    two = public_rows(folder, "nusatranslation_senti_valid")
    return [
        [_item(row, "") for row in smsa],
        [_item(row, row["lang"]) for row in nusax],
        # Tweets in languages that the parallel set has say nothing new of these.
        [_item(row, row["lang"] if row["lang"] == Language.ABS else "", two=True) for row in two],
    ]


def _item(row: Row, language: str, *, two: bool = False) -> Item:
    wanted = {}
    for plan, label in zip(ALL_HEADS[:2], (row["label"], language), strict=True):
        if label in plan.labels:
            wanted[plan.name] = [float(one == label) for one in plan.labels]
    return Item(row["text"], wanted, two, row.get("lang", ""))


def dev_items(reports: Sequence[Report]) -> list[Item]:
    """The dev rows of the own set."""
    return report_items(one for one in reports if one.split == "dev")


def unseen(
    items: Sequence[Item], documents: Sequence[Document], encoder: EncoderModel,
    linear: LinearModel, sets: Sequence[int],
) -> Unseen:  # fmt: skip
    """What both say; raises `TanggapError` if the encoder's columns are not those of today."""
    said = encoder.sums([document.text for document in documents])
    if said.shape[1] != max(columns.stop for columns in columns_of().values()):
        raise TanggapError(f"{encoder.version} has other heads than are trained now")
    return Unseen(list(items), said, linear.predict(documents), np.array(sets))


def weighed(found: Unseen) -> dict[str, dict[str, Any]]:
    """By head that gains by it: columns of the encoder, labels, form, both weights, offsets."""
    heads = {}
    for plan in ALL_HEADS:
        columns = columns_of()[plan.name]
        rows = [row for row, item in enumerate(found.items) if plan.name in item.wanted]
        wanted = np.array([found.items[row].wanted[plan.name] for row in rows])
        encoder, linear = found.sums[rows, columns], found.linear[plan.name][rows]
        if plan.form == "softmax":
            two = np.array([found.items[row].two for row in rows]) & (plan.name == "tone")
            lost, number = _shared(encoder, linear, wanted, two), 2
        else:
            lost, number = _alone(encoder, linear, wanted), 3
        if plan.name in _IN_SETS:
            spoken = np.array([found.items[row].file_language for row in rows])
            parts = _parts(plan.name, found.sets[rows], spoken)
            share = _best_share(encoder, linear, wanted, two, parts)
            one, other = _scaled(lost, share)
            offsets = []
        else:
            one, other, *offsets = _least(lost, number)
        without = lost(np.array(_least(lost, number, alone=True)))
        if lost(np.array([one, other, *offsets])) > (1 - _LEAST_GAIN) * without:
            continue
        heads[plan.name] = {
            "columns": [columns.start, columns.stop],
            "labels": list(plan.labels),
            "form": plan.form,
            "encoder": round(one, 4),
            "linear": round(other, 4),
            "offsets": [round(sum(offsets), 4)] * len(plan.labels),
        }
    return heads | _urgent(found)


def _urgent(found: Unseen) -> dict[str, dict[str, Any]]:
    """The upper two levels of urgency against the others, weighed by themselves.

    The weights that suit four levels at once are not those that find most of what is urgent. Always
    there: what is urgent by the blend must not depend on whether the levels gained by it.
    """
    columns = columns_of()[URGENCY]
    rows = [row for row, item in enumerate(found.items) if URGENCY in item.wanted]
    wanted = grave(np.array([found.items[row].wanted[URGENCY] for row in rows]))[:, None]
    encoder = odds(grave(np.exp(logarithms(found.sums[rows, columns])))[:, None])
    lost = _alone(encoder, grave(found.linear[URGENCY][rows])[:, None], wanted)
    one, other, offset = _least(lost, 3)
    return {
        URGENT: {
            "columns": [columns.start, columns.stop],
            "of": URGENCY,
            "labels": [URGENT],
            "form": "logistic",
            "encoder": round(one, 4),
            "linear": round(other, 4),
            "offsets": [round(offset, 4)],
        }
    }


def _shared(encoder: Floats, linear: Floats, wanted: Doubles, two: NDArray[np.bool_]) -> Lost:
    """For labels of which one is true."""
    said, known = logarithms(encoder.astype(float)), logarithms_of(linear.astype(float))

    def lost(weights: Doubles) -> float:
        both = weights[0] * said + weights[1] * known
        if two.any():
            both[two, NEUTRAL] = -1e4
        return -float((logarithms(both) * wanted).sum(axis=1).mean())

    return lost


def _scaled(lost: Lost, share: float) -> tuple[float, float]:
    """Weights with that share of the encoder under which least is lost."""
    shares = np.array([share, 1 - share])
    [scale] = _least(lambda weights: lost(shares * weights[0]), 1)
    return scale * share, scale * (1 - share)


def _parts(head: str, sets: NDArray[np.int64], spoken: NDArray[np.str_]) -> list[Part]:
    """What a share is chosen by, with the levels of `tanggap evaluate`."""
    own = sets == sets.max()
    if head == "language":
        return [
            Part([~own], WITH_ENCODER["language, 12 and Ambonese Malay"]),
            Part([own]),
        ]
    nusax, tweets = sets == _NUSAX, sets == _NUSATRANSLATION

    def each(rows: Bools) -> list[Bools]:
        return [rows & (spoken == language) for language in np.unique(spoken[rows])]

    return [
        Part([sets == _SMSA], WITH_ENCODER["tone, SmSA"]),
        Part(each(nusax), WITH_ENCODER["tone, NusaX, mean of 12"]),
        Part(each(tweets), WITH_ENCODER["tone, NusaTranslation, mean"]),
        *(
            Part([rows & (spoken == language)], WITH_ENCODER[f"tone, {name}, {language}"], few=True)
            for name, rows, language in (
                ("NusaX", nusax, Language.BJN),
                ("NusaX", nusax, Language.JAV),
                ("NusaTranslation", tweets, Language.ABS),
            )
        ),
    ]


def _best_share(
    encoder: Floats, linear: Floats, wanted: Doubles, two: Bools, parts: Sequence[Part]
) -> float:
    """The share of the encoder that misses no level and is best on the mean over the parts.

    Where each share misses one, that which misses least.
    """
    said, known = logarithms(encoder.astype(float)), logarithms_of(linear.astype(float))
    truth = wanted.argmax(axis=1)
    there = [part for part in parts if any(rows.any() for rows in part.groups)]

    def good(share: float) -> tuple[float, float]:
        both = share * said + (1 - share) * known
        if two.any():
            both[two, NEUTRAL] = -1e4
        named = both.argmax(axis=1)
        found = [part.macro_f1(truth, named, wanted.shape[1]) for part in there]
        missed = min(one - part.level for one, part in zip(found, there, strict=True))
        whole = [one for one, part in zip(found, there, strict=True) if not part.few]
        return min(0.0, missed), float(np.mean(whole))

    return float(max(_SHARES, key=good))


def _alone(encoder: Floats, linear: Floats, wanted: NDArray[Any]) -> Lost:
    """For labels each of which may be true; they share the weights and the offset."""
    known = odds(linear.astype(float))

    def lost(weights: Doubles) -> float:
        both = weights[0] * encoder + weights[1] * known + weights[2]
        return float((np.logaddexp(0, both) - wanted * both).mean())

    return lost


def _least(lost: Lost, number: int, *, alone: bool = False) -> list[float]:
    """The weights under which least is lost; `alone`: those without the encoder."""
    from scipy.optimize import minimize

    def whole(weights: Doubles) -> float:
        even = 0.0 if alone or number == 1 else float(((weights[:2] - 0.5) ** 2).sum())
        return lost(weights) + _PENALTY * even

    start = np.array([0.0 if alone else 0.5, 0.5, 0.0][:number])
    bounds = [(0.0, 0.0 if alone else None), (0.0, None), (None, None)][:number]
    return [float(value) for value in minimize(whole, start, bounds=bounds).x]
