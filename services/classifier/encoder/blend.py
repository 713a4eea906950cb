"""Weighs what the encoder and the linear heads say: one probability a label of the two; pure.

Both speak in logarithms; how much each counts, by head, was fitted on texts neither had seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.classifier.encoder.model import EncoderModel
from services.classifier.linear.features import Floats
from services.classifier.linear.model import ArtefactError, Document, Head, LinearModel

_SOFTMAX = "softmax"
_LEAST = 1e-6  # no probability is nearer to 0 or 1


@dataclass(frozen=True, slots=True)
class Blend:
    """How one head is made of the encoder's columns and the linear head's probabilities.

    `head` turns the weighted logarithms (odds, if it is no softmax) into probabilities.
    """

    columns: slice
    encoder: float
    linear: float
    head: Head

    def probabilities(self, sums: Floats, linear: Floats) -> Floats:
        """Of the encoder's sums of all columns, and the linear probabilities of this head."""
        said = sums[:, self.columns]
        if self.head.form == _SOFTMAX:
            top = said.max(axis=1, keepdims=True)
            said = said - top - np.log(np.exp(said - top).sum(axis=1, keepdims=True))
        known = np.clip(linear, _LEAST, 1 - _LEAST)
        logs = np.log(known) if self.head.form == _SOFTMAX else np.log(known / (1 - known))
        return self.head.probabilities(self.encoder * said + self.linear * logs)


class BlendedModel:
    """Implements `layered.Model`: the heads of the linear model, said by both."""

    def __init__(self, encoder: EncoderModel, linear: LinearModel) -> None:
        """Raises `ArtefactError` if their labels do not agree."""
        self.version = f"{encoder.version}+{linear.version}"
        self.heads = linear.heads
        self.manifest: Mapping[str, Any] = {**linear.manifest, **encoder.manifest}
        self.quick = linear
        self.encoder = encoder
        self._blends = blends_of(encoder.manifest["heads"], linear.heads)

    def predict(
        self, documents: Sequence[Document], names: Sequence[str] | None = None
    ) -> dict[str, Floats]:
        """Probabilities by head: a row a document, a column a label; all heads, or those named."""
        found = self.quick.predict(documents, names)
        blends = {name: self._blends[name] for name in found if name in self._blends}
        if documents and blends:
            sums = self.encoder.sums([document.text for document in documents])
            for name, blend in blends.items():
                found[name] = blend.probabilities(sums, found[name])
        return found

    def token_weights(self, group: str, tokens: Sequence[str]) -> Floats:
        """What each token alone adds to each column of a group of the linear heads."""
        return self.quick.token_weights(group, tokens)


def blends_of(described: Mapping[str, Any], heads: Mapping[str, Head]) -> dict[str, Blend]:
    """The blends of a manifest; raises `ArtefactError` for labels the linear heads do not have."""
    found = {}
    for name, one in described.items():
        labels = tuple(one["labels"])
        if name not in heads or heads[name].labels != labels:
            raise ArtefactError(f"other labels of {name} than the linear heads have")
        whole = slice(0, len(labels))
        head = Head(name, "encoder", whole, labels, one["form"], 1.0, tuple(one["offsets"]))
        found[name] = Blend(slice(*one["columns"]), one["encoder"], one["linear"], head)
    return found
