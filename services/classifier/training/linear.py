"""Trains the linear heads: the public sets for tone and language, the own ones for reports.

Trained on train, chosen and calibrated on what the weights have not seen: the valid files, the dev
reports, and each train report by weights made without its group. The test reports are not read.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from services.classifier.corrections import CorrectedText
from services.classifier.linear.features import Floats
from services.classifier.linear.model import BLOCKS, Document, Scale
from services.classifier.reading import RuleReader
from services.classifier.training.corpus import (
    COLUMNS,
    Targets,
    corrected_reports,
    documents_of,
    targets_of,
    unit_reports,
)
from services.classifier.training.fitting import (
    Doubles,
    Matrix,
    Weights,
    counts_of,
    fit_products,
    fit_sparse,
    folded,
    rarity_of,
    weighed,
)
from services.classifier.training.sets import (
    Report,
    lapor_reports,
    own_reports,
    public_rows,
    smsa_rows,
    statements,
)
from shared.contracts.enums import Language, Sentiment

BITS = (17, 17, 15, 12)
"""Buckets of each of `BLOCKS`, as powers of two."""
SHARES = (1.0, 1.0, 1.0, 0.5)
"""How much each of `BLOCKS` says beside the others."""
GROUP_BITS: Mapping[str, tuple[int, ...]] = {
    "tone": (17, 17),
    "language": (15, 15),
    "report": (14, 15, 15, 12),
}
STRENGTHS = {"tone": 4.0, "language": 8.0, "report": 16.0, "sector": 4.0}
"""Inverse of the penalty; chosen on the valid files and on dev."""
TONES = tuple(tone.value for tone in Sentiment)
LANGUAGES = tuple(language.value for language in Language)
_FOLDS = 5
_ROWS_AT_ONCE = 1024
_PLAIN_INDONESIAN = 400
_OWN_TEXTS = 600  # of a language; chosen on the valid files and on dev


@dataclass(frozen=True, slots=True)
class Labelled:
    """Texts with one label each."""

    texts: list[str]
    labels: list[str]

    def plus(self, texts: Sequence[str], labels: Sequence[str]) -> "Labelled":
        """These and those."""
        return Labelled([*self.texts, *texts], [*self.labels, *labels])


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights by group, what makes counts weights, and sums of texts the weights never saw."""

    scales: list[Scale]
    weights: dict[str, Weights]
    valid: dict[str, tuple[Floats, list[str]]]
    reports: list[Report]
    unseen: Floats


def tone_texts(folder: Path) -> tuple[Labelled, Labelled]:
    """Train texts with three tones, and those of the set that only knows two."""
    rows = smsa_rows(folder) + public_rows(folder, "nusax_senti_train")
    two = public_rows(folder, "nusatranslation_senti_train")
    return _labelled(rows), _labelled(two)


def _labelled(rows: Sequence[Mapping[str, str]], label: str = "label") -> Labelled:
    return Labelled([row["text"] for row in rows], [row[label] for row in rows])


def language_texts(folder: Path, reports: Sequence[Report]) -> Labelled:
    """Train texts by language: parallel sentences, plain Indonesian, and the own reports."""
    found = _labelled(public_rows(folder, "nusax_senti_train"), "lang")
    ambonese = public_rows(folder, "nusatranslation_senti_train")
    ambonese = [row for row in ambonese if row["lang"] == Language.ABS.value]
    plain = smsa_rows(folder)
    plain = random.Random(1).sample(plain, min(len(plain), _PLAIN_INDONESIAN))  # noqa: S311
    own = _at_most_of_each(reports)
    return (
        found.plus([row["text"] for row in ambonese], [row["lang"] for row in ambonese])
        .plus([row["text"] for row in plain], [Language.IND.value] * len(plain))
        .plus(own.texts, own.labels)
    )


def _at_most_of_each(reports: Sequence[Report]) -> Labelled:
    """Not too many own texts of a language, spread over all: a crowd would drown the others."""
    spoken: dict[str, list[str]] = {}
    for report in reports:
        if report.language:
            spoken.setdefault(report.language, []).append(report.text)
    found = Labelled([], [])
    for language, texts in spoken.items():
        places = np.linspace(0, len(texts) - 1, min(len(texts), _OWN_TEXTS)).astype(int)
        found = found.plus([texts[place] for place in places], [language] * len(places))
    return found


@dataclass(frozen=True, slots=True)
class Taught:
    """Reports to learn from: those with splits, and statements that are for training only."""

    reports: list[Report]
    statements: list[Report]

    @classmethod
    def own(cls) -> "Taught":
        """The project's own sets, without their test rows."""
        return cls([one for one in own_reports() if one.split != "test"], statements())


def fit(folder: Path, taught: Taught, corrections: Sequence[CorrectedText] = ()) -> Fitted:
    """Fit every group; on the whole sets it takes a quarter of an hour of two cores."""
    own = taught.reports
    train = [report for report in own if report.split == "train"]
    beside = [*taught.statements, *corrected_reports(corrections)]
    reports = [*own, *beside, *unit_reports(), *lapor_reports(folder)]
    documents = documents_of(RuleReader(), reports)
    three, two = tone_texts(folder)
    plain = [Document(text) for text in three.texts + two.texts]
    counts = counts_of([*plain, *documents], BITS)
    counts = [*counts[:2], *(block[len(plain) :] for block in counts[2:])]
    scales = [
        Scale(bits, rarity_of(block), share)
        for bits, block, share in zip(BITS, counts, SHARES, strict=True)
    ]
    weights, valid = {}, {}
    weights["tone"] = _fit_tone([block[: len(plain)] for block in counts[:2]], scales, three, two)
    valid["tone"] = _valid_tone(folder, scales, weights["tone"])
    spoken = language_texts(folder, [*train, *beside])
    weights["language"] = _fit_language(scales, spoken)
    valid["language"] = _valid_language(folder, own, scales, weights["language"])
    places = [block[len(plain) :] if number < 2 else block for number, block in enumerate(counts)]
    matrix = _joined("report", places, scales)
    weights["report"], unseen = _fit_reports(matrix, reports, len(own))
    return Fitted(scales, weights, valid, own, unseen)


def _joined(group: str, counts: Sequence[Matrix], scales: Sequence[Scale]) -> Matrix:
    """The blocks of a group beside each other, weighed and folded."""
    from scipy import sparse

    bits = GROUP_BITS[group]
    parts = [
        folded(weighed(block, scale), size)
        for block, scale, size in zip(counts, scales, bits, strict=False)
    ]
    return sparse.hstack(parts, format="csr")


def matrix_of(group: str, texts: Sequence[str], scales: Sequence[Scale]) -> Matrix:
    """The matrix of plain texts for a group that looks at the text as written."""
    return _joined(group, counts_of([Document(text) for text in texts], BITS)[:2], scales)


def _fit_tone(
    counts: Sequence[Matrix], scales: Sequence[Scale], three: Labelled, two: Labelled
) -> Weights:
    labels = np.array(three.labels + two.labels)
    everything = np.ones(len(labels), np.bool_)
    # The set of two tones knows nothing of neutral texts, so it has no say about them.
    knows_neutral = np.arange(len(labels)) < len(three.labels)
    rows = {tone: knows_neutral if tone == "neutral" else everything for tone in TONES}
    return fit_sparse(
        _joined("tone", counts, scales),
        TONES,
        {tone: labels == tone for tone in TONES},
        rows,
        STRENGTHS["tone"],
    )


def _fit_language(scales: Sequence[Scale], spoken: Labelled) -> Weights:
    labels = np.array(spoken.labels)
    everything = np.ones(len(labels), np.bool_)
    return fit_sparse(
        matrix_of("language", spoken.texts, scales),
        LANGUAGES,
        {language: labels == language for language in LANGUAGES},
        dict.fromkeys(LANGUAGES, everything),
        STRENGTHS["language"],
    )


def _valid_tone(
    folder: Path, scales: Sequence[Scale], weights: Weights
) -> tuple[Floats, list[str]]:
    rows = public_rows(folder, "smsa_valid") + public_rows(folder, "nusax_senti_valid")
    found = _labelled(rows)
    return _sums(matrix_of("tone", found.texts, scales), weights), found.labels


def _valid_language(
    folder: Path, own: Sequence[Report], scales: Sequence[Scale], weights: Weights
) -> tuple[Floats, list[str]]:
    found = _labelled(public_rows(folder, "nusax_senti_valid"), "lang")
    dev = [report for report in own if report.split == "dev" and report.language]
    found = found.plus([r.text for r in dev], [r.language or "" for r in dev])
    return _sums(matrix_of("language", found.texts, scales), weights), found.labels


def _sums(matrix: Matrix, weights: Weights) -> Floats:
    sums: Floats = (matrix @ weights.values + weights.intercepts).astype(np.float32)
    return sums


def _fit_reports(matrix: Matrix, reports: Sequence[Report], own: int) -> tuple[Weights, Floats]:
    """The weights from train, and for train and dev the sums by weights made without them."""
    products = _products(matrix)
    targets = targets_of(reports)
    unseen = np.zeros((own, len(COLUMNS)), np.float32)
    beside = np.arange(own, len(reports))
    for learnt, held in _folds([report.group for report in reports[:own]]):
        rows = np.concatenate([learnt, beside])
        weights, intercepts = _columns(products, rows, targets)
        unseen[held] = products[np.ix_(held, rows)] @ weights + intercepts
    train = [number for number in range(own) if reports[number].split == "train"]
    rows = np.concatenate([train, beside]).astype(int)
    weights, intercepts = _columns(products, rows, targets)
    values = np.asarray(matrix[rows].T @ weights, dtype=np.float32)
    return Weights(values, intercepts.astype(np.float32)), unseen


def _products(matrix: Matrix) -> Floats:
    """Of each text with each, some rows at once: a sparse matrix would take twice the room."""
    found = np.empty((matrix.shape[0], matrix.shape[0]), np.float32)
    other = matrix.T.tocsr()
    for start in range(0, len(found), _ROWS_AT_ONCE):
        found[start : start + _ROWS_AT_ONCE] = (
            matrix[start : start + _ROWS_AT_ONCE] @ other
        ).toarray()
    return found


def _columns(products: Floats, rows: Any, targets: Targets) -> tuple[Doubles, Doubles]:
    """Every column fitted on some texts, as weights of these texts and intercepts."""
    truth, known = (
        np.stack([columns[name][rows] for name in COLUMNS], 1)
        for columns in (targets.truth, targets.known)
    )
    learnt = products[np.ix_(rows, rows)]
    return fit_products(learnt, truth, known, targets.weights[rows], STRENGTHS["report"])


def _folds(groups: Sequence[str]) -> list[tuple[Any, Any]]:
    from sklearn.model_selection import GroupKFold

    splitter = GroupKFold(_FOLDS, shuffle=True, random_state=0)
    return list(splitter.split(np.zeros(len(groups)), groups=list(groups)))


def block_sizes(group: str) -> list[tuple[str, int]]:
    """The blocks a group looks at, with their number of buckets."""
    return [(BLOCKS[number], 1 << bits) for number, bits in enumerate(GROUP_BITS[group])]
