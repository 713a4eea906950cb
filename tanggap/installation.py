"""Which installation a command works on: its data folder, settings and running services.

A variable of the environment wins over `run.json`, which wins over the defaults of design §3.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.errors import TanggapError

if TYPE_CHECKING:
    from services.classifier.ports import Classifier
    from shared.db.engine import Database
    from shared.privacy.vault import Vault
    from shared.runfile import RunFile
    from shared.settings import Settings

KEY_FILE = "master.key"
ACCOUNTS_FILE = "demo-accounts.json"
EMBEDDED_SESSION_SECONDS = 6.0

DataDir = Annotated[
    Path,
    typer.Option(
        "--data",
        metavar="DIR",
        envvar="TANGGAP_DATA_DIR",
        show_envvar=False,
        help="Folder of the database, keys, files and run.json.",
    ),
]
DEFAULT_DATA = Path("var")


def running(data: Path) -> "RunFile | None":
    """What `tanggap up` runs on this data folder now, if anything."""
    from shared import runfile

    return runfile.read(data.absolute())


def settings_of(data: Path, **fixed: Any) -> "Settings":
    """The settings as a command sees them; `fixed` ones win over everything."""
    from shared.settings import Settings

    values: dict[str, Any] = {"data_dir": data.absolute()}
    found = running(data)
    if found is not None and not _given("BROKER_URL"):
        values["broker_url"] = found.broker_url
        if found.broker and not _given("BROKER_SESSION_SECONDS"):
            values["broker_session_seconds"] = EMBEDDED_SESSION_SECONDS
    if found is not None and not _given("DATABASE_URL"):
        values["database_url"] = found.database_url
    key = data / KEY_FILE
    if not _given("MASTER_KEY") and key.is_file():
        values["master_key"] = key.read_text(encoding="ascii").strip()
    return Settings(**(values | fixed))


def classifier_of(settings: "Settings", model: str | None = None) -> "Classifier":
    """The classifier that the installation's settings name; `model` wins over them."""
    from services.classifier.choosing import chosen
    from services.classifier.settings import ClassifierSettings

    named = ClassifierSettings(data_dir=settings.data_dir)
    return chosen(model or named.classifier_model, named.classifier_artefacts)


def _given(name: str) -> bool:
    return bool(os.environ.get(f"TANGGAP_{name}"))


@contextmanager
def opened_database(data: Path) -> Iterator["Database"]:
    """The installation's database, which must exist; closed afterwards."""
    from shared.db.engine import Database

    settings = settings_of(data)
    require_database(settings)
    database = Database(settings.database_url)
    try:
        yield database
    finally:
        database.close()


def require_database(settings: "Settings") -> None:
    """Raise when there is no SQLite file yet, instead of making an empty one."""
    path = sqlite_path(settings)
    if path is not None and not path.exists():
        raise TanggapError(
            f"no database at {path}: start `tanggap up`, or run `tanggap db upgrade`"
        )


def sqlite_path(settings: "Settings") -> Path | None:
    """The file of an SQLite database; none for PostgreSQL."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(settings.database_url)
    except ArgumentError as error:
        raise TanggapError("TANGGAP_DATABASE_URL is not a database address") from error
    if url.get_backend_name() != "sqlite":
        return None
    return Path(url.database or ":memory:")


def require_broker(settings: "Settings") -> None:
    """Raise when no broker can be reached since the embedded one does not run."""
    from shared.settings import EMBEDDED_SCHEME

    if settings.broker_url == EMBEDDED_SCHEME:
        raise TanggapError(
            "the embedded broker does not run: start `tanggap up` first, "
            "or set TANGGAP_BROKER_URL=kafka://host:9092"
        )


def vault_of(settings: "Settings") -> "Vault":
    """The vault of the installation's master key."""
    from shared.privacy.vault import Vault

    return Vault(master_key(settings))


def master_key(settings: "Settings") -> bytes:
    """The master key's bytes, or one line that says what is missing."""
    try:
        return settings.master_key_bytes()
    except ValueError as error:
        raise TanggapError(
            f"{error} (make one with `openssl rand -base64 32`; `up --demo` makes its own)"
        ) from error


def service_url(data: Path, service: str) -> str:
    """Where a service answers: as `run.json` says, else as the settings say."""
    found = running(data)
    if found is not None and service in found.services:
        return found.services[service].url
    settings = settings_of(data)
    return f"http://{settings.host}:{getattr(settings, f'{service}_port')}"
