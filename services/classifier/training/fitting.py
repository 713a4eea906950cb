"""Fits weights: sparse matrices of n-grams, and logistic regressions one label against the rest.

Needs the extra `train` (scikit-learn); imported where it is used, so that serving never asks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.classifier.linear.features import Block, Floats
from services.classifier.linear.model import BLOCKS, Document, Scale, raw_blocks

Matrix = Any
"""A scipy.sparse matrix (it carries no types)."""
Doubles = NDArray[np.float64]
_AT_ONCE = 512
_MOST_STEPS, _MEMORY, _SEARCHES = 300, 12, 4
_CLOSE = 1e-4  # of the first gradient's length
_NEVER = -10.0  # the sum of a label that no text, or every text, has
RARITY_STEP = 0.05
_APART = 1e-6  # of a text's length, so that one that is there twice adds a dimension, too


@dataclass(frozen=True, slots=True)
class Weights:
    """A column a label: weights of every bucket, block after block, and intercepts."""

    values: Floats
    intercepts: Floats


def counts_of(documents: Sequence[Document], bits: Sequence[int]) -> list[Matrix]:
    """The counted n-grams of all documents, a matrix a block."""
    parts: list[list[Matrix]] = [[] for _ in BLOCKS]
    for start in range(0, len(documents), _AT_ONCE):
        blocks = raw_blocks(documents[start : start + _AT_ONCE], bits)
        for found, block, size in zip(parts, blocks, bits, strict=True):
            found.append(_sparse(block, size))
    return [_stacked(found) for found in parts]


def _sparse(block: Block, bits: int) -> Matrix:
    from scipy import sparse

    shape = (block.texts, 1 << bits)
    return sparse.csr_matrix((block.values, (block.rows, block.buckets)), shape=shape)


def _stacked(parts: Sequence[Matrix]) -> Matrix:
    from scipy import sparse

    return sparse.vstack(parts, format="csr")


def rarity_of(counts: Matrix) -> Floats:
    """Inverse document frequency in steps of `RARITY_STEP`, 0 for what never occurs."""
    texts = counts.shape[0]
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    found = np.log((1 + texts) / (1 + frequency)) + 1
    found[frequency == 0] = 0
    steps: Floats = (np.round(found / RARITY_STEP) * RARITY_STEP).astype(np.float32)
    return steps


def weighed(counts: Matrix, scale: Scale) -> Matrix:
    """What `Scale.weigh` does, for a whole matrix."""
    from scipy import sparse

    found = counts.multiply(scale.rarity[None, :]).tocsr()
    lengths = np.sqrt(np.asarray(found.multiply(found).sum(axis=1)).ravel())
    lengths[lengths == 0] = 1.0
    return (sparse.diags((scale.share / lengths).astype(np.float32)) @ found).tocsr()


def folded(matrix: Matrix, bits: int) -> Matrix:
    """The same with only 2**bits buckets, those with the same low bits added up."""
    from scipy import sparse

    entries = matrix.tocoo()
    columns = entries.col & ((1 << bits) - 1)
    shape = (matrix.shape[0], 1 << bits)
    return sparse.csr_matrix((entries.data, (entries.row, columns)), shape=shape)


def fit_sparse(
    matrix: Matrix, labels: Sequence[Any], targets: Mapping[str, NDArray[np.bool_]],
    rows: Mapping[str, NDArray[np.bool_]], strength: float,
) -> Weights:  # fmt: skip
    """A column a target, each fitted on its own `rows` by coordinate descent: for many texts."""
    from sklearn.linear_model import LogisticRegression

    columns, intercepts = [], []
    for label in labels:
        chosen = rows[label]
        if _one_sided(targets[label][chosen]):
            columns.append(np.zeros(matrix.shape[1]))
            intercepts.append(_NEVER)
            continue
        model = LogisticRegression(
            C=strength, solver="liblinear", class_weight="balanced", random_state=0
        )
        model.fit(matrix[chosen], targets[label][chosen])
        columns.append(model.coef_[0])
        intercepts.append(float(model.intercept_[0]))
    return Weights(np.stack(columns, 1).astype(np.float32), np.array(intercepts, dtype=np.float32))


def _one_sided(target: NDArray[np.bool_]) -> bool:
    return bool(target.all() or not target.any())


@dataclass(frozen=True, slots=True)
class Basis:
    """Texts in as many dimensions as there are texts, with the same products between them.

    A ridge-like penalty sees only products, so a model fitted here is the one that would be fitted
    on the many thousand buckets, at a fraction of the time when texts are few.
    """

    places: Doubles  # a row a text, nothing right of the diagonal

    @classmethod
    def of(cls, products: Doubles) -> "Basis":
        """From the matrix of products between the texts."""
        from scipy import linalg

        lengths = products.diagonal()
        apart = products.copy()
        np.fill_diagonal(apart, lengths + _APART * lengths.max())
        return cls(linalg.cholesky(apart, lower=True, overwrite_a=True))

    def fit(
        self,
        truth: NDArray[np.bool_],
        known: NDArray[np.bool_],
        weights: Doubles,
        strength: float,
    ) -> tuple[Doubles, Doubles]:
        """A column a label (as in `truth`): the weight of each text, and the intercept.

        Texts of which a label is not `known` have no say in it; the rarer of its two sides counts
        as much as the other.
        """
        from scipy import linalg

        shares = known * weights[:, None]
        yes = (shares * truth).sum(axis=0)
        both = shares.sum(axis=0)
        one_sided = (yes == 0) | (yes == both)
        sides = np.where(truth, yes, both - yes)
        shares *= strength * both / (2.0 * np.maximum(sides, 1e-12))
        shares[:, one_sided] = 0.0
        found, intercepts = _descended(self.places, np.where(truth, 1.0, -1.0), shares)
        intercepts[one_sided] = _NEVER
        return linalg.solve_triangular(self.places, found, trans="T", lower=True), intercepts


def _descended(places: Doubles, signs: Doubles, shares: Doubles) -> tuple[Doubles, Doubles]:
    """Weights and intercepts of all columns at once, by L-BFGS with a line search of each column.

    Minimises half the squared weights plus the weighed logistic losses. Sums are linear in the
    step, so a search costs no product with `places`.
    """
    at = np.zeros((places.shape[1] + 1, signs.shape[1]))
    sums = np.zeros_like(signs)
    gradient = _gradient(places, signs, shares, at, sums)
    least = _CLOSE * np.maximum(np.sqrt((gradient**2).sum(axis=0)), 1e-12)
    past: list[tuple[Doubles, Doubles, Doubles]] = []
    for _ in range(_MOST_STEPS):
        near = np.sqrt((gradient**2).sum(axis=0)) <= least
        if near.all():
            break
        # A column that has arrived rests: its steps would be nothing but rounding.
        step = np.where(near, 0.0, -_bent(gradient, past))
        along = places @ step[:-1] + step[-1]
        length = _line(signs, shares, at, sums, step, along)
        at, sums = at + length * step, sums + length * along
        new = _gradient(places, signs, shares, at, sums)
        moved, turned = length * step, new - gradient
        past = [*past, (moved, turned, _inverse((moved * turned).sum(axis=0)))][-_MEMORY:]
        gradient = new
    return at[:-1], at[-1]


def _gradient(
    places: Doubles, signs: Doubles, shares: Doubles, at: Doubles, sums: Doubles
) -> Doubles:
    pull = -signs * shares / (1.0 + np.exp(np.clip(signs * sums, -60.0, 60.0)))
    found = np.empty_like(at)
    found[:-1] = at[:-1] + places.T @ pull
    found[-1] = pull.sum(axis=0)
    return found


def _bent(gradient: Doubles, past: Sequence[tuple[Doubles, Doubles, Doubles]]) -> Doubles:
    """The gradient times an estimate of the inverse curvature from the last steps."""
    found = gradient.copy()
    parts = []
    for moved, turned, inverse in reversed(past):
        part = (moved * found).sum(axis=0) * inverse
        found -= part * turned
        parts.append(part)
    if past:
        moved, turned, inverse = past[-1]
        found *= np.where(inverse > 0, _inverse(inverse * (turned**2).sum(axis=0)), 1.0)
    for (moved, turned, inverse), part in zip(past, reversed(parts), strict=True):
        found += (part - (turned * found).sum(axis=0) * inverse) * moved
    return found


def _inverse(values: Doubles) -> Doubles:
    """One over each; 0 for what is not above 0, so that a step without curvature says nothing."""
    found: Doubles = np.divide(1.0, values, out=np.zeros_like(values), where=values > 1e-200)
    return found


def _line(
    signs: Doubles, shares: Doubles, at: Doubles, sums: Doubles, step: Doubles, along: Doubles
) -> Doubles:
    """How far to go in each column: to where the slope along the step is nought (Newton)."""
    length = np.zeros(signs.shape[1])
    inner, square = (at[:-1] * step[:-1]).sum(axis=0), (step[:-1] ** 2).sum(axis=0)
    for _ in range(_SEARCHES):
        chance = 1.0 / (1.0 + np.exp(np.clip(signs * (sums + length * along), -60.0, 60.0)))
        slope = inner + length * square - (shares * signs * along * chance).sum(axis=0)
        bend = square + (shares * along**2 * chance * (1.0 - chance)).sum(axis=0)
        length -= slope / np.maximum(bend, 1e-300)
    return length
