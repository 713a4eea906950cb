"""The rows of conversations, and whose tickets are whose: with the connection it is given.

What is kept of a talk holds no words and no address; hashes are keyed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, or_, select, update

from services.ingest.channels.receiving import TRIAGE
from services.ingest.talks.values import Asked, Survey, Talk
from shared.contracts.enums import Channel, Language
from shared.db.tables.ingest import ingest_acts, ingest_complaints, ingest_tokens
from shared.db.tables.messages import ingest_deliveries, ingest_messages, ingest_talks

_MOST_SURVEYS = 3
_MOST_CASES = 5
# Outcomes that leave a reference to a case: its ticket, or the act upon it.
_MADE = ("complaint", "act", "joined")


@dataclass(frozen=True, slots=True)
class Kept:
    """A talk with the answers of surveys begun, by the hash of their visit token."""

    talk: Talk = field(default_factory=Talk)
    surveys: Mapping[str, Survey] = field(default_factory=dict, hash=False)
    survey: str | None = None
    known: bool = False

    def with_survey(self, survey: Survey) -> "Kept":
        """The same, with this survey as the running one; only the newest few are kept."""
        others = {key: old for key, old in self.surveys.items() if key != survey.token_hash}
        newest = dict(list(others.items())[-(_MOST_SURVEYS - 1) :])
        return replace(
            self, surveys={**newest, survey.token_hash: survey}, survey=survey.token_hash
        )

    def without_survey(self, survey: Survey) -> "Kept":
        """The same, with the survey done."""
        others = {key: old for key, old in self.surveys.items() if key != survey.token_hash}
        return replace(self, surveys=others, survey=None)


def load(conn: Connection, sender_hash: str) -> Kept:
    """The talk with a sender; an empty one at the first message."""
    query = select(ingest_talks).where(ingest_talks.c.sender_hash == sender_hash)
    row = conn.execute(query).mappings().one_or_none()
    if row is None:
        return Kept()
    progress: dict[str, Any] = row["progress"]
    answered = progress.get("answered_at")
    talk = Talk(
        region=row["region"],
        language=Language(row["language"]) if row["language"] else Language.IND,
        ticket=row["ticket"],
        said_at=row["said_at"],
        stopped=row["stopped_at"] is not None,
        asked=Asked(row["asked"]) if row["asked"] else None,
        asked_at=row["asked_at"],
        opening=progress.get("opening"),
        answered_at=datetime.fromisoformat(answered) if answered else None,
    )
    surveys = {
        key: Survey(key, found["opd"], tuple(found["answers"]))
        for key, found in progress.get("surveys", {}).items()
    }
    return Kept(talk, surveys, progress.get("survey"), known=True)


def save(
    conn: Connection, sender_hash: str, channel: Channel, kept: Kept, heard_at: datetime
) -> None:
    """Write the talk; `heard_at`, when the citizen wrote last, never goes back."""
    talk = kept.talk
    values: dict[str, Any] = {
        "region": talk.region,
        "language": talk.language.value,
        "ticket": talk.ticket,
        "said_at": talk.said_at,
        "asked": talk.asked.value if talk.asked else None,
        "asked_at": talk.asked_at,
        "progress": _progress(kept),
    }
    mine = ingest_talks.c.sender_hash == sender_hash
    if not kept.known:
        new = {"sender_hash": sender_hash, "channel": channel.value, "heard_at": heard_at}
        stopped = {"stopped_at": heard_at if talk.stopped else None}
        conn.execute(insert(ingest_talks), values | new | stopped)
        return
    conn.execute(update(ingest_talks).where(mine).values(values))
    later = ingest_talks.c.heard_at < heard_at
    conn.execute(update(ingest_talks).where(mine, later).values(heard_at=heard_at))
    stopped_at = ingest_talks.c.stopped_at
    if talk.stopped:
        stop = update(ingest_talks).where(mine, stopped_at.is_(None)).values(stopped_at=heard_at)
    else:
        stop = update(ingest_talks).where(mine, stopped_at.is_not(None)).values(stopped_at=None)
    conn.execute(stop)


def own_tickets(conn: Connection, sender_hash: str, phone_hash: str | None) -> list[str]:
    """The newest tickets that came from this sender or bear this phone; none that was erased."""
    filed = select(ingest_messages.c.reference).where(
        ingest_messages.c.sender_hash == sender_hash, ingest_messages.c.outcome == "complaint"
    )
    row = ingest_complaints.c
    mine: ColumnElement[bool] = row.ticket.in_(filed)
    if phone_hash is not None:
        mine = or_(mine, row.phone_hash == phone_hash)
    query = (
        select(row.ticket)
        .where(mine, row.erased_at.is_(None))
        .order_by(row.received_at.desc(), row.ticket)
        .limit(_MOST_CASES)
    )
    return list(conn.execute(query).scalars())


def is_own(conn: Connection, ticket: str, sender_hash: str, phone_hash: str | None) -> bool:
    """Whether this sender filed the complaint."""
    filed = select(ingest_messages.c.id).where(
        ingest_messages.c.sender_hash == sender_hash,
        ingest_messages.c.outcome == "complaint",
        ingest_messages.c.reference == ticket,
    )
    if conn.execute(filed.limit(1)).first() is not None:
        return True
    row = ingest_complaints.c
    query = select(row.phone_hash).where(row.ticket == ticket, row.erased_at.is_(None))
    found = conn.execute(query).scalar_one_or_none()
    return phone_hash is not None and found == phone_hash


def ticket_of(
    conn: Connection, sender_hash: str, message_hash: str, provider_hash: str
) -> str | None:
    """The ticket that a message of this sender, or one of ours to them, is about."""
    message, act, sent = ingest_messages.c, ingest_acts.c, ingest_deliveries.c
    query = select(message.outcome, message.reference).where(
        message.key_hash == message_hash, message.sender_hash == sender_hash
    )
    row = conn.execute(query).one_or_none()
    if row is not None and row.outcome in _MADE:
        acted = conn.execute(select(act.ticket).where(act.event_id == row.reference))
        ticket: str | None = acted.scalar_one_or_none() or row.reference
        return ticket
    ours = select(sent.ticket).where(
        sent.provider_hash == provider_hash, sent.sender_hash == sender_hash
    )
    return conn.execute(ours.limit(1)).scalar_one_or_none()


def is_held(conn: Connection, sender_hash: str, message_hash: str) -> bool:
    """Whether this message of the sender waits for its region."""
    message = ingest_messages.c
    query = select(message.state).where(
        message.key_hash == message_hash, message.sender_hash == sender_hash
    )
    return conn.execute(query).scalar_one_or_none() == TRIAGE


def survey_of(conn: Connection, token_hash: str) -> Survey | None:
    """The survey a visit token opens; none: there is no such token."""
    token = ingest_tokens.c
    query = select(token.opd, token.used_at).where(token.token_hash == token_hash)
    row = conn.execute(query).one_or_none()
    return Survey(token_hash, row.opd, used=row.used_at is not None) if row else None


def _progress(kept: Kept) -> dict[str, Any]:
    talk = kept.talk
    found: dict[str, Any] = {}
    if talk.opening:
        found["opening"] = talk.opening
    if talk.answered_at:
        found["answered_at"] = talk.answered_at.isoformat()
    if kept.survey:
        found["survey"] = kept.survey
    if kept.surveys:
        found["surveys"] = {
            key: {"opd": survey.opd, "answers": list(survey.answers)}
            for key, survey in kept.surveys.items()
        }
    return found
