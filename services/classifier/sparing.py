"""Lets the quick model answer alone while texts queue up, and says so.

A batch is what came while the one before was answered: a large one means that texts wait.
"""

from collections.abc import Sequence

from services.classifier.ports import ClassificationRequest, Classifier
from shared.contracts.classification import Classification

BUSY = "encoder-busy"


class Sparing:
    """Implements `ports.Classifier` by two others."""

    def __init__(self, whole: Classifier, quick: Classifier, most: int) -> None:
        """`most`: the largest batch that `whole` answers; at 0 it answers none."""
        self._whole = whole
        self._quick = quick
        self._most = most

    @property
    def version(self) -> str:
        """Name of the model that answers where nothing waits."""
        return self._whole.version

    def classify(self, requests: Sequence[ClassificationRequest]) -> list[Classification]:
        """The answers; each names the model it is of."""
        if len(requests) <= self._most:
            return self._whole.classify(requests)
        answers = self._quick.classify(requests)
        return [answer.model_copy(update={"degraded": BUSY}) for answer in answers]
