"""What a conversation is made of: what was said, what is known, what is decided. Values only."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.contracts.enums import CitizenAct, Language, Status


class Word(StrEnum):
    """The words a message may begin with."""

    REPORT = "report"
    CHECK = "check"
    REPLY = "reply"
    DONE = "done"
    NOT_DONE = "not_done"
    RATE = "rate"
    SURVEY = "survey"
    STOP = "stop"
    START = "start"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Said:
    """A message's text as read; without a `word` it is free text.

    `text` is what belongs to the word, without ticket and code; `rest` is the same with what might
    be the code. `mistyped`: a ticket or visit token was meant, but is none.
    """

    text: str
    word: Word | None = None
    ticket: str | None = None
    code: str | None = None
    rest: str = ""
    mistyped: bool = False
    score: int | None = None
    token: str | None = None
    region: str | None = None
    anonymous: bool = False
    confidential: bool = False


class Tone(StrEnum):
    """What a text without any matter in it is."""

    GREETING = "greeting"
    THANKS = "thanks"
    ASSENT = "assent"  # yes, no, all right
    NOTHING = "nothing"  # no letter and no digit


class Asked(StrEnum):
    """What we asked last and wait for."""

    REGION = "region"
    WHAT = "what"
    WHERE = "where"
    SURVEY = "survey"


class Unclear(StrEnum):
    """What a report leaves open that whoever handles it must know."""

    PLACE = "place"
    AGENCY = "agency"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Survey:
    """A survey as far as it got; an answer of none was left out by the citizen."""

    token_hash: str
    opd: str
    answers: tuple[int | None, ...] = ()
    used: bool = False


@dataclass(frozen=True, slots=True)
class Talk:
    """What is known of a conversation (`shared.db.tables.messages.ingest_talks`).

    `ticket` is the case opened last, `said_at` when its last message was written, `opening` the
    keyed hash of its first words. `answered_at` is when a general answer was given last.
    """

    region: str | None = None
    language: Language = Language.IND
    ticket: str | None = None
    said_at: datetime | None = None
    stopped: bool = False
    asked: Asked | None = None
    asked_at: datetime | None = None
    opening: str | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A case of the sender's, or one whose code they gave; `asked_at`: the office's question."""

    ticket: str
    status: Status
    open: bool
    paused: bool
    allowed: frozenset[CitizenAct] = frozenset()
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the decision needs to know beside talk and message.

    `region` is what the account, the default or the talk says; `named_region` the only one the
    text names, `region_only`: it says nothing else. `cases` are the sender's own, newest first.
    `named` is the case of the ticket in the text, if it is the sender's (`own`) or the code fits
    (`fits`). `referred` is the case of the message this one answers, rewords or takes back;
    `held`: the message it rewords still waits for its region. `wait`: seconds until the next code
    may be tried. `flood`: more a minute than a person writes. `private`: only
    the sender reads the answer.
    """

    said: Said
    region: str | None = None
    named_region: str | None = None
    region_only: bool = False
    cases: tuple[Case, ...] = ()
    named: Case | None = None
    own: bool = False
    fits: bool = False
    referred: Case | None = None
    held: bool = False
    wait: int = 0
    opening: str | None = None
    unclear: Unclear | None = None
    survey: Survey | None = None
    flood: bool = False
    private: bool = True


class Rule(StrEnum):
    """Which line of the table in this folder's README decided; in the order they are asked."""

    REMOVED = "removed"
    STOP = "stop"
    START = "start"
    EDITED = "edited"
    FLOOD = "flood"
    HELP = "help"
    SURVEY = "survey"
    SURVEY_ANSWER = "survey_answer"
    REGION = "region"
    CHECK = "check"
    TICKET = "ticket"
    REFERRED = "referred"
    NAMED = "named"
    ANSWER = "answer"
    BARE = "bare"
    EMPTY = "empty"
    COURTESY = "courtesy"
    REPEAT = "repeat"
    REPORT = "report"
    ASKED = "asked"
    JOIN = "join"
    REFERS = "refers"
    HOLD = "hold"
    WORDLESS = "wordless"
    NEW = "new"


class Do(StrEnum):
    """What becomes of the message."""

    NOTHING = "nothing"
    OPEN = "open"
    ACT = "act"
    SURVEY = "survey"  # the answers are complete
    HOLD = "hold"  # waits for its region


class Say(StrEnum):
    """What is answered; the words are in `words.toml`."""

    OPENED = "opened"
    ADDED = "added"
    ANSWERED = "answered"
    REPEATED = "repeated"
    STATUS = "status"
    NOT_FOUND = "not_found"
    MISTYPED = "mistyped"
    WAIT = "wait"
    DONE_NOTED = "done_noted"
    DONE_RATE = "done_rate"
    NOT_DONE_NOTED = "not_done_noted"
    REOPENED = "reopened"
    TOO_LATE = "too_late"
    RATED = "rated"
    RATE_NOT_NOW = "rate_not_now"
    RATE_HOW = "rate_how"
    REPLY_EMPTY = "reply_empty"
    REPORT_EMPTY = "report_empty"
    CHECK_HOW = "check_how"
    HELP = "help"
    STOPPED = "stopped"
    STARTED = "started"
    SLOW = "slow"
    ASK_REGION = "ask_region"
    SURVEY_ASK = "survey_ask"
    SURVEY_AGAIN = "survey_again"
    SURVEY_DONE = "survey_done"
    SURVEY_NONE = "survey_none"
    SURVEY_USED = "survey_used"
    SURVEY_UNKNOWN = "survey_unknown"
    SURVEY_STARTED = "survey_started"
    SURVEY_HOW = "survey_how"
    PUBLIC = "public"
    PUBLIC_CHECK = "public_check"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a message, what to answer, and what the talk knows afterwards.

    `question` goes behind `say`. `asked` is what we wait for from now on; `keep_asked` leaves it as
    it is. `text` is what is filed, added or answered.
    """

    rule: Rule
    do: Do = Do.NOTHING
    act: CitizenAct | None = None
    ticket: str | None = None
    text: str = ""
    score: int | None = None
    region: str | None = None
    say: Say | None = None
    question: str | None = None
    asked: Asked | None = None
    keep_asked: bool = True
    stopped: bool | None = None
    survey: Survey | None = field(default=None)
