"""`tanggap train`: fits, calibrates, writes the artefact, measures it and writes its card."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from services.classifier.corrections import CorrectedText
from services.classifier.evaluation import Figure
from services.classifier.layered import LayeredClassifier
from services.classifier.linear.model import LinearModel
from services.classifier.measuring import (
    DEV,
    masking_figures,
    own_figures,
    public_figures,
    units_of_seed,
)
from services.classifier.routing import Weights
from services.classifier.training.card import card
from services.classifier.training.linear import Fitted, Taught, fit
from services.classifier.training.making import heads_of, thresholds_of, unseen_of, write
from services.classifier.training.provenance import DATA
from services.classifier.training.routes import fit_routes
from shared.errors import TanggapError

CARD = "MODEL_CARD.md"
_LIBRARIES = ("numpy", "scikit-learn", "scipy")
Tell = Callable[[str], None]


def train_linear(
    data: Path,
    out: Path,
    corrections: Sequence[CorrectedText] = (),
    tell: Tell = lambda _: None,
    taught: Taught | None = None,
) -> list[Figure]:
    """Train on the sets of `data` and people's corrections, and write the folder `out`.

    The folder's name is the version. Its card has the figures of the test rows; those given back
    are of the dev rows, by which one chooses. Takes a quarter of an hour of two cores and some
    7 GB of memory.
    """
    if not (data / "smsa_train.csv").is_file():
        raise TanggapError(f"{data}: no training data (see its SOURCES.md); name it with --data")
    tell("fitting …")
    fitted = fit(data, taught or Taught.own(), corrections)
    _write(out, fitted, len(corrections))
    tell("measuring …")
    model = LinearModel.load(out)
    classifier = LayeredClassifier(model)
    public = public_figures(model, data)
    figures = [*public, *own_figures(classifier), *masking_figures()]
    (out / CARD).write_text(card(model.manifest, figures), encoding="utf-8")
    return [*public, *own_figures(classifier, DEV)]


def _write(out: Path, fitted: Fitted, corrections: int) -> None:
    """Twice: the routes are fitted on what the rest of the artefact makes of the units."""
    heads = heads_of(fitted)
    unseen = unseen_of(fitted, heads)
    extra: dict[str, Any] = {
        "thresholds": thresholds_of(unseen, fitted.reports),
        "routing": asdict(Weights(1.0, 1.0, 1.0)),
        "corrections": corrections,
        "made_with": {name: version_of(name) for name in _LIBRARIES},
        "data": DATA,
    }
    write(out, out.name, fitted, heads, extra)
    classifier = LayeredClassifier(LinearModel.load(out))
    routes = fit_routes(classifier, fitted.reports, unseen, units_of_seed())
    write(out, out.name, fitted, heads, {**extra, "routing": asdict(routes)})
