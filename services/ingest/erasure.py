"""A citizen's right to erasure: the ticket's key goes, and with it all that was sealed.

What stays: the case's history and the counts, which name nobody, and a record of the erasure.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from services.ingest.channels.forgetting import clear_messages
from services.ingest.ports import Files
from shared.clock import Clock
from shared.db.engine import Database
from shared.db.tables.ingest import (
    ingest_acts,
    ingest_complaints,
    ingest_erasures,
    ingest_files,
    ingest_keys,
    ingest_surveys,
)
from shared.errors import TanggapError
from shared.ids import normalise_ticket

_RECEIPT = "S-"
_NO_CODE = "erased"


@dataclass(frozen=True, slots=True)
class Erased:
    """What was removed; `messages` waited to be handled when their sender was erased."""

    reference: str
    acts: int
    files: int
    messages: int


def erase(
    database: Database,
    files: Files,
    clock: Clock,
    reference: str,
    by: str,
    reason: str = "",
    asked_at: datetime | None = None,
) -> Erased:
    """Erase the reporter of a ticket (or receipt): key, sealed columns, files; audited.

    The rows go in one transaction, the sealed objects after it; one that a crash leaves behind
    opens with no key any more and is swept later. `asked_at`, when the citizen asked, is kept in
    the record. Raises `TanggapError` for an unknown reference.
    """
    wanted = _normalised(reference)
    now = clock.now()
    with database.write() as conn:
        known = conn.execute(delete(ingest_keys).where(ingest_keys.c.ticket == wanted)).rowcount
        if not known:
            raise TanggapError(f"{wanted} is unknown, or it was erased before")
        names = _clear(conn, wanted, now)
        acts = _clear_acts(conn, wanted)
        messages = clear_messages(conn, wanted)
        asked = {"asked_at": asked_at.astimezone(UTC).isoformat()} if asked_at else {}
        conn.execute(
            insert(ingest_erasures).values(
                ticket=wanted,
                by=by,
                reason=reason,
                removed={"acts": acts, "files": len(names), "messages": messages, **asked},
                at=now,
            )
        )
    for name in names:
        files.delete(name)
    database.forget_old_pages()
    return Erased(wanted, acts, len(names), messages)


def _normalised(reference: str) -> str:
    text = reference.strip().upper()
    prefix = _RECEIPT if text.startswith(_RECEIPT) else ""
    try:
        return prefix + normalise_ticket(text.removeprefix(prefix))
    except ValueError as error:
        raise TanggapError(f"{reference}: {error}") from error


def _clear(conn: Connection, ticket: str, now: Any) -> list[str]:
    """Empty the rows of the ticket; returns the names of its objects."""
    conn.execute(
        update(ingest_complaints)
        .where(ingest_complaints.c.ticket == ticket)
        .values(
            sealed_text=None,
            sealed_identity=None,
            sealed_code=None,
            phone_hash=None,
            has_contact=False,
            code_hash=_NO_CODE,
            erased_at=now,
        )
    )
    conn.execute(
        update(ingest_surveys).where(ingest_surveys.c.receipt == ticket).values(sealed_comment=None)
    )
    names = conn.execute(
        select(ingest_files.c.object_name).where(ingest_files.c.ticket == ticket)
    ).scalars()
    found = list(names)
    conn.execute(delete(ingest_files).where(ingest_files.c.ticket == ticket))
    return found


def _clear_acts(conn: Connection, ticket: str) -> int:
    done = conn.execute(
        update(ingest_acts).where(ingest_acts.c.ticket == ticket).values(sealed_text=None)
    )
    return done.rowcount
