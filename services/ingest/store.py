"""The intake's rows: each function writes or reads with the connection it is given."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from shared.db.statements import insert_new
from shared.db.tables.common import dead_letters
from shared.db.tables.ingest import (
    ingest_acts,
    ingest_complaints,
    ingest_files,
    ingest_idempotency,
    ingest_keys,
    ingest_surveys,
    ingest_tokens,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """An idempotency key as the first request left it."""

    body_hash: str
    reference: str


def claim_of(conn: Connection, key_hash: str) -> Claim | None:
    """What the key was used for, if it was."""
    row = conn.execute(
        select(ingest_idempotency.c.body_hash, ingest_idempotency.c.reference).where(
            ingest_idempotency.c.key_hash == key_hash
        )
    ).one_or_none()
    return Claim(row.body_hash, row.reference) if row else None


def claim(conn: Connection, key_hash: str, wanted: Claim, now: datetime) -> Claim | None:
    """Take the key for `wanted`; none when it is ours now, else what it was used for.

    The unique key decides among parallel requests: on PostgreSQL the second waits here for the
    first to commit, on SQLite writers stand in line anyway.
    """
    row = {
        "key_hash": key_hash,
        "body_hash": wanted.body_hash,
        "reference": wanted.reference,
        "created_at": now,
    }
    if insert_new(conn, ingest_idempotency, [row], "key_hash"):
        return None
    return claim_of(conn, key_hash)


def add_key(conn: Connection, reference: str, wrapped_key: bytes, now: datetime) -> None:
    """Store the wrapped data key of a ticket or receipt."""
    row = {"ticket": reference, "wrapped_key": wrapped_key, "created_at": now}
    conn.execute(insert(ingest_keys), row)


def add_complaint(conn: Connection, values: dict[str, Any]) -> None:
    """Store a complaint's row."""
    conn.execute(insert(ingest_complaints), values)


def add_survey(conn: Connection, values: dict[str, Any]) -> None:
    """Store a survey's row."""
    conn.execute(insert(ingest_surveys), values)


def add_act(conn: Connection, values: dict[str, Any]) -> None:
    """Store an act's row."""
    conn.execute(insert(ingest_acts), values)


def add_files(conn: Connection, rows: list[dict[str, Any]]) -> None:
    """Store the rows of attachments whose sealed bytes are in the file store already."""
    if rows:
        conn.execute(insert(ingest_files), rows)


def complaint(conn: Connection, ticket: str) -> Row[Any] | None:
    """A complaint's row."""
    return conn.execute(
        select(ingest_complaints).where(ingest_complaints.c.ticket == ticket)
    ).one_or_none()


def survey_exists(conn: Connection, receipt: str) -> bool:
    """Whether the receipt names a survey."""
    found = conn.execute(
        select(ingest_surveys.c.receipt).where(ingest_surveys.c.receipt == receipt)
    )
    return found.first() is not None


def act_received_at(conn: Connection, event_id: str) -> datetime | None:
    """When an act came in."""
    found = conn.execute(
        select(ingest_acts.c.received_at).where(ingest_acts.c.event_id == event_id)
    )
    value: datetime | None = found.scalar_one_or_none()
    return value


def token_state(conn: Connection, token_hash: str, opd: str) -> bool | None:
    """Whether the OPD's token was used; none: there is no such token of this OPD."""
    row = conn.execute(
        select(ingest_tokens.c.used_at).where(
            ingest_tokens.c.token_hash == token_hash, ingest_tokens.c.opd == opd
        )
    ).one_or_none()
    return None if row is None else row.used_at is not None


def use_token(conn: Connection, token_hash: str, receipt: str, now: datetime) -> bool:
    """Use the token up; False when somebody else was first."""
    done = conn.execute(
        update(ingest_tokens)
        .where(ingest_tokens.c.token_hash == token_hash, ingest_tokens.c.used_at.is_(None))
        .values(used_at=now, receipt=receipt)
    )
    return done.rowcount == 1


def is_dead_letter(conn: Connection, ticket: str) -> bool:
    """Whether an event of the ticket could not be handled and waits for a person."""
    found = conn.execute(
        select(dead_letters.c.id).where(
            dead_letters.c.ticket == ticket, dead_letters.c.replayed_at.is_(None)
        )
    )
    return found.first() is not None
