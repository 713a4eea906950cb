"""A message becomes what the rules decide, in the worker's transaction; the shell of the rules.

Everything is written with the connection it is given, or nothing: the complaint, act or survey with
its event, the answer, and what the talk knows afterwards. Outside the database it writes sealed
files only; those of a transaction that is rolled back are swept as orphans.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from services.ingest import rules as intake_rules
from services.ingest.attachments import Shelf
from services.ingest.channels.message import Message
from services.ingest.channels.waiting import release
from services.ingest.commands import TEXT_MAX, ActOnComplaint, AnswerSurvey, FileComplaint, Place
from services.ingest.drafts import act_draft, complaint_draft, filed, survey_draft
from services.ingest.events import Arrival, Reported
from services.ingest.gazetteer import located
from services.ingest.handlers import Deps
from services.ingest.ports import Arrived, Became, Handled
from services.ingest.refusals import RefusedError
from services.ingest.talks import bodies, store
from services.ingest.talks.answering import Made, reply
from services.ingest.talks.facts import Asking, gather
from services.ingest.talks.keywords import clean
from services.ingest.talks.rules import decide
from services.ingest.talks.store import Kept
from services.ingest.talks.surveying import ELEMENTS
from services.ingest.talks.tones import words_of
from services.ingest.talks.tongues import language_of
from services.ingest.talks.values import Decision, Do, Facts, Rule, Say, Survey
from shared.contracts.enums import CitizenAct
from shared.db.read import intake
from shared.files.inspection import CleanFile
from shared.logs import get_logger

_NAME_MAX = 120
_JOINING = frozenset({Rule.JOIN, Rule.ASKED, Rule.FLOOD})
_ANSWERED_ONCE = frozenset({Say.HELP, Say.SLOW})

_log = get_logger(__name__)


def handle(deps: Deps, conn: Connection, message: Message, arrived: Arrived) -> Handled:
    """Handle one message of a channel; the worker commits, and calls again after a failure."""
    message = replace(message, text=intake_rules.tidy(clean(message.text)))
    at = arrived.sent_at or arrived.received_at
    kept = _known(deps, conn, arrived)
    language = language_of(words_of(message.text)) or kept.talk.language
    kept = replace(kept, talk=replace(kept.talk, language=language))
    asking = Asking(deps, conn, message, arrived, kept, at)
    facts = gather(asking)
    decision = decide(kept.talk, message, facts, at)
    made = _made(asking, facts, decision)
    after = _after(asking, facts, made)
    reply(asking, facts, made, language)
    store.save(conn, arrived.sender_hash, arrived.channel, after, at)
    _log.info(
        "message_handled",
        message=arrived.row_id,
        channel=arrived.channel.value,
        rule=decision.rule.value,
        became=made.handled.became.value,
    )
    return made.handled


def _known(deps: Deps, conn: Connection, arrived: Arrived) -> Kept:
    """The talk as it stands; a case that was erased is known no more."""
    kept = store.load(conn, arrived.sender_hash)
    ticket = kept.talk.ticket
    found = intake.submission(conn, ticket) if ticket else None
    if ticket and (found is None or found.erased_at is not None):
        return replace(kept, talk=replace(kept.talk, ticket=None, said_at=None, opening=None))
    return kept


def _made(asking: Asking, facts: Facts, decision: Decision) -> Made:
    match decision.do:
        case Do.OPEN:
            return _opened(asking, facts, decision)
        case Do.ACT:
            return _acted(asking, decision)
        case Do.SURVEY:
            return _surveyed(asking, decision)
        case Do.HOLD:
            if decision.rule is Rule.EDITED and decision.region is not None:
                # The wording tells the region: what it rewords goes first, then it comes again.
                release(asking.conn, asking.arrived.sender_hash, asking.deps.clock.now())
            return Made(Handled(Became.TRIAGE), decision)
    return Made(Handled(Became.TALK, decision.ticket), decision, decision.ticket)


def _opened(asking: Asking, facts: Facts, decision: Decision) -> Made:
    deps, message, arrived = asking.deps, asking.message, asking.arrived
    code = facts.said.region or decision.region or facts.region or ""
    region = deps.directory().region(code)
    if region is None:  # the rules hold such a message back; the type checker cannot know
        return Made(Handled(Became.TRIAGE), decision)
    kept, lost = arrived.files, arrived.missing
    first, *more = bodies.pieces(
        bodies.of_report(decision.text, message, len(kept), lost), TEXT_MAX
    )
    command = FileComplaint(
        text=first,
        region=region.code,
        location=_place(message),
        anonymous=facts.said.anonymous,
        confidential=facts.said.confidential,
    )
    command = located(command, deps.places(region.code))
    identity = Reported(
        name=(message.name or "")[:_NAME_MAX].strip() or None,
        phone=asking.phone,
        address=message.sender,
        account=message.account,
        thread=message.thread if message.public else None,
    )
    due_at = deps.promise(region, asking.at).first_answer
    shelf = Shelf(deps.files, deps.vault)
    draft = complaint_draft(
        deps.vault, shelf, command, identity, kept, _arrival(arrived, len(kept)), due_at
    )
    draft.write(asking.conn)
    for text in more:
        _act(asking, draft.ticket, region.code, CitizenAct.ADD, text, None, ())
    handled = Handled(Became.COMPLAINT, draft.ticket)
    return Made(handled, decision, draft.ticket, draft.code, due_at, region.code)


def _acted(asking: Asking, decision: Decision) -> Made:
    ticket, act = decision.ticket or "", decision.act or CitizenAct.ADD
    found = intake.submission(asking.conn, ticket)
    kept, lost = asking.arrived.files, asking.arrived.missing
    text = decision.text
    if not asking.message.removed:
        text = bodies.of_act(decision.text, asking.message, len(kept), lost)
    first, *more = bodies.pieces(text, TEXT_MAX)
    made = None
    if found is not None:
        made = _act(asking, ticket, found.region, act, first, decision.score, kept)
    if found is None or made is None:
        return Made(Handled(Became.TALK), replace(decision, say=Say.NOT_FOUND))
    for rest in more:
        _act(asking, ticket, found.region, CitizenAct.ADD, rest, None, ())
    return Made(Handled(Became.ACT, made), decision, ticket)


def _act(
    asking: Asking,
    ticket: str,
    region: str,
    act: CitizenAct,
    text: str,
    score: int | None,
    kept: Sequence[CleanFile],
) -> str | None:
    """Write an act; returns its id, none when the complaint was erased."""
    deps = asking.deps
    on = filed(asking.conn, deps.vault, ticket, region)
    if on is None:
        return None
    # Who may act was decided by sender and code; the command is the shape of the web's.
    command = ActOnComplaint(code="-", act=act, text=text or None, score=score)
    arrival = _arrival(asking.arrived, len(kept))
    shelf = Shelf(deps.files, deps.vault)
    draft = act_draft(deps.vault, shelf, on, command, kept, arrival)
    draft.write(asking.conn)
    return draft.act_id


def _surveyed(asking: Asking, decision: Decision) -> Made:
    survey = decision.survey
    if survey is None:
        return Made(Handled(Became.TALK), decision)
    answers = {
        element: answer
        for element, answer in zip(ELEMENTS, survey.answers, strict=True)
        if answer is not None
    }
    command = AnswerSurvey(region=survey.opd.partition("/")[0], opd=survey.opd, answers=answers)
    if intake_rules.survey_flaws(command, asking.deps.directory()):
        return Made(Handled(Became.TALK), replace(decision, say=Say.SURVEY_UNKNOWN))
    draft = survey_draft(asking.deps.vault, command, survey.token_hash, _arrival(asking.arrived, 0))
    try:
        draft.write(asking.conn)
    except RefusedError:
        # Somebody else was first; nothing was written before the token was asked for.
        return Made(Handled(Became.TALK), replace(decision, say=Say.SURVEY_USED))
    return Made(Handled(Became.SURVEY, draft.receipt), decision, draft.receipt)


def _after(asking: Asking, facts: Facts, made: Made) -> Kept:
    """What is known of the talk after this message."""
    kept, talk, decision, at = asking.kept, asking.kept.talk, made.decision, asking.at
    if made.handled.became is Became.COMPLAINT:
        talk = replace(talk, ticket=made.reference, said_at=at, opening=facts.opening)
    elif made.handled.became is Became.ACT and decision.rule in _JOINING:
        talk = replace(talk, said_at=max(at, talk.said_at or at))
    if decision.region is not None:
        talk = replace(talk, region=decision.region)
    if decision.stopped is not None:
        talk = replace(talk, stopped=decision.stopped)
    if decision.say in _ANSWERED_ONCE:
        talk = replace(talk, answered_at=at)
    if not decision.keep_asked:
        talk = replace(talk, asked=decision.asked, asked_at=at if decision.asked else None)
    return _with_survey(replace(kept, talk=talk), decision.survey, made.handled.became)


def _with_survey(kept: Kept, survey: Survey | None, became: Became) -> Kept:
    if survey is None:
        return kept
    if became is Became.SURVEY or survey.used:
        return kept.without_survey(survey)
    return kept.with_survey(survey)


def _arrival(arrived: Arrived, files: int) -> Arrival:
    return Arrival(arrived.received_at, arrived.channel, files, sent_at=arrived.sent_at)


def _place(message: Message) -> Place | None:
    point = message.point
    if point is None:
        return None
    named = ", ".join(filter(None, (point.name, point.address)))
    address = " ".join(clean(named).split())[:500].strip()
    far = None if point.precision is None else min(max(point.precision, 0.0), 100_000.0)
    return Place(lat=point.lat, lon=point.lon, address=address or None, precision=far)
