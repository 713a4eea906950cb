"""How well the same features tell the sector of LAPOR! reports: cross-validated, nothing kept.

Where there is an encoder, a second model on its vectors has its say beside the n-grams.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.classifier.evaluation import Figure, f1_figure, share_figure
from services.classifier.linear.features import Floats
from services.classifier.linear.model import Document, Scale
from services.classifier.routing import Doubles
from services.classifier.training.fitting import (
    Matrix,
    counts_of,
    fit_sparse,
    rarity_of,
    weighed,
)
from services.classifier.training.linear import BITS, STRENGTHS
from services.classifier.training.sets import lapor_text, public_rows

_FOLDS = 5
_WRITTEN = 2  # of the blocks, those of the text as written
_VECTOR_STRENGTH = 0.01
_VECTOR_SHARE = 0.3
Vectors = Callable[[Sequence[str]], Floats]


def sector_figures(folder: Path, vectors: Vectors | None = None) -> list[Figure]:
    """Accuracy and macro-F1 over five folds; takes about a minute of one core."""
    from sklearn.model_selection import StratifiedKFold

    rows = public_rows(folder, "lapor2017_sector_train")
    texts = [lapor_text(row) for row in rows]
    counts = counts_of(list(map(Document, texts)), BITS)[:_WRITTEN]
    read = None if vectors is None else vectors(texts)
    truth = np.array([row["sector"] for row in rows])
    found = np.empty(len(rows), truth.dtype)
    splitter = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    for learnt, held in splitter.split(truth, truth):
        labels = sorted(set(truth[learnt]))
        said = _by_grams([block[learnt] for block in counts], [block[held] for block in counts],
                         labels, truth[learnt])  # fmt: skip
        if read is not None:
            said = said + _VECTOR_SHARE * _by_vectors(read[learnt], read[held], truth[learnt])
        found[held] = [labels[place] for place in said.argmax(axis=1)]
    return [
        share_figure("LAPOR! sector, accuracy", (truth == found).tolist(), 0.63),
        f1_figure("LAPOR! sector, macro-F1", truth.tolist(), found.tolist(), 0.55),
    ]


def _by_grams(
    learnt: list[Matrix], held: list[Matrix], labels: list[str], truth: NDArray[np.str_]
) -> Doubles:
    """The logarithm of each label's chance for itself."""
    scales = [Scale(bits, rarity_of(block), 1.0) for bits, block in zip(BITS, learnt, strict=False)]
    weights = fit_sparse(
        _matrix(learnt, scales),
        labels,
        {label: truth == label for label in labels},
        dict.fromkeys(labels, np.ones(len(truth), np.bool_)),
        STRENGTHS["sector"],
    )
    sums = _matrix(held, scales) @ weights.values + weights.intercepts
    chances: Doubles = -np.logaddexp(0, -np.asarray(sums, np.float64))
    return chances


def _by_vectors(learnt: Floats, held: Floats, truth: NDArray[np.str_]) -> Doubles:
    """The logarithm of each label's share, in the order of the sorted labels."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(learnt)
    model = LogisticRegression(C=_VECTOR_STRENGTH, class_weight="balanced", max_iter=500)
    model.fit(scaler.transform(learnt), truth)
    found: Doubles = model.predict_log_proba(scaler.transform(held))
    return found


def _matrix(counts: list[Matrix], scales: list[Scale]) -> Matrix:
    from scipy import sparse

    parts = [weighed(block, scale) for block, scale in zip(counts, scales, strict=True)]
    return sparse.hstack(parts, format="csr")
