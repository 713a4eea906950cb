"""All tables of the product; importing this module fills the metadata."""

from shared.db.tables import (
    classifier,
    common,
    desk,
    directory,
    evaluation,
    ingest,
    messages,
    scoring,
)
from shared.db.tables.base import metadata

__all__ = [
    "classifier",
    "common",
    "desk",
    "directory",
    "evaluation",
    "ingest",
    "messages",
    "metadata",
    "scoring",
]
