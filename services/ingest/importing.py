"""Surveys that were answered elsewhere, on paper or in another system, and come in as a file.

They take the way of every submission: row, sealed comment and outbox event in one transaction.
Delivery: each survey has a name that stays, from which its event's id is made, so whatever is
imported again, after a crash or by mistake, counts once.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

from pydantic import ValidationError
from sqlalchemy import Connection, insert, select

from services.ingest.commands import AnswerSurvey
from services.ingest.events import Arrival, survey_event
from services.ingest.rules import survey_flaws, tidy
from shared.clock import Clock
from shared.contracts.enums import Channel
from shared.contracts.topics import Service
from shared.db.engine import Database
from shared.db.read import intake
from shared.db.read.directory import Directory
from shared.db.statements import insert_new
from shared.db.tables.ingest import ingest_keys, ingest_surveys
from shared.errors import TanggapError, TransientError
from shared.ids import new_receipt
from shared.outbox import store as outbox
from shared.outbox.store import Outgoing
from shared.privacy.vault import Vault

CHANNEL = Channel.WALKIN
"""The channel of imported surveys: forms that were filled in at the counter."""
# SQLite's write lock is not fair: short transactions and a pause let the services through.
_SQLITE_CHUNK, _SQLITE_PAUSE = 100, 0.01
_POSTGRES_CHUNK = 1000
_ATTEMPTS = 8
_EVENT_ID_LENGTH = 32


class PastSurveyError(TanggapError):
    """A survey that the intake would refuse; `field` is where."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class PastSurvey:
    """A checked survey, ready to be written."""

    event: Outgoing
    region: str
    opd: str
    comment: str


@dataclass(frozen=True, slots=True)
class Imported:
    """How many were new, and how many were there before."""

    added: int
    known: int


def past_survey(
    vault: Vault, directory: Directory, name: str, command: AnswerSurvey, at: datetime
) -> PastSurvey:
    """Check a survey as online; `name` tells it from every other one, for ever.

    Raises `PastSurveyError`. The name goes nowhere: it may hold a respondent's number.
    """
    for flaw in survey_flaws(command, directory):
        raise PastSurveyError(flaw.field, f"cannot be taken ({flaw.code})")
    event_id = vault.keyed_hash(f"survey:{name}")[:_EVENT_ID_LENGTH]
    try:
        arrival = Arrival(at, CHANNEL, history=True)
        event = survey_event(_receipt(event_id, 0), command, token_used=False, arrival=arrival)
    except ValidationError as error:
        field = str(error.errors(include_input=False)[0]["loc"][-1])
        raise PastSurveyError(field, "cannot be taken (too long once it is masked)") from error
    return PastSurvey(
        replace(event, event_id=event_id), command.region, command.opd, tidy(command.comment or "")
    )


def _receipt(event_id: str, attempt: int) -> str:
    """The receipt that an event's id leads to; another one for each attempt."""
    # Not a secret: it opens nothing and is told to nobody.
    return new_receipt(Random(f"{event_id}/{attempt}"))  # noqa: S311


def import_surveys(
    database: Database,
    vault: Vault,
    clock: Clock,
    surveys: Sequence[PastSurvey],
    progress: Callable[[int], None] = lambda done: None,
) -> Imported:
    """Write the surveys in small transactions; what a crash leaves out, the next run adds."""
    sqlite = database.dialect == "sqlite"
    size = _SQLITE_CHUNK if sqlite else _POSTGRES_CHUNK
    added = 0
    for start in range(0, len(surveys), size):
        chunk = surveys[start : start + size]
        with database.write() as conn:
            added += _write(conn, vault, clock.now(), chunk)
        progress(start + len(chunk))
        if sqlite:
            time.sleep(_SQLITE_PAUSE)
    return Imported(added, len(surveys) - added)


def known_surveys(conn: Connection, surveys: Sequence[PastSurvey]) -> int:
    """How many of them were imported before."""
    found = 0
    for start in range(0, len(surveys), _POSTGRES_CHUNK):
        found += len(_known(conn, surveys[start : start + _POSTGRES_CHUNK]))
    return found


def _known(conn: Connection, surveys: Sequence[PastSurvey]) -> set[str]:
    ids = [survey.event.event_id for survey in surveys]
    query = select(ingest_surveys.c.event_id).where(ingest_surveys.c.event_id.in_(ids))
    return set(conn.execute(query).scalars())


def _write(conn: Connection, vault: Vault, now: datetime, surveys: Sequence[PastSurvey]) -> int:
    """Write those that are not there; returns how many.

    A receipt is short, so another survey may have it: then the next one is tried.
    """
    added, left = 0, list(surveys)
    for attempt in range(_ATTEMPTS):
        known = _known(conn, left)
        left = [survey for survey in left if survey.event.event_id not in known]
        if not left:
            return added
        written = _insert(conn, vault, now, left, attempt)
        added += len(written)
        left = [survey for survey in left if survey.event.event_id not in written]
    if left:
        raise TransientError("no free receipt was found")
    return added


def _insert(
    conn: Connection, vault: Vault, now: datetime, surveys: Sequence[PastSurvey], attempt: int
) -> set[str]:
    """Insert rows, keys and events of the surveys whose receipt is free; returns their events."""
    sealed = list(_sealed(vault, surveys, attempt))
    written = insert_new(conn, ingest_surveys, [row for row, _, _ in sealed], "event_id")
    fresh = [found for found in sealed if found[0]["event_id"] in written]
    if fresh:
        keys = [
            {"ticket": row["receipt"], "wrapped_key": key, "created_at": now}
            for row, key, _ in fresh
        ]
        conn.execute(insert(ingest_keys), keys)
        outbox.add(conn, Service.INGEST, [event for _, _, event in fresh])
    return written


def _sealed(
    vault: Vault, surveys: Sequence[PastSurvey], attempt: int
) -> Iterator[tuple[dict[str, object], bytes, Outgoing]]:
    for survey in surveys:
        receipt = _receipt(survey.event.event_id, attempt)
        event = replace(
            survey.event,
            key=receipt,
            data=survey.event.data.model_copy(update={"receipt": receipt}),
        )
        wrapped, key = vault.new_key()
        context = intake.sealed_context(intake.COMMENT_CONTEXT, receipt)
        comment = vault.seal(key, survey.comment.encode(), context) if survey.comment else None
        row: dict[str, object] = {
            "receipt": receipt,
            "event_id": event.event_id,
            "channel": CHANNEL.value,
            "region": survey.region,
            "opd": survey.opd,
            "token_used": False,
            "sealed_comment": comment,
            "received_at": event.time,
        }
        yield row, wrapped, event
