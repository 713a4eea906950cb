"""How well the same features tell the sector of LAPOR! reports: cross-validated, nothing kept."""

from pathlib import Path

import numpy as np

from services.classifier.evaluation import Figure, f1_figure, share_figure
from services.classifier.linear.model import Document, Scale
from services.classifier.training.fitting import (
    Matrix,
    Weights,
    counts_of,
    fit_sparse,
    rarity_of,
    weighed,
)
from services.classifier.training.linear import BITS, STRENGTHS
from services.classifier.training.sets import lapor_text, public_rows

_FOLDS = 5
_WRITTEN = 2  # of the blocks, those of the text as written


def sector_figures(folder: Path) -> list[Figure]:
    """Accuracy and macro-F1 over five folds; takes about a minute of one core."""
    from sklearn.model_selection import StratifiedKFold

    rows = public_rows(folder, "lapor2017_sector_train")
    counts = counts_of([Document(lapor_text(row)) for row in rows], BITS)[:_WRITTEN]
    truth = np.array([row["sector"] for row in rows])
    found = np.empty(len(rows), truth.dtype)
    splitter = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    for learnt, held in splitter.split(truth, truth):
        labels = sorted(set(truth[learnt]))
        scales = [
            Scale(bits, rarity_of(block[learnt]), 1.0)
            for bits, block in zip(BITS, counts, strict=False)
        ]
        known = dict.fromkeys(labels, np.ones(len(learnt), np.bool_))
        weights = fit_sparse(
            _matrix([block[learnt] for block in counts], scales),
            labels,
            {label: truth[learnt] == label for label in labels},
            known,
            STRENGTHS["sector"],
        )
        found[held] = _best(_matrix([block[held] for block in counts], scales), weights, labels)
    return [
        share_figure("LAPOR! sector, accuracy", (truth == found).tolist(), 0.63),
        f1_figure("LAPOR! sector, macro-F1", truth.tolist(), found.tolist(), 0.55),
    ]


def _matrix(counts: list[Matrix], scales: list[Scale]) -> Matrix:
    from scipy import sparse

    parts = [weighed(block, scale) for block, scale in zip(counts, scales, strict=True)]
    return sparse.hstack(parts, format="csr")


def _best(matrix: Matrix, weights: Weights, labels: list[str]) -> list[str]:
    sums = matrix @ weights.values + weights.intercepts
    return [labels[place] for place in sums.argmax(axis=1)]
