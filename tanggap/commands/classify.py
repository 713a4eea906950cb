"""`tanggap classify`: what the classifier makes of a text; needs no running services."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.errors import TanggapError
from tanggap.installation import DEFAULT_DATA, DataDir, classifier_of, settings_of, sqlite_path
from tanggap.screen import AsJSON, print_json, print_table

if TYPE_CHECKING:
    from shared.db.read.directory import Directory


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog='Example: tanggap classify "Jalan rusak parah di Kuaro" --region paser')(
        classify
    )


def classify(
    text: Annotated[str, typer.Argument(help='The text, or "-": a {"text": …} a line on stdin.')],
    region: Annotated[str | None, typer.Option(help="The region whose OPDs may be named.")] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help='Which model answers: "auto", an artefact, or "rules-1"; else as the settings say.'
        ),
    ] = None,
    as_json: AsJSON = False,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Classify a text; with "-" each line in gives one line of JSON out, in order."""
    from services.classifier.lines import AT_ONCE, classify_lines
    from services.classifier.ports import ClassificationRequest

    settings = settings_of(data)
    chosen = region or settings.default_region
    directory = _directory(data)
    if chosen and directory.region(chosen) is None:
        raise TanggapError(f"region {chosen} is not known")
    units = directory.opds(chosen) if chosen else ()
    classifier = classifier_of(settings, model)
    if text == "-":
        # A person who types sees each answer at once.
        at_once = 1 if sys.stdin.isatty() else AT_ONCE
        for answer in classify_lines(sys.stdin.buffer, classifier, units, at_once=at_once):
            sys.stdout.buffer.write(answer + b"\n")
            sys.stdout.buffer.flush()
        return
    # What the terminal gave in another encoding is no Unicode: it would not be written out again.
    written = text.encode(errors="surrogateescape").decode(errors="replace")
    result = classifier.classify([ClassificationRequest(written, units)])[0].model_dump(mode="json")
    if as_json:
        print_json(result)
    else:
        print_table(["what", "answer"], _rows(result))


def _directory(data: DataDir) -> "Directory":
    """The list in the database if there is one, else the one of the start."""
    from shared.db.engine import Database
    from shared.db.read.directory import Directory, directory_of_seed

    settings = settings_of(data)
    path = sqlite_path(settings)
    if path is not None and not path.exists():
        return directory_of_seed()
    database = Database(settings.database_url)
    try:
        with database.read() as conn:
            found = Directory.load(conn)
    finally:
        database.close()
    return found if found.regions else directory_of_seed()


def _rows(result: dict[str, Any]) -> list[list[Any]]:
    opds = ", ".join(f"{guess['opd']} ({guess['confidence']:.2f})" for guess in result["opd"])
    accused = "yes" if result["berkadar_pengawasan"] else "no"
    return [
        ["language", f"{result['language']['code']} ({result['language']['confidence']:.2f})"],
        ["kind", result["kind"]],
        ["berkadar pengawasan", accused],
        ["category", result["category"]],
        ["OPD", opds or None],
        ["external", result["external"]],
        ["urgency", result["urgency"]["level"]],
        ["sentiment", result["sentiment"]["label"]],
        ["spam", result["spam"]],
        ["masked text", result["masked_text"]],
        ["reasons", "; ".join(result["reasons"])],
        ["model", result["model_version"]],
        ["degraded", result["degraded"]],
    ]
