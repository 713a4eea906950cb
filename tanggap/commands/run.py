"""`tanggap run SERVICE`: one service in this process, as production runs it."""

import os
import sys
from enum import StrEnum

import typer

from tanggap.installation import DEFAULT_DATA, DataDir, require_broker, settings_of


class Name(StrEnum):
    """The four services."""

    INGEST = "ingest"
    CLASSIFIER = "classifier"
    SCORING = "scoring"
    DESK = "desk"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: TANGGAP_BROKER_URL=kafka://kafka:9092 tanggap run desk")(run)


def run(service: Name, data: DataDir = DEFAULT_DATA) -> None:
    """Run one service in the foreground until it is told to stop."""
    settings = settings_of(data)
    require_broker(settings)
    environment = os.environ | {
        "TANGGAP_DATA_DIR": str(settings.data_dir),
        "TANGGAP_BROKER_URL": settings.broker_url,
        "TANGGAP_DATABASE_URL": settings.database_url,
        "TANGGAP_BROKER_SESSION_SECONDS": str(settings.broker_session_seconds),
    }
    if settings.master_key:
        environment["TANGGAP_MASTER_KEY"] = settings.master_key.get_secret_value()
    # -P: a folder named `services` where the command is typed must not be taken for ours.
    command = [sys.executable, "-P", "-m", f"services.{service.value}"]
    os.execve(command[0], command, environment)  # noqa: S606 — the service takes our place
