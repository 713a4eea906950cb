"""A submission made ready to be written: sealed, with its event; and the writing itself.

Making a draft touches no database but the file store; `write` touches the database only, with the
connection it is given. So a request commits a draft alone, a conversation with its own rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from services.ingest import rules, store
from services.ingest.attachments import Shelf
from services.ingest.commands import ActOnComplaint, AnswerSurvey, FileComplaint
from services.ingest.events import Arrival, Reported, acted_event, complaint_event, survey_event
from services.ingest.refusals import Refusal, refused
from services.ingest.tracking import code_hash
from shared.contracts.topics import Service
from shared.db.read import intake
from shared.files.inspection import CleanFile
from shared.ids import new_receipt, new_ticket, new_tracking_code
from shared.outbox import store as outbox
from shared.outbox.store import Outgoing
from shared.privacy.vault import Vault

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ComplaintDraft:
    """A complaint with its ticket and code, not written yet."""

    ticket: str
    code: str
    wrapped_key: bytes
    row: Row
    files: list[Row]
    event: Outgoing

    def write(self, conn: Connection) -> None:
        """Write the complaint, its key, its files and its event."""
        store.add_key(conn, self.ticket, self.wrapped_key, self.row["received_at"])
        store.add_complaint(conn, self.row)
        store.add_files(conn, self.files)
        outbox.add(conn, Service.INGEST, [self.event])


@dataclass(frozen=True, slots=True)
class SurveyDraft:
    """Answers to a survey with their receipt, not written yet."""

    receipt: str
    wrapped_key: bytes
    row: Row
    token_hash: str | None
    event: Outgoing

    def write(self, conn: Connection) -> None:
        """Write the answers and use the token up; raises `RefusedError` on a token that is not
        this OPD's or was used.
        """
        at = self.row["received_at"]
        if self.token_hash is not None:
            used = store.token_state(conn, self.token_hash, self.row["opd"])
            if used is None:
                raise refused(Refusal.INVALID, "unknown_token", "token")
            if used or not store.use_token(conn, self.token_hash, self.receipt, at):
                raise refused(Refusal.CONFLICT, "used_token", "token")
        store.add_key(conn, self.receipt, self.wrapped_key, at)
        store.add_survey(conn, self.row)
        outbox.add(conn, Service.INGEST, [self.event])


@dataclass(frozen=True, slots=True)
class ActDraft:
    """What a citizen did with a complaint, not written yet."""

    act_id: str
    row: Row
    files: list[Row]
    event: Outgoing

    def write(self, conn: Connection) -> None:
        """Write the act, its files and its event."""
        store.add_act(conn, self.row)
        store.add_files(conn, self.files)
        outbox.add(conn, Service.INGEST, [self.event])


def complaint_draft(
    vault: Vault,
    shelf: Shelf,
    command: FileComplaint,
    identity: Reported,
    kept: Sequence[CleanFile],
    arrival: Arrival,
    due_at: datetime,
) -> ComplaintDraft:
    """A checked complaint under a new ticket; its files lie on the shelf afterwards."""
    ticket, code = new_ticket(), new_tracking_code()
    wrapped, key = vault.new_key()
    event = complaint_event(ticket, command, identity, arrival)
    text = rules.tidy(command.text)
    row = {
        "ticket": ticket,
        "event_id": event.event_id,
        "channel": arrival.channel.value,
        "region": command.region,
        "opd_asked": command.opd or None,
        "category_asked": command.category.value if command.category else None,
        "language": command.language.value if command.language else None,
        "anonymous": command.anonymous,
        "confidential": command.confidential,
        "has_contact": identity.reachable,
        "occurred_on": command.occurred_on,
        "received_at": arrival.at,
        "due_at": due_at,
        "code_hash": code_hash(vault, ticket, code),
        "phone_hash": phone_hash(vault, identity),
        "sealed_text": _seal(vault, key, intake.TEXT_CONTEXT, ticket, text),
        "sealed_identity": _seal(vault, key, intake.IDENTITY_CONTEXT, ticket, identity.as_json()),
        "sealed_code": _seal(vault, key, intake.CODE_CONTEXT, ticket, code),
        "files": len(kept),
        "erased_at": None,
    }
    files = shelf.put(key, ticket, kept, arrival.at)
    return ComplaintDraft(ticket, code, wrapped, row, files, event)


def survey_draft(
    vault: Vault, command: AnswerSurvey, token_hash: str | None, arrival: Arrival
) -> SurveyDraft:
    """Checked answers under a new receipt."""
    receipt = new_receipt()
    wrapped, key = vault.new_key()
    event = survey_event(receipt, command, token_hash is not None, arrival)
    comment = rules.tidy(command.comment or "")
    row = {
        "receipt": receipt,
        "event_id": event.event_id,
        "channel": arrival.channel.value,
        "region": command.region,
        "opd": command.opd,
        "token_used": token_hash is not None,
        "sealed_comment": _seal(vault, key, intake.COMMENT_CONTEXT, receipt, comment),
        "received_at": arrival.at,
    }
    return SurveyDraft(receipt, wrapped, row, token_hash, event)


@dataclass(frozen=True, slots=True)
class Filed:
    """The complaint an act is on: its open data key and the names its reporter is known by."""

    ticket: str
    region: str
    key: bytes
    names: tuple[str, ...]


def filed(conn: Connection, vault: Vault, ticket: str, region: str) -> Filed | None:
    """The complaint as acts on it need it; none after its erasure."""
    key = intake.data_key(conn, vault, ticket)
    identity = intake.open_identity(conn, vault, ticket)
    if key is None:
        return None
    return Filed(ticket, region, key, (identity.name,) if identity and identity.name else ())


def act_draft(
    vault: Vault,
    shelf: Shelf,
    on: Filed,
    command: ActOnComplaint,
    kept: Sequence[CleanFile],
    arrival: Arrival,
) -> ActDraft:
    """A checked act; its files lie on the shelf afterwards."""
    event = acted_event(on.ticket, on.region, command, on.names, arrival)
    act_id, text = event.event_id, rules.tidy(command.text or "")
    row = {
        "event_id": act_id,
        "ticket": on.ticket,
        "act": command.act.value,
        "score": command.score,
        "sealed_text": _seal(vault, on.key, intake.ACT_CONTEXT, act_id, text),
        "channel": arrival.channel.value,
        "files": len(kept),
        "received_at": arrival.at,
    }
    return ActDraft(act_id, row, shelf.put(on.key, on.ticket, kept, arrival.at, act_id), event)


def phone_hash(vault: Vault, identity: Reported) -> str | None:
    """By which hash the reporter's phone is found."""
    return vault.keyed_hash(identity.phone) if identity.phone else None


def _seal(vault: Vault, key: bytes, kind: str, reference: str, text: str) -> bytes | None:
    if not text:
        return None
    return vault.seal(key, text.encode(), intake.sealed_context(kind, reference))
