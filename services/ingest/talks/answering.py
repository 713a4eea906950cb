"""The answer to a message: its words in the citizen's language, put into the row that is sent.

It never holds what the citizen wrote, nor which office has a confidential case.
"""

from dataclasses import dataclass
from datetime import datetime
from math import ceil

from services.ingest.ports import Handled
from services.ingest.sending import outgoing
from services.ingest.talks import words
from services.ingest.talks.facts import Asking
from services.ingest.talks.surveying import ELEMENTS
from services.ingest.talks.values import Decision, Facts, Say
from services.ingest.tracking import CaseView
from shared.contracts.enums import CLOSED_STATUSES, CitizenAct, Language
from shared.db.read import intake

_FIRST_ANSWER = "first_response"


@dataclass(frozen=True, slots=True)
class Made:
    """What a message became, and what the answer has to tell of it.

    `reference` is the ticket or the survey's receipt; `due_at` is what a new complaint is promised.
    """

    handled: Handled
    decision: Decision
    reference: str | None = None
    code: str | None = None
    due_at: datetime | None = None
    region: str | None = None


def reply(asking: Asking, facts: Facts, made: Made, language: Language) -> None:
    """Put the answer into its row, if there is one."""
    message, say = asking.message, made.decision.say
    if say is None:
        return
    survey = say is Say.SURVEY_DONE
    outgoing.answer(
        asking.conn,
        asking.deps.vault,
        channel=asking.arrived.channel,
        to=message.sender,
        account=message.account,
        text=_text(asking, facts, made, say, language),
        thread=message.thread if message.public else None,
        ticket=None if survey else made.reference,
        region=made.region or facts.region,
        now=asking.deps.clock.now(),
    )


def _text(asking: Asking, facts: Facts, made: Made, say: Say, language: Language) -> str:
    ticket = made.reference or ""
    match say:
        case Say.STATUS:
            return _status(asking, ticket, language)
        case Say.OPENED:
            opened = words.sentence(
                say, language, ticket=ticket, code=made.code, day=_day(asking, made, language)
            )
            return words.asking(opened, made.decision.question, language)
        case Say.RATE_NOT_NOW:
            view = _view(asking, ticket)
            status = words.word(view.status.value, language) if view else "-"
            return words.sentence(say, language, ticket=ticket, status=status)
        case Say.WAIT:
            return words.sentence(say, language, minutes=max(1, ceil(facts.wait / 60)))
    survey = made.decision.survey
    place = min(len(survey.answers), len(ELEMENTS) - 1) if survey else 0
    return words.sentence(
        say,
        language,
        ticket=ticket,
        receipt=ticket,
        n=len(ELEMENTS),
        question=words.question(language, place),
    )


def _day(asking: Asking, made: Made, language: Language) -> str:
    region = asking.deps.directory().region(made.region or "")
    return words.last_day(made.due_at, region, language) if made.due_at and region else "-"


def _view(asking: Asking, ticket: str) -> CaseView | None:
    found = intake.submission(asking.conn, ticket)
    if found is None:
        return None
    return asking.deps.tracking.view_in(asking.conn, found, asking.deps.clock.now()).case


def _status(asking: Asking, ticket: str, language: Language) -> str:
    found, view = intake.submission(asking.conn, ticket), _view(asking, ticket)
    if found is None or view is None:
        return words.sentence(Say.NOT_FOUND, language)
    directory = asking.deps.directory()
    region, unit = directory.region(found.region), directory.opd(view.opd or "")
    waits = view.status not in CLOSED_STATUSES and _FIRST_ANSWER not in view.done
    due = view.due.first_response if waits else None
    return words.status(
        language,
        ticket,
        view.status,
        opd=unit.short if unit and not found.confidential else None,
        due=words.last_day(due, region, language) if due and region else None,
        asked=CitizenAct.ANSWER in view.allowed,
        contestable=CitizenAct.NOT_DONE in view.allowed,
    )
