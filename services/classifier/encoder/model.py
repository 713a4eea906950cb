"""Serves the encoder of an artefact: texts in, a vector or the sums of every head's columns out.

Reads one folder, whose files must be those its manifest names, byte for byte. Every text goes
through by itself: its steps of quantisation are its own, so it has the same answer in any batch.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from services.classifier.encoder.pieces import Ints, Pieces, read_pieces
from services.classifier.linear.features import Floats
from services.classifier.linear.model import MANIFEST, ArtefactError

ENCODER, PIECES = "encoder.onnx", "pieces.txt"
FORMAT = 2
_READ = (1, FORMAT)
"""1 has no head that is the upper part of another (`of`); who reads 1 alone must refuse it."""
IDS, SUMS, VECTORS = "ids", "sums", "vectors"
"""Names of the graph's input and outputs."""
_THREADS = 2
_ONLY_ERRORS = 3
_PLACE = "CPUExecutionProvider"


class EncoderModel:
    """The encoder of one artefact; the same text has the same answer in any batch."""

    def __init__(
        self, manifest: Mapping[str, Any], session: onnxruntime.InferenceSession, pieces: Pieces
    ) -> None:
        self.version: str = manifest["version"]
        self.manifest = manifest
        self._session = session
        self._pieces = pieces
        self._none = {one.name: np.zeros(one.shape[1], np.float32) for one in session.get_outputs()}
        # Whoever waits for one text does without; a batch is shared out.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="encoder")

    @classmethod
    def load(cls, folder: Path) -> "EncoderModel":
        """Read and check an artefact; raises `ArtefactError`, whatever is wrong with it."""
        try:
            manifest = json.loads((folder / MANIFEST).read_bytes())
            if manifest["format"] not in _READ:
                raise ArtefactError(f"format {manifest['format']}, not {FORMAT}")
            for name in (ENCODER, PIECES):
                _check(folder / name, manifest["files"][name]["sha256"])
            pieces = read_pieces((folder / PIECES).read_bytes())
            return cls(manifest, _session(folder / ENCODER), pieces)
        except ArtefactError:
            raise
        except Exception as error:  # whatever a damaged file makes its reader raise
            raise ArtefactError(f"{folder.name}: {type(error).__name__}") from error

    def sums(self, texts: Sequence[str]) -> Floats:
        """The sums of every head's columns: a row a text."""
        return self._read(SUMS, texts)

    def vectors(self, texts: Sequence[str]) -> Floats:
        """What the heads look at: a row a text."""
        return self._read(VECTORS, texts)

    def _read(self, output: str, texts: Sequence[str]) -> Floats:
        def one(ids: Ints) -> Floats:
            found: Floats = self._session.run([output], {IDS: ids})[0][0]
            return found

        cut = list(map(self._pieces.ids, texts))
        rows = self._threads.map(one, cut) if len(cut) > 1 else map(one, cut)
        # The row of no text gives the width where there are none.
        return np.stack([self._none[output], *rows])[1:]


def _check(path: Path, wanted: str) -> None:
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != wanted:
            raise ArtefactError(f"{path.name} is not the file its manifest names")


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _ONLY_ERRORS
    # Texts differ in length: blocks of memory kept for one of them would not fit the next.
    options.enable_mem_pattern = False
    # The graph is written as it is fastest; what more would be joined is slower.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return onnxruntime.InferenceSession(path, options, providers=[_PLACE])
