"""`tanggap train`: makes the classifier's artefacts from labelled texts."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.errors import TanggapError
from tanggap.commands.evaluate import DEFAULT_SETS, SetsDir, show
from tanggap.installation import DEFAULT_DATA, opened_database
from tanggap.screen import note

if TYPE_CHECKING:
    from services.classifier.corrections import CorrectedText
    from services.classifier.evaluation import Figure
    from services.classifier.training.encoder.learning import Limits

_LEARNING_ON = 0.6  # of the usual rates


class Part(StrEnum):
    """What can be made."""

    LINEAR = "linear"
    ENCODER = "encoder"
    BLEND = "blend"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: tanggap train --data ../shared/data --corrections")(train)


Out = Annotated[Path | None, typer.Option(help="Folder to write; its name is the version.")]
Corrections = Annotated[
    bool, typer.Option("--corrections", help="Learn from people's corrections, too.")
]
Installation = Annotated[Path, typer.Option(envvar="TANGGAP_DATA_DIR", help="Whose corrections.")]
Minutes = Annotated[float | None, typer.Option(min=0.01, help="Of the encoder, at most.")]
After = Annotated[
    Path | None, typer.Option(help="Folder of an encoder that learns on; a part of it is kept.")
]
Short = Annotated[
    bool, typer.Option("--short", help="Numbers of 16 bits, where the processor has them: faster.")
]


def train(
    part: Annotated[
        Part,
        typer.Argument(
            help="The linear models; the encoder; or how much an encoder that is there counts "
            "beside the newest linear models."
        ),
    ] = Part.LINEAR,
    sets: SetsDir = DEFAULT_SETS,
    out: Out = None,
    corrections: Corrections = False,
    installation: Installation = DEFAULT_DATA,
    steps: Annotated[int, typer.Option(min=1, help="Of the encoder, at most.")] = 2000,
    minutes: Minutes = None,
    after: After = None,
    threads: Annotated[int, typer.Option(min=1, help="Of the encoder.")] = 1,
    short: Short = False,
) -> None:
    """Train the classifier; the linear models take a quarter of an hour, an encoder hours.

    Shows the figures of the dev rows; those of the test rows are in the model card.
    """
    _refuse(part, out, after, short=short)
    learnt = _corrections(installation) if corrections and part is Part.LINEAR else []
    try:
        if part is Part.LINEAR:
            place, figures = _linear(sets, out, learnt)
        else:
            from services.classifier.training.encoder.learning import Limits

            rates = 1.0 if after is None else _LEARNING_ON
            limits = Limits(steps, minutes, threads=threads, rates=rates, short=short)
            place, figures = _encoder(part, sets, out, limits, after)
    except ImportError as error:
        extra = "train-encoder" if part is Part.ENCODER else "train"
        raise TanggapError(f"training needs more: pip install 'tanggap[{extra}]'") from error
    show(figures, as_json=False)
    note(f"written to {place}")


def _refuse(part: Part, out: Path | None, after: Path | None, *, short: bool) -> None:
    """Raise `TanggapError` for options that would do nothing, or harm."""
    if part is not Part.ENCODER and (after or short):
        raise TanggapError("--after and --short are for: tanggap train encoder")
    if after is not None and out is not None and after.resolve() == out.resolve():
        raise TanggapError("an artefact is never changed: name another folder with --out")


def _linear(
    sets: Path, out: Path | None, learnt: "list[CorrectedText]"
) -> "tuple[Path, list[Figure]]":
    """Train the linear models, as the next version unless a folder is named."""
    from services.classifier.choosing import next_version
    from services.classifier.training.run import train_linear

    place = next_version() if out is None else out
    return place, train_linear(sets, place, learnt, note)


def _encoder(
    part: Part, sets: Path, out: Path | None, limits: "Limits", after: Path | None
) -> "tuple[Path, list[Figure]]":
    """Train or weigh an encoder beside the newest linear models."""
    from services.classifier.choosing import ENCODER, artefacts, newest, next_version
    from services.classifier.training.encoder.making import blend, train_encoder

    linear = newest(artefacts())
    if linear is None:
        raise TanggapError("no linear models to weigh the encoder beside: tanggap train linear")
    if part is Part.BLEND:
        place = out or artefacts() / (newest(artefacts(), ENCODER) or f"{ENCODER}-1")
        return place, blend(place, artefacts() / linear, sets, note)
    place = out or next_version(ENCODER)
    return place, train_encoder(sets, place, artefacts() / linear, limits, note, after)


def _corrections(installation: Path) -> "list[CorrectedText]":
    """What people corrected, from the installation's database."""
    from services.classifier.corrections import rows

    with opened_database(installation) as database, database.read() as conn:
        return list(rows(conn))
