"""`tanggap train`: makes the classifier's linear artefact from labelled texts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.errors import TanggapError
from tanggap.commands.evaluate import DEFAULT_SETS, SetsDir, show
from tanggap.installation import DEFAULT_DATA, opened_database
from tanggap.screen import note

if TYPE_CHECKING:
    from services.classifier.corrections import CorrectedText


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: tanggap train --data ../shared/data --corrections")(train)


def train(
    sets: SetsDir = DEFAULT_SETS,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; its name is the version.")
    ] = None,
    corrections: Annotated[
        bool, typer.Option("--corrections", help="Learn from people's corrections, too.")
    ] = False,
    installation: Annotated[
        Path, typer.Option(envvar="TANGGAP_DATA_DIR", help="Whose corrections.")
    ] = DEFAULT_DATA,
) -> None:
    """Train the linear models; takes some minutes of one core and 1.5 GB of memory.

    Shows the figures of the dev rows; those of the test rows are in the model card.
    """
    from services.classifier.choosing import next_version
    from services.classifier.training.run import train_linear

    place = next_version() if out is None else out
    learnt = _corrections(installation) if corrections else []
    try:
        figures = train_linear(sets, place, learnt, note)
    except ImportError as error:
        raise TanggapError("training needs scikit-learn: pip install 'tanggap[train]'") from error
    show(figures, as_json=False)
    note(f"written to {place}")


def _corrections(installation: Path) -> "list[CorrectedText]":
    """What people corrected, from the installation's database."""
    from services.classifier.corrections import rows

    with opened_database(installation) as database, database.read() as conn:
        return list(rows(conn))
