"""What a message of a citizen means: the table of this folder's README, line by line. Pure, total.

The first line that fits decides. No citizen's word is lost: what is no command and no courtesy
opens a case, joins one, or waits for its region.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from services.ingest.channels.message import Message
from services.ingest.talks import surveying, targets
from services.ingest.talks.hints import accuses, speaks_of_earlier
from services.ingest.talks.tones import tone_of, words_of
from services.ingest.talks.values import (
    Asked,
    Decision,
    Do,
    Facts,
    Rule,
    Say,
    Talk,
    Tone,
    Unclear,
    Word,
)
from shared.contracts.enums import CitizenAct

JOIN = timedelta(minutes=10)
"""Messages of one sender within this time of each other are one report."""
PATIENCE = timedelta(hours=24)
"""How long we wait for the answer to a question of ours."""
ONCE = timedelta(minutes=10)
"""A general answer (help, too many messages) is given once in this time."""
REMOVED = "Pengirim menghapus pesannya di kanal asal."
"""What is added to a case when its message was taken back; nothing is deleted."""
_OTHERS = frozenset({Word.REPORT, Word.REPLY})
_COMMANDS = frozenset({Word.CHECK, Word.DONE, Word.NOT_DONE, Word.RATE})
_QUESTIONS = {Unclear.PLACE: "ask_place", Unclear.AGENCY: "ask_agency", Unclear.BOTH: "ask_both"}

Line = Callable[[Talk, Message, Facts, datetime], Decision | None]


def decide(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision:
    """What to do with the message; `now` is when it was written."""
    told = facts.named_region if _waits_for(talk, Asked.REGION, now) else None
    if told is not None:
        facts = replace(facts, region=told)
    decision = _first(talk, message, facts, now)
    if told is not None:
        decision = replace(decision, region=told)
    return decision if facts.private else _in_public(decision)


def _first(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision:
    for line in _LINES:
        decision = line(talk, message, facts, now)
        if decision is not None:
            return decision
    return _opened(Rule.NEW, talk, message, facts)


def wordless(message: Message) -> bool:
    """Whether something hangs on the message, and it says nothing itself."""
    return tone_of(message.text) is Tone.NOTHING and bool(message.media or message.point)


def _removed(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    if not message.removed:
        return None
    if facts.referred is None:
        return Decision(Rule.REMOVED)
    return _add(Rule.REMOVED, facts.referred.ticket, REMOVED)


def _stop(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    match facts.said.word:
        case Word.STOP:
            return Decision(Rule.STOP, say=Say.STOPPED, stopped=True, keep_asked=False)
        case Word.START if talk.stopped:
            return Decision(Rule.START, say=Say.STARTED, stopped=False)
    return None


def _edited(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    """The new wording of a message goes where the message went, also when it begins with LAPOR.

    While that waits in triage the wording waits behind it; of a message that opened no case and
    joined none it is a message like any other. What its holder must not read opens its own.
    """
    said = facts.said
    if not message.edited or said.word not in (None, Word.REPORT):
        return None
    if facts.held:
        return Decision(Rule.EDITED, Do.HOLD, region=said.region or facts.region)
    case = facts.referred
    if case is None:
        return None
    if not (words_of(said.text) or message.media or message.point):
        return Decision(Rule.EDITED, ticket=case.ticket)
    if _apart(facts, message):
        return _held(facts, talk, now) or _opened(Rule.EDITED, talk, message, facts)
    return replace(targets.answered(Rule.EDITED, case, message.text), say=None)


def _flood(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    """Too many a minute: what has matter joins the case opened last, the rest is left alone.

    Without such a case one is opened below: no word is lost.
    """
    if not facts.flood:
        return None
    say = Say.SLOW if _due(talk, now) else None
    command = facts.said.word not in (None, Word.REPORT)
    if command or not _has_matter(message):
        return Decision(Rule.FLOOD, say=say)
    if talk.ticket is None or _apart(facts, message):
        return None
    return _add(Rule.FLOOD, talk.ticket, message.text, say)


def _help(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    if facts.said.word not in (Word.HELP, Word.START):
        return None
    return Decision(Rule.HELP, say=Say.HELP)


def _survey(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    said = facts.said
    if said.word is Word.SURVEY:
        if facts.wait:
            return Decision(Rule.SURVEY, say=Say.WAIT)
        if said.token is None:
            return Decision(Rule.SURVEY, say=Say.SURVEY_HOW)
        return surveying.begin(facts.survey, said.text)
    if _waits_for(talk, Asked.SURVEY, now) and facts.survey is not None:
        return surveying.go_on(facts.survey, message.text)
    return None


def _region(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    """The answer to our question for the kabupaten; the messages kept come again by themselves."""
    if not _waits_for(talk, Asked.REGION, now) or not facts.region_only:
        return None
    if facts.named_region is None or message.media or message.point:
        return None
    return Decision(Rule.REGION, keep_asked=False)


def _ticket(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    """CEK, BALAS, SELESAI, BELUM and NILAI with a ticket, or with one that is mistyped."""
    said = facts.said
    if said.word is None or said.word not in _COMMANDS | {Word.REPLY}:
        return None
    if said.ticket is None:
        return Decision(Rule.TICKET, say=Say.MISTYPED) if said.mistyped else None
    rule = Rule.CHECK if said.word is Word.CHECK else Rule.TICKET
    if facts.named is None:
        return Decision(rule, say=Say.WAIT if facts.wait else Say.NOT_FOUND)
    text = said.text if facts.fits else said.rest
    return targets.done(rule, facts.named, said, text)


def _bare(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    """The same words without a ticket: they mean the case they can only mean."""
    said = facts.said
    if said.word is None or said.ticket or said.word not in _COMMANDS | {Word.REPLY}:
        return None
    if said.word is Word.REPLY and not words_of(said.text):
        return Decision(Rule.BARE, say=Say.REPLY_EMPTY)
    case = targets.meant(said, facts.cases)
    if case is not None:
        return targets.done(Rule.BARE, case, said, said.text)
    if said.word in (Word.CHECK, Word.RATE):
        return Decision(Rule.BARE, say=Say.CHECK_HOW)
    return None


def _referred(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    """An answer to a message of ours, or to an earlier one of the citizen's."""
    case = facts.referred
    if case is None or facts.said.word is Word.REPORT:
        return None
    assent = case.paused and tone_of(message.text) is Tone.ASSENT
    if not _has_matter(message) and not assent:
        return None
    return targets.answered(Rule.REFERRED, case, message.text)


def _named(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    """The text names one of the sender's own tickets."""
    if facts.named is None or not facts.own or facts.said.word is Word.REPORT:
        return None
    return targets.answered(Rule.NAMED, facts.named, message.text)


def _answer(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    """The office has asked, and the citizen writes: that is the answer.

    Not when the citizen has opened another case, or we have asked about one, since then.
    """
    case = targets.asked_last(facts.cases)
    if case is None or facts.said.word in _COMMANDS - {Word.DONE, Word.NOT_DONE} | _OTHERS:
        return None
    if not _has_matter(message) and tone_of(message.text) is not Tone.ASSENT:
        return None
    later = case.asked_at is None or (talk.said_at is not None and talk.said_at > case.asked_at)
    busy = _awaits_words(talk, now) or _within(talk.said_at, now, JOIN)
    if talk.ticket not in (None, case.ticket) and later and busy:
        return None
    return targets.answered(Rule.ANSWER, case, message.text)


def _courtesy(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    """Greetings, thanks, a yes or an emoji open no case."""
    if _has_matter(message):
        return None
    tone = tone_of(message.text)
    if tone is Tone.ASSENT and _awaits_words(talk, now):
        return None
    known = talk.ticket is not None and tone is not Tone.GREETING
    silent = known or _within(talk.said_at, now, JOIN) or not _due(talk, now)
    return Decision(Rule.COURTESY, say=None if silent else Say.HELP)


def _empty(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    """LAPOR, a region's code, or nothing at all: without matter there is nothing to file."""
    if facts.said.word is not Word.REPORT or message.media or message.point:
        return None
    if tone_of(facts.said.text) is None:
        return None
    return Decision(Rule.EMPTY, say=Say.REPORT_EMPTY)


def _repeat(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    """The same words again, since no answer came yet."""
    same = facts.opening is not None and facts.opening == talk.opening
    if not same or talk.ticket is None or message.media or not _within(talk.said_at, now, JOIN):
        return None
    return Decision(Rule.REPEAT, ticket=talk.ticket, say=Say.REPEATED)


def _report(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    """LAPOR or a region's code always opens a case."""
    if facts.said.word is not Word.REPORT:
        return None
    return _held(facts, talk, now) or _opened(Rule.REPORT, talk, message, facts)


def _asked(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    """The answer to our own question, what happened or where."""
    if talk.ticket is None or not _awaits_words(talk, now) or _apart(facts, message):
        return None
    more = wordless(message)
    say = None if more else Say.ADDED
    return _add(Rule.ASKED, talk.ticket, message.text, say, keep_asked=more)


def _join(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    """What follows within ten minutes belongs to the report before; nothing is answered."""
    if talk.ticket is None or not _within(talk.said_at, now, JOIN) or _apart(facts, message):
        return None
    return _add(Rule.JOIN, talk.ticket, message.text)


def _refers(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    """The text speaks of an earlier report: the open case, the newest of several."""
    open_cases = [case for case in facts.cases if case.open]
    if not open_cases or not speaks_of_earlier(message.text) or _apart(facts, message):
        return None
    return _add(Rule.REFERS, open_cases[0].ticket, message.text, Say.STATUS)


def _hold(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    return _held(facts, talk, now)


def _wordless(talk: Talk, message: Message, facts: Facts, now: datetime) -> Decision | None:
    """A photo, a voice note or a point: whoever looks at it must know what it is about."""
    if not wordless(message):
        return None
    return _opened(Rule.WORDLESS, talk, message, facts, question="ask_what", asked=Asked.WHAT)


_LINES: Sequence[Line] = (
    _removed,
    _stop,
    _edited,
    _flood,
    _help,
    _survey,
    _region,
    _ticket,
    _referred,
    _named,
    _answer,
    _bare,
    _empty,
    _courtesy,
    _repeat,
    _report,
    _asked,
    _join,
    _refers,
    _hold,
    _wordless,
)


def _opened(
    rule: Rule,
    talk: Talk,
    message: Message,
    facts: Facts,
    *,
    question: str | None = None,
    asked: Asked | None = None,
) -> Decision:
    """A new case, with at most one question: who wants no messages is asked none."""
    if question is None and facts.unclear is not None:
        question, asked = _QUESTIONS[facts.unclear], Asked.WHERE
    if talk.stopped:
        question = asked = None
    text = facts.said.text if facts.said.word is Word.REPORT else message.text
    return Decision(
        rule, Do.OPEN, text=text, say=Say.OPENED, question=question, asked=asked, keep_asked=False
    )


def _in_public(decision: Decision) -> Decision:
    """Where everybody reads along, no answer tells of a case, and nothing is asked."""
    say = decision.say
    if say is Say.STATUS:
        say = Say.PUBLIC_CHECK
    elif decision.ticket is not None or decision.do in (Do.OPEN, Do.SURVEY):
        say = Say.PUBLIC if say is not None else None
    asked = decision.asked if decision.question is None else None
    return replace(decision, say=say, question=None, asked=asked)


def _apart(facts: Facts, message: Message) -> bool:
    """Whether it must join nothing by itself: it is to be secret, or may accuse somebody.

    Who holds the case before may be who is accused.
    """
    said = facts.said
    return said.confidential or said.anonymous or accuses(message.text)


def _has_matter(message: Message) -> bool:
    """Whether there is more in the message than a courtesy."""
    return bool(message.media or message.point) or tone_of(message.text) is None


def _held(facts: Facts, talk: Talk, now: datetime) -> Decision | None:
    """Nobody knows for which region it is: it waits, and the citizen is asked once a day."""
    if facts.region is not None or facts.said.region is not None:
        return None
    asked = talk.stopped or _waits_for(talk, Asked.REGION, now)
    say = None if asked else Say.ASK_REGION
    return Decision(Rule.HOLD, Do.HOLD, say=say, asked=Asked.REGION, keep_asked=asked)


def _add(
    rule: Rule, ticket: str, text: str, say: Say | None = None, *, keep_asked: bool = True
) -> Decision:
    return Decision(
        rule, Do.ACT, CitizenAct.ADD, ticket, text, say=say, asked=None, keep_asked=keep_asked
    )


def _within(since: datetime | None, now: datetime, time: timedelta) -> bool:
    return since is not None and abs(now - since) <= time


def _waits_for(talk: Talk, asked: Asked, now: datetime) -> bool:
    return talk.asked is asked and _within(talk.asked_at, now, PATIENCE)


def _awaits_words(talk: Talk, now: datetime) -> bool:
    return talk.ticket is not None and (
        _waits_for(talk, Asked.WHAT, now) or _waits_for(talk, Asked.WHERE, now)
    )


def _due(talk: Talk, now: datetime) -> bool:
    """Whether a general answer may be given again."""
    return not _within(talk.answered_at, now, ONCE)
