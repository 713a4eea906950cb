"""`tanggap classify`: what the classifier makes of a text; needs no running services."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.errors import TanggapError
from tanggap.installation import DEFAULT_DATA, DataDir, settings_of, sqlite_path
from tanggap.screen import AsJSON, print_json, print_table

if TYPE_CHECKING:
    from shared.db.read.directory import Directory

_AT_ONCE = 64


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog='Example: tanggap classify "Jalan rusak parah di Kuaro" --region paser')(
        classify
    )


def classify(
    text: Annotated[str, typer.Argument(help='The text, or "-": a {"text": …} a line on stdin.')],
    region: Annotated[str | None, typer.Option(help="The region whose OPDs may be named.")] = None,
    as_json: AsJSON = False,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Classify a text; with "-" each line in gives one line of JSON out, in order."""
    from services.classifier.ports import ClassificationRequest
    from services.classifier.ruled import RuleClassifier

    chosen = region or settings_of(data).default_region
    directory = _directory(data)
    if chosen and directory.region(chosen) is None:
        raise TanggapError(f"region {chosen} is not known")
    units = directory.opds(chosen) if chosen else ()
    classifier = RuleClassifier()
    if text == "-":
        for batch in _batches():
            requests = [ClassificationRequest(one, units) for one in batch]
            for found in classifier.classify(requests):
                print(found.model_dump_json(), flush=True)
        return
    result = classifier.classify([ClassificationRequest(text, units)])[0].model_dump(mode="json")
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


def _batches() -> Iterator[list[str]]:
    """The texts on standard input; a person who types sees each answer at once."""
    size = 1 if sys.stdin.isatty() else _AT_ONCE
    batch: list[str] = []
    for number, line in enumerate(sys.stdin.buffer, 1):
        batch.append(_text_of(line, number))
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


def _text_of(line: bytes, number: int) -> str:
    import orjson

    try:
        text = orjson.loads(line)["text"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise TanggapError(f'standard input line {number}: write {{"text": "…"}}') from error
    if not isinstance(text, str):
        raise TanggapError(f"standard input line {number}: text is not a string")
    return text


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
    ]
