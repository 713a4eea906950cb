"""What desk may read of the intake: who reported, in which words, with which files.

The sealed columns open only with the ticket's key; `open_…` answers none once it is erased.
Whoever calls has checked that the person may see it, and audits it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import orjson
from sqlalchemy import Connection, select

from shared.db.tables.ingest import ingest_acts, ingest_complaints, ingest_files, ingest_keys
from shared.files.store import FileStore
from shared.privacy.vault import Vault

TEXT_CONTEXT = "complaint/text"
IDENTITY_CONTEXT = "complaint/identity"
CODE_CONTEXT = "complaint/code"
ACT_CONTEXT = "act/text"
FILE_CONTEXT = "file"
COMMENT_CONTEXT = "survey/comment"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who reported, as far as they said.

    `address` and `account` are their name and ours on the complaint's channel, `thread` the public
    comment that an answer hangs on.
    """

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    nik: str | None = None
    address: str | None = None
    account: str | None = None
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """A complaint's row, sealed parts left out."""

    ticket: str
    region: str
    channel: str
    opd_asked: str | None
    anonymous: bool
    confidential: bool
    has_contact: bool
    occurred_on: date | None
    received_at: datetime
    due_at: datetime
    code_hash: str
    files: int
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class FileRow:
    """An attachment; `act_id` names the citizen's act it came with, if not the complaint."""

    file_id: str
    ticket: str
    act_id: str | None
    position: int
    object_name: str
    media_type: str
    size: int
    width: int | None
    height: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ActRow:
    """What a citizen did on the tracking page; its text is sealed."""

    event_id: str
    act: str
    score: int | None
    has_text: bool
    received_at: datetime


def sealed_context(kind: str, reference: str) -> str:
    """The context a part of `reference` is sealed under: it opens nowhere else."""
    return f"{kind}:{reference}"


def submission(conn: Connection, ticket: str) -> Submission | None:
    """The complaint's row, or none."""
    names = Submission.__slots__
    row = conn.execute(
        select(*(ingest_complaints.c[name] for name in names)).where(
            ingest_complaints.c.ticket == ticket
        )
    ).one_or_none()
    return Submission(**dict(row._mapping)) if row else None


def stated_languages(conn: Connection, tickets: Sequence[str]) -> dict[str, str]:
    """The languages citizens said they write in, by ticket; who said nothing is left out."""
    row = ingest_complaints.c
    query = select(row.ticket, row.language).where(
        row.ticket.in_(tickets), row.language.is_not(None)
    )
    return {found.ticket: found.language for found in conn.execute(query)}


def data_key(conn: Connection, vault: Vault, reference: str) -> bytes | None:
    """The data key of a ticket or receipt; none after erasure."""
    wrapped = conn.execute(
        select(ingest_keys.c.wrapped_key).where(ingest_keys.c.ticket == reference)
    ).scalar_one_or_none()
    return vault.unwrap(wrapped) if wrapped is not None else None


def open_text(conn: Connection, vault: Vault, ticket: str) -> str | None:
    """The complaint in the citizen's own words (a reveal: audit it)."""
    plain = _open(conn, vault, ticket, "sealed_text", TEXT_CONTEXT)
    return plain.decode() if plain is not None else None


def open_identity(conn: Connection, vault: Vault, ticket: str) -> Identity | None:
    """Who reported (a reveal: audit it; never for an anonymous complaint)."""
    plain = _open(conn, vault, ticket, "sealed_identity", IDENTITY_CONTEXT)
    return Identity(**orjson.loads(plain)) if plain is not None else None


def open_code(conn: Connection, vault: Vault, ticket: str) -> str | None:
    """The tracking code (for ingest only: it repeats an answer to the same request)."""
    plain = _open(conn, vault, ticket, "sealed_code", CODE_CONTEXT)
    return plain.decode() if plain is not None else None


def _open(conn: Connection, vault: Vault, ticket: str, column: str, kind: str) -> bytes | None:
    sealed = conn.execute(
        select(ingest_complaints.c[column]).where(ingest_complaints.c.ticket == ticket)
    ).scalar_one_or_none()
    key = data_key(conn, vault, ticket)
    if sealed is None or key is None:
        return None
    return vault.open(key, sealed, sealed_context(kind, ticket))


def acts(conn: Connection, ticket: str) -> list[ActRow]:
    """What the citizen did since, oldest first."""
    table = ingest_acts
    rows = conn.execute(
        select(
            table.c.event_id,
            table.c.act,
            table.c.score,
            table.c.sealed_text.is_not(None).label("has_text"),
            table.c.received_at,
        )
        .where(table.c.ticket == ticket)
        .order_by(table.c.received_at, table.c.event_id)
    )
    return [ActRow(r.event_id, r.act, r.score, bool(r.has_text), r.received_at) for r in rows]


def open_act_text(conn: Connection, vault: Vault, ticket: str, act_id: str) -> str | None:
    """The text of an act in the citizen's own words (a reveal: audit it)."""
    sealed = conn.execute(
        select(ingest_acts.c.sealed_text).where(
            ingest_acts.c.event_id == act_id, ingest_acts.c.ticket == ticket
        )
    ).scalar_one_or_none()
    key = data_key(conn, vault, ticket)
    if sealed is None or key is None:
        return None
    return vault.open(key, sealed, sealed_context(ACT_CONTEXT, act_id)).decode()


def files_of(conn: Connection, ticket: str) -> list[FileRow]:
    """The attachments of a ticket, in the order they came."""
    rows = conn.execute(
        select(ingest_files)
        .where(ingest_files.c.ticket == ticket)
        .order_by(ingest_files.c.created_at, ingest_files.c.position)
    )
    return [FileRow(**dict(row._mapping)) for row in rows]


def open_file(
    conn: Connection, vault: Vault, store: FileStore, ticket: str, file_id: str
) -> tuple[str, bytes] | None:
    """Media type and content of an attachment; none if unknown, of another ticket or erased."""
    row = conn.execute(
        select(ingest_files).where(
            ingest_files.c.file_id == file_id, ingest_files.c.ticket == ticket
        )
    ).one_or_none()
    key = data_key(conn, vault, ticket)
    if row is None or key is None:
        return None
    sealed = store.get(row.object_name)
    return row.media_type, vault.open(key, sealed, sealed_context(FILE_CONTEXT, file_id))
