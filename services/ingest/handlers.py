"""One function a command: check, write everything in one transaction, poke the relay.

Delivery: when a function returns, the submission and its outbox row are committed. Repeating a
request with its idempotency key gives the first answer again, however many repeat at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from services.ingest import rules, store
from services.ingest.attachments import FileRules, Shelf, cleaned
from services.ingest.commands import ActOnComplaint, AnswerSurvey, FileComplaint
from services.ingest.events import (
    Arrival,
    Reported,
    acted_event,
    complaint_event,
    reported,
    survey_event,
)
from services.ingest.idempotency import Once
from services.ingest.limits import Throttle
from services.ingest.metrics import Counted, counted
from services.ingest.ports import Files, Poke, Promise
from services.ingest.refusals import Flaw, Refusal, RefusedError, invalid, refused
from services.ingest.tokens import token_hash
from services.ingest.tracking import Tracking, code_hash
from services.ingest.writer import Writer
from shared.clock import Clock
from shared.contracts.enums import Channel
from shared.contracts.topics import Service
from shared.db.engine import Database
from shared.db.read import intake
from shared.db.read.directory import Directory, Region
from shared.ids import new_receipt, new_ticket, new_tracking_code
from shared.outbox import store as outbox
from shared.privacy.vault import Vault


@dataclass(frozen=True, slots=True)
class Deps:
    """What the handlers work with; made once in `__main__.build`."""

    database: Database
    writer: Writer
    vault: Vault
    files: Files
    relay: Poke
    clock: Clock
    promise: Promise
    directory: Callable[[], Directory]
    tracking: Tracking
    file_rules: FileRules
    senders: Throttle
    addresses: Throttle


@dataclass(frozen=True, slots=True)
class Sent:
    """How a submission came in."""

    address: str
    key: str | None = None
    channel: Channel = Channel.WEB
    files: tuple[bytes, ...] = ()
    history: bool = False

    def arrival(self, now: datetime, files: int = 0) -> Arrival:
        """The same, as the event tells it."""
        return Arrival(now, self.channel, files, self.history)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer to a complaint; `repeated`: it had been accepted before."""

    ticket: str
    tracking_code: str
    due_at: datetime
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Noted:
    """The answer to a survey (its receipt) or an act (its id)."""

    reference: str
    repeated: bool = False


@counted(Counted.COMPLAINT)
def file_complaint(deps: Deps, command: FileComplaint, sent: Sent) -> Accepted:
    """Accept a complaint."""
    once = _once(deps, "complaints", command, sent)
    if (before := once.before(deps.database)) is not None:
        return _accepted_before(deps, before)
    now = deps.clock.now()
    region = _checked_region(deps, command, now)
    identity = reported(command.reporter)
    phone = deps.vault.keyed_hash(identity.phone) if identity.phone else None
    _limit(deps, phone, sent.address, now)
    kept = cleaned(sent.files, deps.file_rules)
    ticket, code = new_ticket(), new_tracking_code()
    wrapped, key = deps.vault.new_key()
    event = complaint_event(ticket, command, identity, sent.arrival(now, len(kept)))
    due_at = deps.promise(region, now).first_answer
    row = _complaint_row(command, sent, now) | _sealed(deps, key, ticket, code, command, identity)
    row |= {"event_id": event.event_id, "due_at": due_at, "phone_hash": phone, "files": len(kept)}
    shelf = Shelf(deps.files, deps.vault)
    files = shelf.put(key, ticket, kept, now)

    def write(conn: Connection) -> str | None:
        first = once.claim(conn, ticket, now)
        if first is None:
            store.add_key(conn, ticket, wrapped, now)
            store.add_complaint(conn, row)
            store.add_files(conn, files)
            outbox.add(conn, Service.INGEST, [event])
        return first

    first = deps.writer.run(write)
    if first is not None:
        shelf.clear()
        return _accepted_before(deps, first)
    deps.relay.poke()
    return Accepted(ticket, code, due_at)


@counted(Counted.SURVEY)
def answer_survey(deps: Deps, command: AnswerSurvey, sent: Sent) -> Noted:
    """Accept the answers to a survey."""
    once = _once(deps, "surveys", command, sent)
    if (before := once.before(deps.database)) is not None:
        return Noted(before, repeated=True)
    now = deps.clock.now()
    _raise_if(rules.survey_flaws(command, deps.directory()))
    _limit(deps, None, sent.address, now)
    receipt = new_receipt()
    wrapped, key = deps.vault.new_key()
    event = survey_event(receipt, command, sent.arrival(now))
    comment = rules.tidy(command.comment or "")
    row = {
        "receipt": receipt,
        "event_id": event.event_id,
        "channel": sent.channel.value,
        "region": command.region,
        "opd": command.opd,
        "token_used": bool(command.token),
        "sealed_comment": _seal(deps, key, intake.COMMENT_CONTEXT, receipt, comment),
        "received_at": now,
    }

    def write(conn: Connection) -> str | None:
        first = once.claim(conn, receipt, now)
        if first is None:
            if command.token:
                _use_token(deps, conn, command, receipt, now)
            store.add_key(conn, receipt, wrapped, now)
            store.add_survey(conn, row)
            outbox.add(conn, Service.INGEST, [event])
        return first

    first = deps.writer.run(write)
    if first is not None:
        return Noted(first, repeated=True)
    deps.relay.poke()
    return Noted(receipt)


@counted(Counted.ACT)
def act(deps: Deps, ticket: str, command: ActOnComplaint, sent: Sent) -> Noted:
    """Accept what a citizen does with a filed complaint."""
    now = deps.clock.now()
    found = deps.tracking.open(ticket, command.code, sent.address, now)
    once = _once(deps, f"acts/{found.ticket}", command, sent)
    if (before := once.before(deps.database)) is not None:
        return Noted(before, repeated=True)
    _raise_if(rules.act_flaws(command, with_files=bool(sent.files)))
    _check_allowed(deps, found, command, now)
    _limit(deps, found.ticket, sent.address, now)
    kept = cleaned(sent.files, deps.file_rules)
    key, names = _key_and_names(deps, found.ticket)
    event = acted_event(found.ticket, found.region, command, names, sent.arrival(now, len(kept)))
    act_id = event.event_id
    text = rules.tidy(command.text or "")
    row = _act_row(found.ticket, command, sent, now) | {
        "event_id": act_id,
        "sealed_text": _seal(deps, key, intake.ACT_CONTEXT, act_id, text),
        "files": len(kept),
    }
    shelf = Shelf(deps.files, deps.vault)
    files = shelf.put(key, found.ticket, kept, now, act_id)

    def write(conn: Connection) -> str | None:
        first = once.claim(conn, act_id, now)
        if first is None:
            store.add_act(conn, row)
            store.add_files(conn, files)
            outbox.add(conn, Service.INGEST, [event])
        return first

    first = deps.writer.run(write)
    if first is not None:
        shelf.clear()
        return Noted(first, repeated=True)
    deps.relay.poke()
    return Noted(act_id)


def _once(
    deps: Deps, endpoint: str, command: FileComplaint | AnswerSurvey | ActOnComplaint, sent: Sent
) -> Once:
    _raise_if(rules.key_flaws(sent.key))
    return Once.of(deps.vault, endpoint, sent.key, command, sent.files)


def _raise_if(flaws: Sequence[Flaw]) -> None:
    if flaws:
        raise invalid(*flaws)


def _checked_region(deps: Deps, command: FileComplaint, now: datetime) -> Region:
    """The region of a complaint in which nothing is wrong."""
    directory = deps.directory()
    region = directory.region(command.region)
    today = (now.astimezone(region.zone_info) if region else now).date()
    _raise_if(rules.complaint_flaws(command, directory, today))
    if region is None:  # refused above already; the type checker cannot know
        raise refused(Refusal.INVALID, "unknown_region", "region")
    return region


def _limit(deps: Deps, sender: str | None, address: str, now: datetime) -> None:
    """Refuse a sender who is too fast; count one who is not."""
    limits = [(deps.addresses, address)]
    if sender is not None:
        limits.append((deps.senders, sender))
    seconds = max(throttle.wait(who, now) for throttle, who in limits)
    if seconds:
        raise RefusedError(
            Refusal.LIMITED, [Flaw("body", "limited", {"seconds": seconds})], seconds
        )
    for throttle, who in limits:
        throttle.count(who, now)


def _complaint_row(command: FileComplaint, sent: Sent, now: datetime) -> dict[str, Any]:
    """What of a complaint may lie open in its row."""
    return {
        "channel": sent.channel.value,
        "region": command.region,
        "opd_asked": command.opd or None,
        "category_asked": command.category.value if command.category else None,
        "language": command.language.value if command.language else None,
        "anonymous": command.anonymous,
        "confidential": command.confidential,
        "occurred_on": command.occurred_on,
        "received_at": now,
        "erased_at": None,
    }


def _act_row(ticket: str, command: ActOnComplaint, sent: Sent, now: datetime) -> dict[str, Any]:
    """What of an act may lie open in its row."""
    return {
        "ticket": ticket,
        "act": command.act.value,
        "score": command.score,
        "channel": sent.channel.value,
        "received_at": now,
    }


def _sealed(
    deps: Deps, key: bytes, ticket: str, code: str, command: FileComplaint, identity: Reported
) -> dict[str, Any]:
    """What of a complaint is sealed or hashed."""
    return {
        "ticket": ticket,
        "code_hash": code_hash(deps.vault, ticket, code),
        "has_contact": identity.reachable,
        "sealed_text": _seal(deps, key, intake.TEXT_CONTEXT, ticket, rules.tidy(command.text)),
        "sealed_identity": _seal(deps, key, intake.IDENTITY_CONTEXT, ticket, identity.as_json()),
        "sealed_code": _seal(deps, key, intake.CODE_CONTEXT, ticket, code),
    }


def _seal(deps: Deps, key: bytes, kind: str, reference: str, text: str) -> bytes | None:
    if not text:
        return None
    return deps.vault.seal(key, text.encode(), intake.sealed_context(kind, reference))


def _accepted_before(deps: Deps, ticket: str) -> Accepted:
    """The answer to the first request, rebuilt from what is sealed."""
    with deps.database.read() as conn:
        found = intake.submission(conn, ticket)
        code = intake.open_code(conn, deps.vault, ticket)
    if found is None or code is None:
        raise refused(Refusal.GONE, "erased", "Idempotency-Key")
    return Accepted(ticket, code, found.due_at, repeated=True)


def _use_token(
    deps: Deps, conn: Connection, command: AnswerSurvey, receipt: str, now: datetime
) -> None:
    token = token_hash(deps.vault, command.token or "")
    used = store.token_state(conn, token, command.opd)
    if used is None:
        raise refused(Refusal.INVALID, "unknown_token", "token")
    if used or not store.use_token(conn, token, receipt, now):
        raise refused(Refusal.CONFLICT, "used_token", "token")


def _check_allowed(
    deps: Deps, found: intake.Submission, command: ActOnComplaint, now: datetime
) -> None:
    """Tell the citizen at once what the case's state forbids; desk decides in the end."""
    allowed = deps.tracking.view(found, now).case.allowed
    if command.act not in allowed:
        names = ", ".join(sorted(act.value for act in allowed)) or "-"
        raise refused(Refusal.INVALID, "act_not_now", "act", allowed=names)


def _key_and_names(deps: Deps, ticket: str) -> tuple[bytes, tuple[str, ...]]:
    with deps.database.read() as conn:
        key = intake.data_key(conn, deps.vault, ticket)
        identity = intake.open_identity(conn, deps.vault, ticket)
    if key is None:
        raise refused(Refusal.GONE, "erased", "code")
    return key, (identity.name,) if identity and identity.name else ()
