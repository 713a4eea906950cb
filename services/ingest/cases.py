"""Reads what the citizen may see of an opened case, from desk's tables."""

from sqlalchemy import Connection

from services.ingest.tracking import CaseView


def read_case(conn: Connection, ticket: str) -> CaseView | None:
    """The case, or none while it has not been opened."""
    return None
