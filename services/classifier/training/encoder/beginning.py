"""What training begins with: the origin's weights, or those of an encoder that is there already.

An artefact's graph holds matrices in steps of eight bits, smoothed; undone, they are as good a
beginning as what was rounded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from services.classifier.encoder.model import ENCODER, PIECES
from services.classifier.encoder.pieces import lines_of
from services.classifier.linear.features import Floats
from services.classifier.training.encoder.origin import located, read_origin
from services.classifier.training.encoder.rows import ALL_HEADS
from services.classifier.training.encoder.vocabulary import kept, texts_of
from shared.errors import TanggapError


@dataclass(frozen=True, slots=True)
class Beginning:
    """Weights by the names of `network`; the pieces and their scores; heads of attention."""

    weights: Mapping[str, Floats]
    pieces: list[str]
    scores: list[float]
    attention: int


def from_origin(data: Path) -> Beginning:
    """Of multilingual-e5-small, with those of its word pieces that the texts of `data` need."""
    origin = read_origin(located())
    numbers = kept(origin.pieces, origin.scores, texts_of(data))
    return Beginning(
        {**origin.tensors, "emb.word": origin.tensors["emb.word"][numbers]},
        [origin.pieces[number] for number in numbers],
        [origin.scores[number] for number in numbers],
        origin.shape.attention,
    )


def from_artefact(folder: Path) -> Beginning:
    """Of an encoder of ours, its heads included; raises `TanggapError` if it cannot be read.

    Its heads must be those of today: columns of others would begin with what they do not mean.
    """
    try:
        begun = _read(folder)
    except Exception as error:  # whatever a damaged file makes its reader raise
        raise TanggapError(f"{folder}: no encoder to begin with") from error
    columns = sum(len(plan.labels) for plan in ALL_HEADS)
    if len(begun.weights["heads.w"]) != columns:
        raise TanggapError(f"{folder}: other heads than are trained now")
    return begun


def _read(folder: Path) -> Beginning:
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(folder / ENCODER).graph
    pieces, scores = lines_of((folder / PIECES).read_bytes())
    found = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    width = found["heads.w"].shape[0]
    weights = {
        "emb.word": found["emb.word"] * found["emb.word.scale"],
        "emb.pos": found["emb.pos"],
        "emb.type": np.zeros((1, width), np.float32),  # added to the places when it was written
        "heads.w": found["heads.w"].T.copy(),
        "heads.b": found["heads.b"],
    }
    for name, values in found.items():
        if name.endswith(".scale") and name != "emb.word.scale":
            weights |= _matrices(name.removesuffix(".scale"), found)
        elif "ln." in name:
            weights[name] = values
    return Beginning(weights, pieces, scores, _attention(graph))


def _attention(graph: Any) -> int:
    told = (one for node in graph.node for one in node.attribute if one.name == "num_heads")
    return int(next(told).i)


def _matrices(name: str, found: Mapping[str, Floats]) -> dict[str, Floats]:
    """Those written as one, each for itself."""
    matrix = found[f"{name}.w"].T * found[f"{name}.scale"][:, None]
    matrix = (matrix * found.get(f"{name}.smaller", np.float32(1))).astype(np.float32)
    parts = [name[:-1] + part for part in "qkv"] if name.endswith(".q") else [name]
    return {
        f"{part}.{kind}": values
        for kind, whole in (("w", matrix), ("b", found[f"{name}.b"]))
        for part, values in zip(parts, np.split(whole, len(parts)), strict=True)
    }
