"""Serves the linear heads of an artefact: a batch of texts in, probabilities a head out.

Reads one folder, whose files must be those its manifest names, byte for byte. Knows what a head is
called and what its columns mean, not what is done with them.
"""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.classifier.linear.features import (
    Block,
    Floats,
    Ints,
    counted,
    text_grams,
    token_grams,
)

MANIFEST, WEIGHTS = "manifest.json", "linear.npz"
FORMAT = 1
BLOCKS = ("words", "pieces", "tokens", "cues")
"""N-grams of the text as written, its words in their known form, and what the word lists say."""
_AT_ONCE = 64  # a batch this size stays in a core's cache
_SOFTMAX = "softmax"
Bytes = NDArray[np.int8]


class ArtefactError(Exception):
    """The artefact is missing, damaged, or of another format."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text with what the word lists made of it; no token or cue may hold a space."""

    text: str
    tokens: Sequence[str] = ()
    cues: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Head:
    """One question; `columns` are those of its group, one a label (one alone: yes or no).

    Probabilities are the softmax, or the logistic function of each column for itself, of the sum
    times `slope` plus its `offset`, which were fitted on texts the weights were not.
    """

    name: str
    group: str
    columns: slice
    labels: tuple[str, ...]
    form: str
    slope: float
    offsets: tuple[float, ...]

    def probabilities(self, sums: Floats) -> Floats:
        """From weighted sums of the columns."""
        offsets = np.array(self.offsets, np.float32)
        scaled = np.clip(self.slope * sums[:, self.columns] + offsets, -30.0, 30.0)
        if self.form != _SOFTMAX:
            alone: Floats = 1.0 / (1.0 + np.exp(-scaled))
            return alone
        grown = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        shared: Floats = grown / grown.sum(axis=1, keepdims=True)
        return shared


@dataclass(frozen=True, slots=True)
class Group:
    """Heads that look at the same blocks, each block folded to 2**bits buckets."""

    name: str
    blocks: tuple[int, ...]
    bits: tuple[int, ...]
    weights: tuple[Floats, ...]  # a block: buckets × columns
    intercepts: Floats

    def sums(self, blocks: Sequence[Block]) -> Floats:
        """The weighted sums of every column for every text."""
        texts = blocks[0].texts
        found = np.repeat(self.intercepts[None, :], texts, axis=0)
        for place, bits, weights in zip(self.blocks, self.bits, self.weights, strict=True):
            block = blocks[place]
            buckets = block.buckets & ((1 << bits) - 1)
            starts = block.starts
            for text in range(texts):
                part = slice(starts[text], starts[text + 1])
                found[text] += block.values[part] @ weights.take(buckets[part], axis=0)
        return found


@dataclass(frozen=True)
class Scale:
    """What makes a count a weight: how rare a bucket is, and how much its block says."""

    bits: int
    rarity: Floats
    share: float

    def weigh(self, block: Block) -> Block:
        """Each text's values times rarity, brought to the length of `share`."""
        values = block.values * self.rarity[block.buckets]
        lengths = np.sqrt(np.bincount(block.rows, values * values, minlength=block.texts))
        lengths[lengths == 0] = 1.0
        values *= (self.share / lengths).astype(np.float32)[block.rows]
        return Block(block.rows, block.buckets, values, block.texts)


class LinearModel:
    """The heads of one artefact; the same text has the same answer in any batch."""

    def __init__(
        self, version: str, scales: Sequence[Scale], groups: Sequence[Group], heads: Sequence[Head],
        manifest: Mapping[str, Any],
    ) -> None:  # fmt: skip
        self.version = version
        self.heads = {head.name: head for head in heads}
        self.manifest = manifest
        self._scales = tuple(scales)
        self._groups = {group.name: group for group in groups}

    @property
    def quick(self) -> "LinearModel":
        """Itself (`layered.Model`)."""
        return self

    @classmethod
    def load(cls, folder: Path) -> "LinearModel":
        """Read and check an artefact; raises `ArtefactError`, whatever is wrong with it."""
        try:
            manifest = json.loads((folder / MANIFEST).read_bytes())
            if manifest["format"] != FORMAT:
                raise ArtefactError(f"format {manifest['format']}, not {FORMAT}")
            content = (folder / WEIGHTS).read_bytes()
            if hashlib.sha256(content).hexdigest() != manifest["files"][WEIGHTS]["sha256"]:
                raise ArtefactError(f"{WEIGHTS} is not the file its manifest names")
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                return _built(manifest, arrays)
        except ArtefactError:
            raise
        except Exception as error:  # whatever a damaged file, or a Python without lzma, raises
            raise ArtefactError(f"{folder.name}: {type(error).__name__}: {error}") from error

    def predict(
        self, documents: Sequence[Document], names: Sequence[str] | None = None
    ) -> dict[str, Floats]:
        """Probabilities by head: a row a document, a column a label; all heads, or those named."""
        heads = [self.heads[name] for name in (names if names is not None else self.heads)]
        groups = [self._groups[name] for name in dict.fromkeys(head.group for head in heads)]
        needed = {place for group in groups for place in group.blocks}
        found: dict[str, list[Floats]] = {head.name: [] for head in heads}
        for start in range(0, max(1, len(documents)), _AT_ONCE):
            blocks = self.blocks(documents[start : start + _AT_ONCE], needed)
            sums = {group.name: group.sums(blocks) for group in groups}
            for head in heads:
                found[head.name].append(head.probabilities(sums[head.group]))
        return {name: np.concatenate(parts) for name, parts in found.items()}

    def blocks(self, documents: Sequence[Document], needed: set[int]) -> list[Block]:
        """The weighed n-grams of some documents; those of blocks not needed are left out."""
        return [
            scale.weigh(block) if place in needed else block
            for place, (scale, block) in enumerate(
                zip(self._scales, raw_blocks(documents, self._bits, needed), strict=True)
            )
        ]

    @property
    def _bits(self) -> tuple[int, ...]:
        return tuple(scale.bits for scale in self._scales)

    def token_weights(self, group: str, tokens: Sequence[str]) -> Floats:
        """What each token alone adds to each column of a group, up to the length of its text."""
        place = BLOCKS.index("tokens")
        own = self._groups[group]
        grams = token_grams([tokens], pairs=False)
        at = own.blocks.index(place)
        buckets = (grams.hashes & np.uint32((1 << self._bits[place]) - 1)).astype(np.int64)
        folded = buckets & ((1 << own.bits[at]) - 1)
        found: Floats = own.weights[at][folded] * self._scales[place].rarity[buckets][:, None]
        return found


def raw_blocks(
    documents: Sequence[Document], bits: Sequence[int], needed: set[int] | None = None
) -> list[Block]:
    """The counted n-grams of documents in the order of `BLOCKS`, not weighed yet."""
    needed = set(range(len(BLOCKS))) if needed is None else needed
    size = len(documents)
    nothing = Block(_NO_PLACES, _NO_PLACES, np.empty(0, np.float32), size)
    found = [nothing] * len(BLOCKS)
    if needed & {0, 1}:
        for place, grams in enumerate(text_grams([document.text for document in documents])):
            found[place] = counted(grams, size, bits[place])
    if 2 in needed:
        tokens = token_grams([document.tokens for document in documents], pairs=True)
        found[2] = counted(tokens, size, bits[2])
    if 3 in needed:
        cues = token_grams([document.cues for document in documents], pairs=False)
        found[3] = counted(cues, size, bits[3])
    return found


_NO_PLACES: Ints = np.empty(0, np.int64)


def _built(manifest: Mapping[str, Any], arrays: Mapping[str, Any]) -> LinearModel:
    scales = [
        Scale(block["bits"], arrays[f"{name}.rarity"] * np.float32(block["step"]), block["share"])
        for name, block in ((name, manifest["blocks"][name]) for name in BLOCKS)
    ]
    groups = []
    for name, group in manifest["groups"].items():
        steps = arrays[f"{name}.steps"]
        weights = tuple(arrays[f"{name}.{block}"] * steps for block in group["blocks"])
        blocks = tuple(BLOCKS.index(block) for block in group["blocks"])
        intercepts = arrays[f"{name}.intercepts"]
        groups.append(Group(name, blocks, tuple(group["bits"]), weights, intercepts))
    heads = [
        Head(
            name=name,
            group=head["group"],
            columns=slice(*head["columns"]),
            labels=tuple(head["labels"]),
            form=head["form"],
            slope=head["slope"],
            offsets=tuple(head["offsets"]),
        )
        for name, head in manifest["heads"].items()
    ]
    return LinearModel(manifest["version"], scales, groups, heads, manifest)
