"""Chooses the classifier that a setting names; what cannot be loaded is replaced and told."""

import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import structlog

from services.classifier.layered import LayeredClassifier
from services.classifier.linear.model import MANIFEST, ArtefactError, LinearModel
from services.classifier.ports import ClassificationRequest, Classifier
from services.classifier.ruled import VERSION, RuleClassifier
from shared.contracts.classification import Classification

AUTO = "auto"
MISSING, BROKEN = "linear-missing", "linear-broken"
_VERSION = re.compile(r"linear-(\d+)")
# A manifest may name what does not fit together: better to see it now than with the first report.
_PROBE = (ClassificationRequest("lampu jalan padam"),)
_log = structlog.get_logger(__name__)


def artefacts() -> Path:
    """Where the artefacts of this package lie, one folder a version."""
    return Path(str(files(__package__))) / "artefacts"


def chosen(name: str = AUTO, folder: Path | None = None) -> Classifier:
    """The classifier of that name: `auto` the newest artefact, `linear-1` that one, `rules-1` none.

    Artefacts lie in `folder`, by default the package's own. Where the artefact is missing or broken
    the rules answer alone, and every answer says so.
    """
    if name == VERSION:
        return RuleClassifier()
    place = artefacts() if folder is None else folder
    version = newest(place) if name == AUTO else name
    if version is None or not (place / version / MANIFEST).is_file():
        return _without(MISSING, version or name)
    try:
        classifier = LayeredClassifier(LinearModel.load(place / version))
        classifier.classify(_PROBE)
    except (ArtefactError, AttributeError, LookupError, TypeError, ValueError) as error:
        return _without(BROKEN, version, str(error))
    return classifier


def newest(folder: Path) -> str | None:
    """The artefact with the highest number, if there is one."""
    found = {
        int(match.group(1)): path.name
        for path in (folder.iterdir() if folder.is_dir() else ())
        if (match := _VERSION.fullmatch(path.name))
    }
    return found[max(found)] if found else None


def next_version() -> Path:
    """The folder of an artefact that comes after the newest."""
    latest = newest(artefacts())
    return artefacts() / f"linear-{int(latest.rpartition('-')[2]) + 1 if latest else 1}"


def _without(reason: str, version: str, error: str = "") -> "Degraded":
    _log.error("classifier-degraded", reason=reason, version=version, error=error)
    return Degraded(RuleClassifier(), reason)


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
