"""Bringing a database to the newest schema; safe to call at every start."""

from shared.db.engine import Database


def upgrade(database_url: str) -> None:
    """Create or migrate the schema."""
    from shared.db import tables

    db = Database(database_url)
    tables.metadata.create_all(db.engine)
    db.close()
