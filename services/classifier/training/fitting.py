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


def fit_products(
    products: Floats,
    truth: NDArray[np.bool_],
    known: NDArray[np.bool_],
    weights: Doubles,
    strength: float,
) -> tuple[Doubles, Doubles]:
    """A column a label (as in `truth`): the weight of each text, and the intercept.

    From the products between the texts: a ridge-like penalty sees nothing else, so this is the
    model that would be fitted on the buckets, in a fraction of the time while these are more than
    the texts. Texts of which a label is not `known` have no say in it; the rarer of its two sides
    counts as much as the other.
    """
    shares = known * weights[:, None]
    yes = (shares * truth).sum(axis=0)
    both = shares.sum(axis=0)
    one_sided = (yes == 0) | (yes == both)
    sides = np.where(truth, yes, both - yes)
    shares *= strength * both / (2.0 * np.maximum(sides, 1e-12))
    shares[:, one_sided] = 0.0
    found, intercepts = _descended(products, np.where(truth, 1.0, -1.0), shares)
    intercepts[one_sided] = _NEVER
    return found, intercepts


@dataclass(frozen=True, slots=True)
class _Vector:
    """A vector a column, of weights of buckets that is never written out, with intercepts.

    It is the texts' own vectors, so many of each (`parts`); `sums` are its products with all of
    them. That is all it takes to add vectors and to multiply two: the buckets are not needed.
    """

    parts: Doubles
    sums: Doubles
    intercepts: Doubles

    def plus(self, other: "_Vector", times: Doubles) -> "_Vector":
        """This and so many times the other, column by column."""
        return _Vector(
            self.parts + times * other.parts,
            self.sums + times * other.sums,
            self.intercepts + times * other.intercepts,
        )

    def scaled(self, times: Doubles) -> "_Vector":
        """So many times this."""
        return _Vector(self.parts * times, self.sums * times, self.intercepts * times)

    def dot(self, other: "_Vector") -> Doubles:
        """The product with the other, a number a column."""
        found: Doubles = np.einsum("tc,tc->c", self.parts, other.sums)
        return found + self.intercepts * other.intercepts

    @property
    def length(self) -> Doubles:
        """Of each column; rounding may leave a square a little below nought."""
        return np.sqrt(np.maximum(self.dot(self), 0.0))


def _descended(products: Floats, signs: Doubles, shares: Doubles) -> tuple[Doubles, Doubles]:
    """Weights and intercepts of all columns at once, by L-BFGS with a line search of each column.

    Minimises half the squared weights plus the weighed logistic losses. A step costs one product
    with `products`: sums are linear in the step, so a search costs none.
    """
    texts, columns = signs.shape
    at = _Vector(np.zeros((texts, columns)), np.zeros((texts, columns)), np.zeros(columns))
    gradient = _gradient(products, signs, shares, at)
    least = _CLOSE * np.maximum(gradient.length, 1e-12)
    past: list[tuple[_Vector, _Vector, Doubles]] = []
    for _ in range(_MOST_STEPS):
        near = gradient.length <= least
        if near.all():
            break
        # A column that has arrived rests: its steps would be nothing but rounding.
        step = _bent(gradient, past).scaled(np.where(near, 0.0, -1.0))
        length = _line(signs, shares, at, step)
        at = at.plus(step, length)
        new = _gradient(products, signs, shares, at)
        moved, turned = step.scaled(length), new.plus(gradient, -np.ones(columns))
        past = [*past, (moved, turned, _inverse(moved.dot(turned)))][-_MEMORY:]
        gradient = new
    return at.parts, at.intercepts


def _gradient(products: Floats, signs: Doubles, shares: Doubles, at: _Vector) -> _Vector:
    sums = at.sums + at.intercepts
    pull = -signs * shares / (1.0 + np.exp(np.clip(signs * sums, -60.0, 60.0)))
    drawn = products @ pull.astype(products.dtype)
    return _Vector(at.parts + pull, at.sums + drawn, pull.sum(axis=0))


def _bent(gradient: _Vector, past: Sequence[tuple[_Vector, _Vector, Doubles]]) -> _Vector:
    """The gradient times an estimate of the inverse curvature from the last steps."""
    found = gradient
    shrunk = []
    for moved, turned, inverse in reversed(past):
        part = moved.dot(found) * inverse
        found = found.plus(turned, -part)
        shrunk.append(part)
    if past:
        moved, turned, inverse = past[-1]
        bend = _inverse(inverse * turned.dot(turned))
        found = found.scaled(np.where(inverse > 0, bend, 1.0))
    for (moved, turned, inverse), part in zip(past, reversed(shrunk), strict=True):
        found = found.plus(moved, part - turned.dot(found) * inverse)
    return found


def _inverse(values: Doubles) -> Doubles:
    """One over each; 0 for what is not above 0, so that a step without curvature says nothing."""
    found: Doubles = np.divide(1.0, values, out=np.zeros_like(values), where=values > 1e-200)
    return found


def _line(signs: Doubles, shares: Doubles, at: _Vector, step: _Vector) -> Doubles:
    """How far to go in each column: to where the slope along the step is nought (Newton)."""
    sums, along = at.sums + at.intercepts, step.sums + step.intercepts
    length = np.zeros(signs.shape[1])
    # Half the squared weights: intercepts are no part of them.
    inner = np.einsum("tc,tc->c", at.parts, step.sums)
    square = np.einsum("tc,tc->c", step.parts, step.sums)
    for _ in range(_SEARCHES):
        chance = 1.0 / (1.0 + np.exp(np.clip(signs * (sums + length * along), -60.0, 60.0)))
        slope = inner + length * square - (shares * signs * along * chance).sum(axis=0)
        bend = square + (shares * along**2 * chance * (1.0 - chance)).sum(axis=0)
        length -= slope / np.maximum(bend, 1e-300)
    return length
