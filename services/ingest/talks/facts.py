"""Looks up what a decision needs to know; writes nothing but the counts of limits."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from services.ingest.channels.hashes import message_hash, provider_hash
from services.ingest.channels.message import Message
from services.ingest.handlers import Deps
from services.ingest.ports import Arrived
from services.ingest.refusals import RefusedError
from services.ingest.rules import e164, tidy
from services.ingest.talks import hints, keywords, store
from services.ingest.talks.store import Kept
from services.ingest.talks.tones import tone_of, words_of
from services.ingest.talks.values import Case, Facts, Said, Survey, Unclear, Word
from services.ingest.tokens import token_hash
from services.ingest.tracking import CaseView
from shared.contracts.enums import CLOSED_STATUSES, Channel, CitizenAct
from shared.db.read import intake
from shared.db.read.directory import Directory

# Their senders are phones; elsewhere a number is an id of the provider's.
_PHONES = frozenset(
    {
        Channel.TWILIO,
        Channel.VONAGE,
        Channel.INFOBIP,
        Channel.KANNEL,
        Channel.GAMMU,
        Channel.GENERIC,
        Channel.WHATSAPP,
    }
)
# What was written in public is answered privately there; elsewhere everybody reads the answer.
_PRIVATE_REPLIES = frozenset({Channel.FACEBOOK, Channel.INSTAGRAM, Channel.X})


@dataclass(frozen=True, slots=True)
class Asking:
    """One message on its way to a decision; `at` is when it was written."""

    deps: Deps
    conn: Connection
    message: Message
    arrived: Arrived
    kept: Kept
    at: datetime

    @property
    def phone(self) -> str | None:
        """The sender's phone, on channels where the sender is one."""
        return e164(self.message.sender) if self.arrived.channel in _PHONES else None

    @property
    def phone_hash(self) -> str | None:
        """By which hash complaints of this phone are found."""
        return self.deps.vault.keyed_hash(self.phone) if self.phone else None


def gather(asking: Asking) -> Facts:
    """Everything the rules ask for."""
    deps, message, arrived = asking.deps, asking.message, asking.arrived
    directory = deps.directory()
    said = keywords.read(message.text, _codes(directory))
    region = _known_region(asking, directory)
    named_region, region_only = hints.named_region(message.text, directory.regions)
    facts = Facts(
        said=said,
        region=region,
        named_region=named_region,
        region_only=region_only,
        cases=_own_cases(asking),
        referred=_referred(asking),
        held=_held(asking),
        opening=_opening(asking, said),
        flood=_flood(asking),
        private=not message.public or arrived.channel in _PRIVATE_REPLIES,
    )
    if tone_of(message.text) is None:
        facts = replace(facts, unclear=_unclear(asking, directory, said.region or region))
    return _with_survey(asking, _with_named(asking, facts))


def case_of(asking: Asking, ticket: str) -> Case | None:
    """The case as the rules see it; none after its erasure."""
    found = intake.submission(asking.conn, ticket)
    if found is None or found.erased_at is not None:
        return None
    view = asking.deps.tracking.view_in(asking.conn, found, asking.deps.clock.now())
    return _case(ticket, view.case)


def _case(ticket: str, view: CaseView) -> Case:
    asked = [entry.at for entry in view.timeline if entry.type == "asked"]
    return Case(
        ticket,
        view.status,
        open=view.status not in CLOSED_STATUSES,
        paused=CitizenAct.ANSWER in view.allowed,
        allowed=frozenset(view.allowed),
        asked_at=max(asked, default=None),
    )


def _codes(directory: Directory) -> dict[str, str]:
    return {code.upper(): region.code for region in directory.regions for code in region.sms_codes}


def _known_region(asking: Asking, directory: Directory) -> str | None:
    region = asking.arrived.region or asking.kept.talk.region
    return region if region is not None and directory.region(region) else None


def _own_cases(asking: Asking) -> tuple[Case, ...]:
    tickets = store.own_tickets(asking.conn, asking.arrived.sender_hash, asking.phone_hash)
    found = [case_of(asking, ticket) for ticket in tickets]
    return tuple(case for case in found if case is not None)


def _referred(asking: Asking) -> Case | None:
    earlier = asking.message.replies_to
    if earlier is None:
        return None
    vault, channel = asking.deps.vault, asking.arrived.channel
    ticket = store.ticket_of(
        asking.conn,
        asking.arrived.sender_hash,
        message_hash(vault, channel, earlier),
        provider_hash(vault, channel, earlier),
    )
    return case_of(asking, ticket) if ticket else None


def _held(asking: Asking) -> bool:
    """Whether the message that this one rewords waits in triage."""
    message, arrived = asking.message, asking.arrived
    if not message.edited or message.replies_to is None:
        return False
    original = message_hash(asking.deps.vault, arrived.channel, message.replies_to)
    return store.is_held(asking.conn, arrived.sender_hash, original)


def _opening(asking: Asking, said: Said) -> str | None:
    """A hash by which the same words of the same sender are known again."""
    if said.word not in (None, Word.REPORT) or tone_of(said.text) is not None:
        return None
    words = " ".join(words_of(tidy(said.text)))
    return asking.deps.vault.keyed_hash(f"opening:{asking.arrived.sender_hash}:{words}")


def _flood(asking: Asking) -> bool:
    """Whether the sender writes too fast; counts this message."""
    who, now = asking.arrived.sender_hash, asking.deps.clock.now()
    if asking.deps.senders.wait(who, now):
        return True
    asking.deps.senders.count(who, now)
    return False


def _unclear(asking: Asking, directory: Directory, region: str | None) -> Unclear | None:
    if region is None:
        return None
    text = asking.message.text
    placed = asking.message.point is not None or asking.deps.places(region).find(text) is not None
    return hints.unclear_in(text, directory.opds(region), placed=placed)


def _with_named(asking: Asking, facts: Facts) -> Facts:
    """The case of the ticket in the text, if it is the sender's own or the code fits."""
    said = facts.said
    sender, phone = asking.arrived.sender_hash, asking.phone_hash
    if said.ticket is None:
        for ticket in keywords.tickets_in(asking.message.text)[:3]:
            if store.is_own(asking.conn, ticket, sender, phone):
                return replace(facts, named=case_of(asking, ticket), own=True)
        return facts
    own = store.is_own(asking.conn, said.ticket, sender, phone)
    if own and said.code is None:
        return replace(facts, named=case_of(asking, said.ticket), own=True)
    fits, wait = _code_fits(asking, said.ticket, said.code, counted=not own)
    if not own and not fits:
        return replace(facts, wait=wait)
    return replace(facts, named=case_of(asking, said.ticket), own=own, fits=fits)


def _code_fits(asking: Asking, ticket: str, code: str | None, *, counted: bool) -> tuple[bool, int]:
    """Whether the code opens the ticket, and how long to wait after too many wrong ones."""
    if code is None:
        return False, 0
    tracking = asking.deps.tracking
    if not counted:
        # Their own case: what stands there may be a word of their text, and guesses nothing.
        return tracking.fits(asking.conn, ticket, code), 0
    try:
        tracking.open(ticket, code, asking.arrived.sender_hash, asking.deps.clock.now())
    except RefusedError as error:
        return False, error.retry_after or 0
    return True, 0


def _with_survey(asking: Asking, facts: Facts) -> Facts:
    said, kept = facts.said, asking.kept
    if said.word is not Word.SURVEY:
        return replace(facts, survey=_survey(asking, kept.survey)) if kept.survey else facts
    if said.token is None:
        return facts
    guesses, now = asking.deps.tracking.guesses, asking.deps.clock.now()
    sender = asking.arrived.sender_hash
    if wait := guesses.wait("", sender, now):
        return replace(facts, wait=wait)
    survey = _survey(asking, token_hash(asking.deps.vault, said.token))
    if survey is None:
        guesses.count("", sender, now)
    return replace(facts, survey=survey)


def _survey(asking: Asking, token: str) -> Survey | None:
    """The survey of the token with what this sender has answered of it already."""
    found = store.survey_of(asking.conn, token)
    begun = asking.kept.surveys.get(token)
    return replace(found, answers=begun.answers) if found and begun else found
