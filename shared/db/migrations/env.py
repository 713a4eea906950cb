"""Alembic's entry: runs the revisions on the connection that `shared/db/migrate.py` hands over.

The transaction, its locks and its time limits belong to the caller; nothing commits here.
"""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from shared.db.tables import metadata
from shared.db.types import BigKey, JSONDoc, UTCDateTime


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column types by the names of the template: a revision never needs our code."""
    if kind != "type":
        return False
    if isinstance(item, UTCDateTime):
        return "INSTANT"
    return "JSON_DOC" if item is JSONDoc else "BIG_KEY" if item is BigKey else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=render_item,
)
context.run_migrations()
