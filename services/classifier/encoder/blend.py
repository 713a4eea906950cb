"""Weighs what the encoder and the linear heads say: one probability a label of the two; pure.

Both speak in logarithms; how much each counts, by head, was fitted on texts neither had seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.classifier.chances import Numbers, logarithms, logarithms_of, odds
from services.classifier.encoder.model import EncoderModel
from services.classifier.linear.features import Floats
from services.classifier.linear.model import ArtefactError, Document, Head, LinearModel
from services.classifier.mixing import grave

_SOFTMAX = "softmax"
URGENT, URGENCY = "urgent", "urgency"
"""The head of whether, and that of how much: the upper two of its levels are urgent."""
_UPPER = (URGENCY, (URGENT,))


@dataclass(frozen=True, slots=True)
class Blend:
    """How one head is made of the encoder's columns and the linear head's probabilities.

    `head` turns the weighted logarithms (odds, if it is no softmax) into probabilities. With `of`,
    the columns and probabilities are those of that other head, whose upper two labels this one is.
    """

    columns: slice
    encoder: float
    linear: float
    head: Head
    of: str | None = None

    @property
    def source(self) -> str:
        """The linear head it looks at."""
        return self.of or self.head.name

    def probabilities(self, sums: Floats, linear: Floats) -> Floats:
        """Of the encoder's sums of all columns, and the linear probabilities of head or `of`."""
        said: Numbers = sums[:, self.columns]
        if self.head.form == _SOFTMAX:
            said, known = logarithms(said), logarithms_of(linear)
        elif self.of:
            said = odds(grave(np.exp(logarithms(said)))[:, None])
            known = odds(grave(linear)[:, None])
        else:
            known = odds(linear)
        both = self.encoder * said + self.linear * known
        return self.head.probabilities(both.astype(np.float32))


class BlendedModel:
    """Implements `layered.Model`: the heads of the linear model, said by both."""

    def __init__(self, encoder: EncoderModel, linear: LinearModel) -> None:
        """Raises `ArtefactError` if their labels do not agree."""
        self.version = f"{encoder.version}+{linear.version}"
        self.manifest: Mapping[str, Any] = {**linear.manifest, **encoder.manifest}
        self.quick = linear
        self.encoder = encoder
        self._blends = blends_of(encoder.manifest["heads"], linear.heads)
        self.heads = linear.heads | {name: one.head for name, one in self._blends.items() if one.of}

    def predict(
        self, documents: Sequence[Document], names: Sequence[str] | None = None
    ) -> dict[str, Floats]:
        """Probabilities by head: a row a document, a column a label; all heads, or those named."""
        read = names and [self._blends[n].source if n in self._blends else n for n in names]
        found = self.quick.predict(documents, read)
        blends = {name: one for name, one in self._blends.items() if one.source in found}
        if blends:
            sums = self.encoder.sums([document.text for document in documents])
            found |= {
                name: one.probabilities(sums, found[one.source]) for name, one in blends.items()
            }
        return found if names is None else {name: found[name] for name in names}

    def token_weights(self, group: str, tokens: Sequence[str]) -> Floats:
        """What each token alone adds to each column of a group of the linear heads."""
        return self.quick.token_weights(group, tokens)


def blends_of(described: Mapping[str, Any], heads: Mapping[str, Head]) -> dict[str, Blend]:
    """The blends of a manifest; raises `ArtefactError` for labels the linear heads do not have."""
    found = {}
    for name, one in described.items():
        labels, of = tuple(one["labels"]), one.get("of")
        columns = slice(*one["columns"])
        looked_at = heads[of or name].labels if (of or name) in heads else ()
        wide = columns.stop - columns.start
        if wide != len(looked_at) or not (labels == looked_at or (of, labels) == _UPPER):
            raise ArtefactError(f"other labels of {name} than the linear heads have")
        whole = slice(0, len(labels))
        head = Head(name, "encoder", whole, labels, one["form"], 1.0, tuple(one["offsets"]))
        found[name] = Blend(columns, one["encoder"], one["linear"], head, of)
    return found
