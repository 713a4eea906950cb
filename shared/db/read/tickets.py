"""Whose a ticket is, by its complaint's row; knows nothing of what is sealed in it."""

from sqlalchemy import Connection, select

from shared.db.tables.ingest import ingest_complaints


def region_of(conn: Connection, ticket: str) -> str | None:
    """The region the complaint was sent to; none for a ticket we do not know."""
    query = select(ingest_complaints.c.region).where(ingest_complaints.c.ticket == ticket)
    return conn.execute(query).scalar_one_or_none()
