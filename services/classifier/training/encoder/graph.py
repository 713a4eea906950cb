"""Writes the encoder as an ONNX graph with eight-bit weights, for one text at a time.

Matrices are int8 with a scale for each output; what they are multiplied with is cut to eight bits
as it comes. A few channels of it are far larger than the rest and would leave the others no steps,
so they are made smaller first and their weights larger (SmoothQuant, Xiao et al. 2023).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.classifier.encoder.model import IDS, SUMS, VECTORS
from services.classifier.encoder.pieces import MOST_PIECES
from services.classifier.linear.features import Floats
from services.classifier.training.encoder.network import EPSILON, layers_of

Arrays = Mapping[str, Floats]
_OWN = "com.microsoft"  # the domain of onnxruntime's own operators
_OPSET, _IR = 20, 9
_STEPS = 127
_SMOOTH = 0.7  # between 0 (steps lost on what comes in) and 1 (on the weights); 0.6 to 0.8 do
_LEAST = 1e-5


class _Graph:
    """Collects nodes; every node's output has a name of its own."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, values: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(
        self, kind: str, inputs: Sequence[str], outputs: int | str = 1, domain: str = "",
        **attributes: Any,
    ) -> list[str]:  # fmt: skip
        from onnx import helper

        number = len(self.nodes)
        if isinstance(outputs, str):
            names = [outputs]
        else:
            names = [f"n{number}.{place}" for place in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, domain=domain, **attributes))
        return names


def graph_of(weights: Arrays, attention: int, largest: Arrays) -> bytes:
    """The file; `largest`: what was seen at most in each channel before a matrix, by its name.

    Before a matrix without a line in `largest`, nothing is made smaller.
    """
    graph = _Graph()
    found = _embedded(graph, weights)
    for number in range(layers_of(weights)):
        found = _layer(graph, weights, f"l{number}", found, attention, largest)
    axis = graph.constant("axis", np.array([1], np.int64))
    graph.node("ReduceMean", [found, axis], VECTORS, keepdims=0)
    heads = [
        graph.constant("heads.w", weights["heads.w"].T),
        graph.constant("heads.b", weights["heads.b"]),
    ]
    graph.node("Gemm", [VECTORS, *heads], SUMS)
    return _written(graph, weights)


def _embedded(graph: _Graph, weights: Arrays) -> str:
    """Word, place and type, normalised: one text's pieces, as a batch of one."""
    from onnx import TensorProto

    table, scales = rounded(weights["emb.word"])
    places = weights["emb.pos"][:MOST_PIECES] + weights["emb.type"][0]
    word = graph.constant("emb.word", table)
    scale = graph.constant("emb.word.scale", scales[:, None])
    zero = graph.constant("zero", np.array([0], np.int64))
    place = graph.constant("emb.pos", places.astype(np.float32))
    [row] = graph.node("Gather", [word, IDS])
    [row] = graph.node("Cast", [row], to=TensorProto.FLOAT)
    [step] = graph.node("Gather", [scale, IDS])
    [row] = graph.node("Mul", [row, step])
    [length] = graph.node("Shape", [IDS])
    [place] = graph.node("Slice", [place, zero, length, zero])
    [row] = graph.node("Add", [row, place])
    norm = [graph.constant(f"emb.ln.{part}", weights[f"emb.ln.{part}"]) for part in "wb"]
    [row] = graph.node("LayerNormalization", [row, *norm], epsilon=EPSILON)
    return graph.node("Unsqueeze", [row, zero])[0]


def _layer(
    graph: _Graph, weights: Arrays, name: str, found: str, attention: int, largest: Arrays
) -> str:
    three = [f"{name}.{part}" for part in "qkv"]
    together = _linear(graph, weights, three, found, largest)
    parts = graph.node("Split", [together], 3, axis=-1, num_outputs=3)
    [seen] = graph.node("MultiHeadAttention", parts, domain=_OWN, num_heads=attention)
    seen = _linear(graph, weights, [f"{name}.ao"], seen, largest)
    found = _normalised(graph, weights, f"{name}.aln", found, seen)
    inner = _linear(graph, weights, [f"{name}.fi"], found, largest)
    [inner] = graph.node("Gelu", [inner], domain=_OWN)
    outer = _linear(graph, weights, [f"{name}.fo"], inner, largest)
    return _normalised(graph, weights, f"{name}.oln", found, outer)


def _linear(
    graph: _Graph, weights: Arrays, names: Sequence[str], found: str, largest: Arrays
) -> str:
    """Matrices that look at the same, as one."""
    matrix = np.concatenate([weights[f"{name}.w"] for name in names])
    offset = np.concatenate([weights[f"{name}.b"] for name in names])
    name = names[0]
    if name in largest:
        smaller = smoothing(matrix, largest[name])
        matrix = matrix * smaller
        [found] = graph.node("Mul", [found, graph.constant(f"{name}.smaller", 1 / smaller)])
    table, scales = rounded(matrix)
    constants = [
        graph.constant(f"{name}.w", table.T),
        graph.constant(f"{name}.scale", scales),
        "",  # weights have no zero point
        graph.constant(f"{name}.b", offset),
    ]
    return graph.node("DynamicQuantizeMatMul", [found, *constants], domain=_OWN)[0]


def _normalised(graph: _Graph, weights: Arrays, name: str, one: str, other: str) -> str:
    """Of their sum; onnxruntime has one operator for the two, which is several times slower."""
    norm = [graph.constant(f"{name}.{part}", weights[f"{name}.{part}"]) for part in "wb"]
    [both] = graph.node("Add", [one, other])
    return graph.node("LayerNormalization", [both, *norm], epsilon=EPSILON)[0]


def rounded(matrix: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Each row in steps of its own."""
    scales = np.maximum(np.abs(matrix).max(axis=1) / _STEPS, 1e-8).astype(np.float32)
    return np.rint(matrix / scales[:, None]).astype(np.int8), scales


def smoothing(matrix: Floats, largest: Floats) -> Floats:
    """By how much each channel is divided before its weights, which are multiplied by it."""
    weights = np.maximum(np.abs(matrix).max(axis=0), _LEAST)
    factors = np.maximum(largest, _LEAST) ** _SMOOTH / weights ** (1 - _SMOOTH)
    shared: Floats = (factors / np.exp(np.log(factors).mean())).astype(np.float32)
    return shared


def _written(graph: _Graph, weights: Arrays) -> bytes:
    from onnx import TensorProto, checker, helper

    columns, width = weights["heads.w"].shape
    text = [helper.make_tensor_value_info(IDS, TensorProto.INT64, ["pieces"])]
    outputs = [
        helper.make_tensor_value_info(SUMS, TensorProto.FLOAT, [1, columns]),
        helper.make_tensor_value_info(VECTORS, TensorProto.FLOAT, [1, width]),
    ]
    whole = helper.make_graph(graph.nodes, "encoder", text, outputs, graph.constants)
    sets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_OWN, 1)]
    model = helper.make_model(whole, opset_imports=sets, ir_version=_IR)
    checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content
