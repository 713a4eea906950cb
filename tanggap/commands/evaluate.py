"""`tanggap evaluate`: how well the classifier does on labelled texts."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.errors import TanggapError
from tanggap.screen import AsJSON, note, print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from services.classifier.evaluation import Figure
    from services.classifier.linear.features import Floats
    from services.classifier.ports import Classifier

SETS = "sets"
DEFAULT_SETS = Path("../shared/data")
SetsDir = Annotated[
    Path, typer.Option("--data", metavar="DIR", help="Folder of the public labelled sets.")
]


class Split(StrEnum):
    """Rows of the own sets that are not trained on."""

    TEST = "test"
    DEV = "dev"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: tanggap evaluate sets --json")(evaluate)


def evaluate(
    what: Annotated[
        str, typer.Argument(help='"sets", or a CSV file with the columns of reports.csv.')
    ] = SETS,
    sets: SetsDir = DEFAULT_SETS,
    model: Annotated[
        str, typer.Option(help="Artefact to measure: a version or a folder.")
    ] = "auto",
    split: Annotated[
        Split, typer.Option(help="Rows of the own sets: choose on dev, look at test at the end.")
    ] = Split.TEST,
    quick: Annotated[
        bool, typer.Option("--quick", help="Without what must be trained for it (LAPOR!).")
    ] = False,
    as_json: AsJSON = False,
) -> None:
    """Measure the classifier: macro-F1 and shares with 95 % intervals, beside the levels."""
    from services.classifier.choosing import AUTO, chosen
    from services.classifier.measuring import levelled, own_figures

    place = Path(model)
    apart = place.is_dir() and model != AUTO
    name = place.absolute().name if apart else model
    classifier = chosen(name, place.absolute().parent if apart else None)
    note(f"model {classifier.version}")
    if what == SETS:
        figures = _sets(classifier, sets, split, quick=quick)
    else:
        from services.classifier.training.sets import own_reports

        figures = own_figures(classifier, own_reports(Path(what)))
    show(levelled(figures, classifier.version), as_json=as_json)


def _sets(classifier: "Classifier", sets: Path, split: str, *, quick: bool) -> "list[Figure]":
    from services.classifier.layered import LayeredClassifier
    from services.classifier.measuring import masking_figures, own_figures, public_figures

    figures = [*own_figures(classifier, split), *masking_figures(split)]
    if not isinstance(classifier, LayeredClassifier):
        note("no linear model: tone and language of the public sets are not measured")
    elif not sets.is_dir():
        note(f"{sets}: no such folder; tone, language and sectors are not measured")
    else:
        figures = [*public_figures(classifier.model, sets), *figures]
    if not quick and sets.is_dir():
        try:
            from services.classifier.training.sectors import sector_figures

            figures += sector_figures(sets, _vectors(classifier))
        except ImportError as error:
            raise TanggapError("sectors need scikit-learn: pip install 'tanggap[train]'") from error
    return figures


def _vectors(classifier: "Classifier") -> "Callable[[Sequence[str]], Floats] | None":
    """What reads whole texts, if an encoder does."""
    from services.classifier.encoder.blend import BlendedModel
    from services.classifier.layered import LayeredClassifier

    if isinstance(classifier, LayeredClassifier) and isinstance(classifier.model, BlendedModel):
        return classifier.model.encoder.vectors
    return None


def show(figures: "list[Figure]", *, as_json: bool) -> None:
    """The figures in per cent, or as shares for machines."""
    if as_json:
        print_json([_plain(one) for one in figures])
        return
    print_table(["task", "value", "95 %", "rows", "level", ""], [_row(one) for one in figures])


def _plain(one: "Figure") -> dict[str, Any]:
    return {
        "task": one.task,
        "value": one.value,
        "low": one.low,
        "high": one.high,
        "rows": one.n,
        "level": one.must,
        "reached": one.reached,
    }


def _row(one: "Figure") -> list[Any]:
    level = "" if one.must is None else f"{round(100 * one.must, 1):g}"
    verdict = {None: "", True: "reached", False: "below"}[one.reached]
    span = f"{100 * one.low:.1f} to {100 * one.high:.1f}"
    return [one.task, f"{100 * one.value:.1f}", span, f"{one.n:,}", level, verdict]
