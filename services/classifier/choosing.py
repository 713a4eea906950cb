"""Chooses the classifier that a setting names; what cannot be loaded is replaced and told.

The chain is encoder with linear model, linear model alone, rules and word lists alone.
"""

import json
import re
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import structlog

from services.classifier.layered import LayeredClassifier
from services.classifier.lexicons import load_lexicons
from services.classifier.linear.model import MANIFEST, ArtefactError, LinearModel
from services.classifier.ports import ClassificationRequest, Classifier
from services.classifier.ruled import VERSION, RuleClassifier
from services.classifier.sparing import Sparing
from shared.contracts.classification import Classification

AUTO = "auto"
LINEAR, ENCODER = "linear", "encoder"
MISSING, BROKEN = "linear-missing", "linear-broken"
ENCODER_MISSING, ENCODER_BROKEN = "encoder-missing", "encoder-broken"
REASONS = (MISSING, BROKEN, ENCODER_MISSING, ENCODER_BROKEN)
"""Why a classifier stands in for the one that was chosen."""
# A manifest may name what does not fit together: better to see it now than with the first report.
_PROBE = (ClassificationRequest("lampu jalan padam"),)
_log = structlog.get_logger(__name__)
_T = TypeVar("_T")


def artefacts() -> Path:
    """Where the artefacts of this package lie, one folder a version."""
    return Path(str(files(__package__))) / "artefacts"


def chosen(name: str = AUTO, folder: Path | None = None, most: int | None = None) -> Classifier:
    """The classifier of that name, or the next of the chain, whose answers all say why.

    `auto` is the newest encoder with the newest linear model, `encoder-1` that one with the linear
    model it was weighed beside (or the newest), `encoder-1+linear-1` both as named, `linear-1` no
    encoder, `rules-1` no model. Artefacts lie in `folder`, by default the package's own, where an
    encoder is looked for in any case. Batches larger than `most` are answered without the encoder;
    None: there is no such limit.
    """
    if name == VERSION:
        return RuleClassifier()
    place = artefacts() if folder is None else folder
    encoder, linear = _named(name, place)
    model = _loaded(LINEAR, place, linear, LinearModel.load)
    if isinstance(model, str):
        return Degraded(RuleClassifier(), model)
    quick = _probed(LINEAR, model.version, lambda: LayeredClassifier(model, load_lexicons()))
    if isinstance(quick, str):
        return Degraded(RuleClassifier(), quick)
    if encoder is None:
        return quick
    whole = _with_encoder(place, encoder, model)
    if isinstance(whole, str):
        return Degraded(quick, whole)
    return whole if most is None else Sparing(whole, quick, most)


def _named(name: str, place: Path) -> tuple[str | None, str]:
    """The versions of encoder and linear model; no encoder if only the other is named."""
    if name == AUTO:
        encoder = newest(place, ENCODER) or newest(artefacts(), ENCODER) or ENCODER
        return encoder, newest(place) or LINEAR
    first, _, second = name.partition("+")
    if not first.startswith(ENCODER):
        return None, first
    return first, second or _beside(first, place) or newest(place) or LINEAR


def _beside(encoder: str, place: Path) -> str | None:
    """The linear model an encoder was weighed beside, if it is there."""
    for folder in (place, artefacts()):
        try:
            linear = str(
                json.loads((folder / encoder / MANIFEST).read_bytes())["linear"]["version"]
            )
        except (OSError, ValueError, KeyError, TypeError):
            continue  # `_with_encoder` tells what is wrong with it
        return linear if (place / linear).is_dir() else None
    return None


def _with_encoder(place: Path, version: str, linear: LinearModel) -> LayeredClassifier | str:
    """The linear model with the encoder, or why there is none."""
    try:
        from services.classifier.encoder.blend import BlendedModel
        from services.classifier.encoder.model import EncoderModel
    except ImportError as error:  # no wheel of onnxruntime for this machine
        return _told(ENCODER_BROKEN, version, str(error))
    if not (place / version).is_dir():
        place = artefacts()
    encoder = _loaded(ENCODER, place, version, EncoderModel.load)
    if isinstance(encoder, str):
        return encoder
    return _probed(
        ENCODER, version, lambda: LayeredClassifier(BlendedModel(encoder, linear), load_lexicons())
    )


def _loaded(layer: str, place: Path, version: str, load: Callable[[Path], _T]) -> _T | str:
    if not (place / version / MANIFEST).is_file():
        return _told(f"{layer}-missing", version)
    try:
        return load(place / version)
    except ArtefactError as error:
        return _told(f"{layer}-broken", version, str(error))


def _probed(
    layer: str, version: str, make: Callable[[], LayeredClassifier]
) -> LayeredClassifier | str:
    try:
        classifier = make()
        classifier.classify(_PROBE)
    except Exception as error:  # noqa: BLE001 - whatever does not fit together
        return _told(f"{layer}-broken", version, f"{type(error).__name__}: {error}")
    return classifier


def newest(folder: Path, layer: str = LINEAR) -> str | None:
    """The artefact of a layer with the highest number, if there is one."""
    found = {
        int(match.group(1)): path.name
        for path in (folder.iterdir() if folder.is_dir() else ())
        if (match := re.fullmatch(rf"{layer}-(\d+)", path.name))
    }
    return found[max(found)] if found else None


def next_version(layer: str = LINEAR) -> Path:
    """The folder of an artefact that comes after the newest of its layer."""
    latest = newest(artefacts(), layer)
    return artefacts() / f"{layer}-{int(latest.rpartition('-')[2]) + 1 if latest else 1}"


def _told(reason: str, version: str, error: str = "") -> str:
    _log.error("classifier-degraded", reason=reason, version=version, error=error)
    return reason


class Degraded:
    """A classifier that stands in for another, and says so in every answer."""

    def __init__(self, instead: Classifier, reason: str) -> None:
        self._instead = instead
        self.reason = reason

    @property
    def version(self) -> str:
        """Name of the model that answers."""
        return self._instead.version

    def classify(self, requests: Sequence[ClassificationRequest]) -> list[Classification]:
        """The answers of the one that stands in."""
        answers = self._instead.classify(requests)
        return [answer.model_copy(update={"degraded": self.reason}) for answer in answers]
