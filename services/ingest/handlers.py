"""One function a command: check, write everything in one transaction, poke the relay.

Delivery: when a function returns, the submission and its outbox row are committed. Repeating a
request with its idempotency key gives the first answer again, however many repeat at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from services.ingest import rules
from services.ingest.attachments import FileRules, Shelf, cleaned
from services.ingest.commands import ActOnComplaint, AnswerSurvey, FileComplaint
from services.ingest.drafts import act_draft, complaint_draft, filed, phone_hash, survey_draft
from services.ingest.events import Arrival, reported
from services.ingest.gazetteer import Gazetteer, located
from services.ingest.idempotency import Once
from services.ingest.limits import Throttle
from services.ingest.metrics import Counted, counted
from services.ingest.places import no_places
from services.ingest.ports import Files, Poke, Promise
from services.ingest.refusals import Flaw, Refusal, RefusedError, invalid, refused
from services.ingest.tokens import token_hash
from services.ingest.tracking import Tracking
from services.ingest.writer import Writer
from shared.clock import Clock
from shared.contracts.enums import Channel
from shared.db.engine import Database
from shared.db.read import intake
from shared.db.read.directory import Directory, Region
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
    places: Callable[[str], Gazetteer] = no_places


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
    _limit(deps, phone_hash(deps.vault, identity), sent.address, now)
    kept = cleaned(sent.files, deps.file_rules)
    due_at = deps.promise(region, now).first_answer
    command = located(command, deps.places(region.code))
    shelf = Shelf(deps.files, deps.vault)
    arrival = sent.arrival(now, len(kept))
    draft = complaint_draft(deps.vault, shelf, command, identity, kept, arrival, due_at)

    def write(conn: Connection) -> str | None:
        first = once.claim(conn, draft.ticket, now)
        if first is None:
            draft.write(conn)
        return first

    first = deps.writer.run(write)
    if first is not None:
        shelf.clear()
        return _accepted_before(deps, first)
    deps.relay.poke()
    return Accepted(draft.ticket, draft.code, due_at)


@counted(Counted.SURVEY)
def answer_survey(deps: Deps, command: AnswerSurvey, sent: Sent) -> Noted:
    """Accept the answers to a survey."""
    once = _once(deps, "surveys", command, sent)
    if (before := once.before(deps.database)) is not None:
        return Noted(before, repeated=True)
    now = deps.clock.now()
    _raise_if(rules.survey_flaws(command, deps.directory()))
    _limit(deps, None, sent.address, now)
    token = token_hash(deps.vault, command.token) if command.token else None
    draft = survey_draft(deps.vault, command, token, sent.arrival(now))

    def write(conn: Connection) -> str | None:
        first = once.claim(conn, draft.receipt, now)
        if first is None:
            draft.write(conn)
        return first

    first = deps.writer.run(write)
    if first is not None:
        return Noted(first, repeated=True)
    deps.relay.poke()
    return Noted(draft.receipt)


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
    with deps.database.read() as conn:
        on = filed(conn, deps.vault, found.ticket, found.region)
    if on is None:
        raise refused(Refusal.GONE, "erased", "code")
    shelf = Shelf(deps.files, deps.vault)
    draft = act_draft(deps.vault, shelf, on, command, kept, sent.arrival(now, len(kept)))

    def write(conn: Connection) -> str | None:
        first = once.claim(conn, draft.act_id, now)
        if first is None:
            draft.write(conn)
        return first

    first = deps.writer.run(write)
    if first is not None:
        shelf.clear()
        return Noted(first, repeated=True)
    deps.relay.poke()
    return Noted(draft.act_id)


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


def _accepted_before(deps: Deps, ticket: str) -> Accepted:
    """The answer to the first request, rebuilt from what is sealed."""
    with deps.database.read() as conn:
        found = intake.submission(conn, ticket)
        code = intake.open_code(conn, deps.vault, ticket)
    if found is None or code is None:
        raise refused(Refusal.GONE, "erased", "Idempotency-Key")
    return Accepted(ticket, code, found.due_at, repeated=True)


def _check_allowed(
    deps: Deps, found: intake.Submission, command: ActOnComplaint, now: datetime
) -> None:
    """Tell the citizen at once what the case's state forbids; desk decides in the end."""
    allowed = deps.tracking.view(found, now).case.allowed
    if command.act not in allowed:
        names = ", ".join(sorted(act.value for act in allowed)) or "-"
        raise refused(Refusal.INVALID, "act_not_now", "act", allowed=names)
