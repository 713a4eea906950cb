"""Measures a classifier on labelled texts: figures with 95 % intervals, beside the levels to reach.

Pure: it reads no file and prints nothing. Intervals are of the resampled rows (bootstrap).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.classifier.ports import ClassificationRequest, Classifier, Unit
from services.classifier.training.sets import Report
from shared.contracts.classification import Classification
from shared.contracts.enums import Category, Urgency

_RESAMPLES = 500
_SEED = 7
_URGENT = frozenset({Urgency.MENDESAK.value, Urgency.DARURAT.value})
Numbers = NDArray[np.int64]
Bools = NDArray[np.bool_]
Statistic = Callable[[Numbers], float]
"""A figure of the rows with these numbers, some of them several times."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A share from 0 to 1 with its 95 % interval; `must` is the level to reach, if there is one."""

    task: str
    value: float
    low: float
    high: float
    n: int
    must: float | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the value reaches its level; None without one."""
        return None if self.must is None else self.value >= self.must


def figure(task: str, n: int, statistic: Statistic, must: float | None = None) -> Figure:
    """The statistic of all rows, with its interval over rows drawn again and again."""
    if not n:
        return Figure(task, 0.0, 0.0, 1.0, 0, must)
    rng = np.random.default_rng(_SEED)
    drawn = sorted(statistic(rng.integers(0, n, n)) for _ in range(_RESAMPLES))
    low, high = drawn[int(0.025 * _RESAMPLES)], drawn[int(0.975 * _RESAMPLES)]
    return Figure(task, statistic(np.arange(n)), low, high, n, must)


def macro_f1(truth: Numbers, found: Numbers, labels: int) -> float:
    """The mean F1 of the labels that occur in either: one that is only found counts as 0."""
    table = np.bincount(truth * labels + found, minlength=labels * labels).reshape(labels, labels)
    right, rows, columns = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    occur = (rows + columns) > 0
    return float((2 * right[occur] / (rows + columns)[occur]).mean())


def f1_figure(
    task: str, truth: Sequence[str], found: Sequence[str], must: float | None = None
) -> Figure:
    """Macro-F1 of labels."""
    names = sorted({*truth, *found})
    a, b = (np.array([names.index(label) for label in labels]) for labels in (truth, found))
    return figure(task, len(a), lambda rows: macro_f1(a[rows], b[rows], len(names)), must)


def mean_f1_figure(
    task: str, truth: Sequence[str], found: Sequence[str], parts: Sequence[str],
    must: float | None = None,
) -> Figure:  # fmt: skip
    """The mean over parts (languages) of the macro-F1 within each."""
    names = sorted({*truth, *found})
    a, b = (np.array([names.index(label) for label in labels]) for labels in (truth, found))
    which = np.array(parts)

    def mean(rows: Numbers) -> float:
        scores = [
            macro_f1(a[rows][inside], b[rows][inside], len(names))
            for inside in (which[rows] == part for part in sorted(set(parts)))
            if inside.any()
        ]
        return float(np.mean(scores))

    return figure(task, len(a), mean, must)


def label_figure(
    task: str, truth: Sequence[str], found: Sequence[str], label: str, must: float | None = None
) -> Figure:
    """F1 of one label."""
    a, b = (np.array([one == label for one in labels]) for labels in (truth, found))
    return figure(task, len(a), lambda rows: f1(a[rows], b[rows]), must)


def share_figure(task: str, right: Sequence[bool], must: float | None = None) -> Figure:
    """The share of what is right."""
    flags = np.array(right, np.float64)
    return figure(task, len(flags), lambda rows: float(flags[rows].mean()), must)


def f1(truth: Bools, found: Bools) -> float:
    """F1 of what is found."""
    both = int((truth & found).sum())
    return 2 * both / max(1, int(truth.sum()) + int(found.sum()))


def _share(wanted: Bools, among: Bools) -> Statistic:
    """The share of `wanted` among the rows that are `among`; 1 where there are none."""

    def share(rows: Numbers) -> float:
        chosen = among[rows]
        return float(wanted[rows][chosen].mean()) if chosen.any() else 1.0

    return share


def report_figures(
    classifier: Classifier, reports: Sequence[Report], units: Mapping[str, tuple[Unit, ...]]
) -> list[Figure]:
    """The tasks of reports: unit, urgency, kind, accusation, category, language."""
    requests = [
        ClassificationRequest(report.text, units.get(report.region or "", ())) for report in reports
    ]
    answers = classifier.classify(requests)
    return [*_routing(reports, answers), *_urgency(reports, answers), *_labels(reports, answers)]


def _routing(reports: Sequence[Report], answers: Sequence[Classification]) -> list[Figure]:
    first, among, sure = [], [], []
    for report, answer in zip(reports, answers, strict=True):
        if not report.units or not report.region:
            continue
        right = {f"{report.region}/{unit}" for unit in report.units}
        named = [guess.opd for guess in answer.opd]
        named = [answer.external, *named] if answer.external else named
        first.append(bool(named) and named[0] in right)
        among.append(not right.isdisjoint(named[:3]))
        sure.append(answer.opd[0].confidence if answer.opd else 0.0)
    order = np.argsort(-np.array(sure), kind="stable")[: len(sure) // 2]
    return [
        share_figure("unit, first named", first, 0.75),
        share_figure("unit, among three", among, 0.90),
        share_figure("unit, most confident half", [first[place] for place in order], 0.95),
    ]


def _urgency(reports: Sequence[Report], answers: Sequence[Classification]) -> list[Figure]:
    truth = np.array([report.urgency in _URGENT for report in reports])
    found = np.array([answer.urgency.level.value in _URGENT for answer in answers])
    n = len(truth)
    return [
        figure("urgent, recall", n, _share(found, truth), 0.95),
        figure("urgent, precision", n, _share(truth, found), 0.60),
    ]


def _labels(reports: Sequence[Report], answers: Sequence[Classification]) -> list[Figure]:
    pairs = list(zip(reports, answers, strict=True))
    kinds = [(one.kind, found.kind.value) for one, found in pairs if one.kind]
    spoken = [(one.language, found.language.code.value) for one, found in pairs if one.language]
    topics = [(one.category, found.category.value) for one, found in pairs if one.category]
    alleged = [(str(one.berkadar), str(found.berkadar_pengawasan)) for one, found in pairs]
    pungli = Category.PERILAKU_PETUGAS_PUNGLI
    accuses = np.array([bool(one.accuses) for one, _ in pairs])
    restricted = np.array([f.berkadar_pengawasan or f.category is pungli for _, f in pairs])
    return [
        f1_figure("kind", *_columns(kinds), 0.78),
        f1_figure("berkadar pengawasan, yes and no", *_columns(alleged), 0.78),
        label_figure("berkadar pengawasan, yes", *_columns(alleged), "True"),
        figure("accusation, recall", len(pairs), _share(restricted, accuses)),
        figure("accusation, precision", len(pairs), _share(accuses, restricted)),
        f1_figure("category", *_columns(topics)),
        f1_figure("language of reports", *_columns(spoken)),
    ]


def _columns(pairs: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [truth for truth, _ in pairs], [found for _, found in pairs]
