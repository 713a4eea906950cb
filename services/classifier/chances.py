"""Chances and their logarithms; pure."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]
_LEAST = 1e-6  # no probability is nearer to 0 or 1


def logarithms(sums: Numbers) -> Numbers:
    """Of the probabilities of a softmax, a row a text."""
    less = sums - sums.max(axis=1, keepdims=True)
    found: Numbers = less - np.log(np.exp(less).sum(axis=1, keepdims=True))
    return found


def logarithms_of(chances: Numbers) -> Numbers:
    """Of probabilities, none of them nothing."""
    found: Numbers = np.log(np.clip(chances, _LEAST, 1))
    return found


def odds(chances: Numbers) -> Numbers:
    """In logarithms."""
    known = np.clip(chances, _LEAST, 1 - _LEAST)
    found: Numbers = np.log(known / (1 - known))
    return found
