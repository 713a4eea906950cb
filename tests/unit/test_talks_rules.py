"""The table of what a message means: each line decides, and before the lines below it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ingest.channels.message import Media, MediaKind, Message, Point
from services.ingest.talks import bodies, keywords, surveying, targets
from services.ingest.talks.rules import ONCE, REMOVED, decide
from services.ingest.talks.values import (
    Asked,
    Case,
    Decision,
    Do,
    Facts,
    Rule,
    Say,
    Survey,
    Talk,
    Unclear,
)
from shared.contracts.enums import CitizenAct, Language, Status
from shared.ids import check_symbol

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BODY = "7KQ42MX"
TICKET = f"7KQ4-2MX{check_symbol(BODY)}"
CODE = "AHJ234"
OTHER = "2222-2222"
CODES = {"PASER": "paser"}
ADD, ANSWER = CitizenAct.ADD, CitizenAct.ANSWER
OPEN = Case(TICKET, Status.DIPROSES, open=True, paused=False, allowed=frozenset({ADD}))
PAUSED = replace(OPEN, paused=True, allowed=frozenset({ADD, ANSWER}), asked_at=NOW - 60 * MINUTE)
DONE = Case(
    TICKET,
    Status.SELESAI,
    open=False,
    paused=False,
    allowed=frozenset({ADD, CitizenAct.RATE, CitizenAct.NOT_DONE}),
)
CLOSED = replace(DONE, status=Status.DIBATALKAN, allowed=frozenset({ADD}))
JUST = Talk(ticket=TICKET, said_at=NOW - 5 * MINUTE)
LONG_AGO = Talk(ticket=TICKET, said_at=NOW - 11 * MINUTE)
PHOTO = (Media(MediaKind.IMAGE, "ref"),)
NINE = (3, 4, 3, 4, 4, 4, 3, 4, 3)


def made(text: str = "", talk: Talk | None = None, **known: Any) -> Decision:
    """The decision on a text, with a region known unless the test says otherwise."""
    of_message = {key: known.pop(key) for key in list(known) if key in Message.__slots__}
    message = Message(provider_id="1", account="2", sender="3", text=text, **of_message)
    values: dict[str, Any] = {"said": keywords.read(text, CODES), "region": "paser"} | known
    facts = Facts(**values)
    return decide(talk or Talk(), message, facts, NOW)


def line(decision: Decision) -> tuple[Rule, Do, Say | None]:
    return decision.rule, decision.do, decision.say


@pytest.mark.parametrize(
    ("text", "talk", "known", "expected"),
    [
        # removed, stop, start, flood, help
        ("x", JUST, {"removed": True, "referred": OPEN}, (Rule.REMOVED, Do.ACT, None)),
        ("x", JUST, {"removed": True}, (Rule.REMOVED, Do.NOTHING, None)),
        ("STOP", JUST, {"flood": True}, (Rule.STOP, Do.NOTHING, Say.STOPPED)),
        ("MULAI", Talk(stopped=True), {}, (Rule.START, Do.NOTHING, Say.STARTED)),
        ("MULAI", Talk(), {}, (Rule.HELP, Do.NOTHING, Say.HELP)),
        ("bantuan", JUST, {}, (Rule.HELP, Do.NOTHING, Say.HELP)),
        ("lampu mati juga", LONG_AGO, {"flood": True}, (Rule.FLOOD, Do.ACT, Say.SLOW)),
        ("LAPOR lampu mati", LONG_AGO, {"flood": True}, (Rule.FLOOD, Do.ACT, Say.SLOW)),
        (f"CEK {TICKET}", JUST, {"flood": True}, (Rule.FLOOD, Do.NOTHING, Say.SLOW)),
        ("lampu mati", Talk(), {"flood": True}, (Rule.NEW, Do.OPEN, Say.OPENED)),
        # the kabupaten
        ("jalan rusak", Talk(), {"region": None}, (Rule.HOLD, Do.HOLD, Say.ASK_REGION)),
        ("LAPOR jalan rusak", Talk(), {"region": None}, (Rule.HOLD, Do.HOLD, Say.ASK_REGION)),
        ("", Talk(), {"region": None, "media": PHOTO}, (Rule.HOLD, Do.HOLD, Say.ASK_REGION)),
        ("PASER jalan rusak", Talk(), {"region": None}, (Rule.REPORT, Do.OPEN, Say.OPENED)),
        # ticket words
        (
            f"CEK {TICKET}",
            Talk(),
            {"named": OPEN, "own": True},
            (Rule.CHECK, Do.NOTHING, Say.STATUS),
        ),
        (f"CEK {TICKET}", Talk(), {}, (Rule.CHECK, Do.NOTHING, Say.NOT_FOUND)),
        (f"CEK {TICKET} {CODE}", Talk(), {"wait": 90}, (Rule.CHECK, Do.NOTHING, Say.WAIT)),
        ("CEK 7KQ4-2MX2X", Talk(), {}, (Rule.TICKET, Do.NOTHING, Say.MISTYPED)),
        (f"BALAS {TICKET} sudah", Talk(), {"named": PAUSED}, (Rule.TICKET, Do.ACT, Say.ANSWERED)),
        (f"BALAS {TICKET} sudah", Talk(), {"named": OPEN}, (Rule.TICKET, Do.ACT, Say.ADDED)),
        (f"BALAS {TICKET}", Talk(), {"named": OPEN}, (Rule.TICKET, Do.NOTHING, Say.REPLY_EMPTY)),
        (f"BALAS {TICKET} sudah", Talk(), {}, (Rule.TICKET, Do.NOTHING, Say.NOT_FOUND)),
        (f"SELESAI {TICKET}", Talk(), {"named": OPEN}, (Rule.TICKET, Do.ACT, Say.DONE_NOTED)),
        (f"SELESAI {TICKET}", Talk(), {"named": DONE}, (Rule.TICKET, Do.ACT, Say.DONE_RATE)),
        (f"BELUM {TICKET}", Talk(), {"named": DONE}, (Rule.TICKET, Do.ACT, Say.REOPENED)),
        (f"BELUM {TICKET}", Talk(), {"named": OPEN}, (Rule.TICKET, Do.ACT, Say.NOT_DONE_NOTED)),
        (f"BELUM {TICKET}", Talk(), {"named": CLOSED}, (Rule.TICKET, Do.ACT, Say.TOO_LATE)),
        (f"NILAI {TICKET} 4", Talk(), {"named": DONE}, (Rule.TICKET, Do.ACT, Say.RATED)),
        (f"NILAI {TICKET} 4", Talk(), {"named": OPEN}, (Rule.TICKET, Do.NOTHING, Say.RATE_NOT_NOW)),
        (f"NILAI {TICKET} 7", Talk(), {"named": DONE}, (Rule.TICKET, Do.NOTHING, Say.RATE_HOW)),
        # an earlier message, a ticket in the text, the office's question
        ("masih sama", LONG_AGO, {"referred": OPEN}, (Rule.REFERRED, Do.ACT, Say.ADDED)),
        ("sudah", LONG_AGO, {"referred": PAUSED}, (Rule.REFERRED, Do.ACT, Say.ANSWERED)),
        ("makasih", LONG_AGO, {"referred": PAUSED}, (Rule.COURTESY, Do.NOTHING, None)),
        # the new wording of an earlier message
        ("baru", LONG_AGO, {"referred": OPEN, "edited": True}, (Rule.EDITED, Do.ACT, None)),
        ("LAPOR baru", JUST, {"referred": OPEN, "edited": True}, (Rule.EDITED, Do.ACT, None)),
        ("PASER baru", JUST, {"referred": OPEN, "edited": True}, (Rule.EDITED, Do.ACT, None)),
        ("iya", LONG_AGO, {"referred": OPEN, "edited": True}, (Rule.EDITED, Do.ACT, None)),
        ("LAPOR", JUST, {"referred": OPEN, "edited": True}, (Rule.EDITED, Do.NOTHING, None)),
        ("LAPOR baru", JUST, {"edited": True}, (Rule.REPORT, Do.OPEN, Say.OPENED)),
        ("STOP", JUST, {"referred": OPEN, "edited": True}, (Rule.STOP, Do.NOTHING, Say.STOPPED)),
        (
            f"BALAS {TICKET} sudah",
            JUST,
            {"referred": CLOSED, "named": OPEN, "edited": True},
            (Rule.TICKET, Do.ACT, Say.ADDED),
        ),
        (
            "LAPOR baru",
            LONG_AGO,
            {"referred": OPEN, "edited": True, "flood": True},
            (Rule.EDITED, Do.ACT, None),
        ),
        # which must join nothing by itself
        (
            "LAPOR RAHASIA lampu mati",
            JUST,
            {"referred": OPEN, "edited": True},
            (Rule.EDITED, Do.OPEN, Say.OPENED),
        ),
        (
            "LAPOR ANONIM lampu mati",
            replace(JUST, opening="h"),
            {"referred": OPEN, "edited": True, "opening": "h", "flood": True},
            (Rule.EDITED, Do.OPEN, Say.OPENED),
        ),
        (
            "lurah minta uang",
            LONG_AGO,
            {"referred": PAUSED, "cases": (PAUSED,), "edited": True},
            (Rule.EDITED, Do.OPEN, Say.OPENED),
        ),
        (
            "LAPOR lurah minta uang",
            JUST,
            {"referred": OPEN, "edited": True, "region": None},
            (Rule.HOLD, Do.HOLD, Say.ASK_REGION),
        ),
        ("LAPOR RAHASIA lampu", LONG_AGO, {"flood": True}, (Rule.REPORT, Do.OPEN, Say.OPENED)),
        (
            f"soal {TICKET} itu",
            Talk(),
            {"named": OPEN, "own": True},
            (Rule.NAMED, Do.ACT, Say.ADDED),
        ),
        ("di RT 02", LONG_AGO, {"cases": (PAUSED,)}, (Rule.ANSWER, Do.ACT, Say.ANSWERED)),
        ("belum", LONG_AGO, {"cases": (PAUSED,)}, (Rule.ANSWER, Do.ACT, Say.ANSWERED)),
        ("", LONG_AGO, {"cases": (PAUSED,), "media": PHOTO}, (Rule.ANSWER, Do.ACT, Say.ANSWERED)),
        ("makasih pak", LONG_AGO, {"cases": (PAUSED,)}, (Rule.COURTESY, Do.NOTHING, None)),
        ("LAPOR lampu mati", LONG_AGO, {"cases": (PAUSED,)}, (Rule.REPORT, Do.OPEN, Say.OPENED)),
        # words without a ticket
        ("CEK", LONG_AGO, {"cases": (OPEN,)}, (Rule.BARE, Do.NOTHING, Say.STATUS)),
        ("status", LONG_AGO, {"cases": (PAUSED,)}, (Rule.BARE, Do.NOTHING, Say.STATUS)),
        ("CEK", Talk(), {}, (Rule.BARE, Do.NOTHING, Say.CHECK_HOW)),
        ("NILAI 5", LONG_AGO, {"cases": (OPEN, DONE)}, (Rule.BARE, Do.ACT, Say.RATED)),
        ("BELUM", LONG_AGO, {"cases": (DONE,)}, (Rule.BARE, Do.ACT, Say.REOPENED)),
        ("SELESAI", LONG_AGO, {"cases": (OPEN,)}, (Rule.BARE, Do.ACT, Say.DONE_NOTED)),
        ("BALAS iya betul", LONG_AGO, {"cases": (PAUSED,)}, (Rule.BARE, Do.ACT, Say.ANSWERED)),
        ("BALAS", LONG_AGO, {"cases": (PAUSED,)}, (Rule.BARE, Do.NOTHING, Say.REPLY_EMPTY)),
        # courtesies
        ("assalamualaikum", Talk(), {}, (Rule.COURTESY, Do.NOTHING, Say.HELP)),
        ("p", Talk(), {"region": None}, (Rule.COURTESY, Do.NOTHING, Say.HELP)),
        ("\U0001f44d", Talk(), {}, (Rule.COURTESY, Do.NOTHING, Say.HELP)),
        ("halo", Talk(answered_at=NOW - ONCE / 2), {}, (Rule.COURTESY, Do.NOTHING, None)),
        ("makasih min", LONG_AGO, {}, (Rule.COURTESY, Do.NOTHING, None)),
        ("halo", JUST, {}, (Rule.COURTESY, Do.NOTHING, None)),
        ("LAPOR", Talk(), {}, (Rule.EMPTY, Do.NOTHING, Say.REPORT_EMPTY)),
        ("lapor pak", JUST, {}, (Rule.EMPTY, Do.NOTHING, Say.REPORT_EMPTY)),
        # reports
        ("LAPOR jalan rusak", JUST, {}, (Rule.REPORT, Do.OPEN, Say.OPENED)),
        ("sudah lama begitu", JUST, {}, (Rule.JOIN, Do.ACT, None)),
        ("", JUST, {"media": PHOTO}, (Rule.JOIN, Do.ACT, None)),
        ("", JUST, {"point": Point(-1.9, 116.2)}, (Rule.JOIN, Do.ACT, None)),
        ("sudah lama begitu", LONG_AGO, {"cases": (OPEN,)}, (Rule.NEW, Do.OPEN, Say.OPENED)),
        ("bagaimana laporan saya", LONG_AGO, {"cases": (OPEN,)}, (Rule.REFERS, Do.ACT, Say.STATUS)),
        ("bagaimana laporan saya", LONG_AGO, {"cases": (CLOSED,)}, (Rule.NEW, Do.OPEN, Say.OPENED)),
        ("jalan rusak", Talk(), {}, (Rule.NEW, Do.OPEN, Say.OPENED)),
        ("", Talk(), {"media": PHOTO}, (Rule.WORDLESS, Do.OPEN, Say.OPENED)),
        ("", Talk(), {"point": Point(-1.9, 116.2)}, (Rule.WORDLESS, Do.OPEN, Say.OPENED)),
    ],
)
def test_each_line_of_the_table(
    text: str, talk: Talk, known: dict[str, Any], expected: tuple[Rule, Do, Say | None]
) -> None:
    assert line(made(text, talk, **known)) == expected


def test_the_readme_has_a_line_for_each_rule_in_their_order() -> None:
    readme = Path(bodies.__file__).with_name("README.md")
    lines = [row.split("`")[1] for row in readme.read_text().splitlines() if row.startswith("| `")]
    assert lines == [rule.value for rule in Rule]


def test_the_words_that_are_filed_are_those_behind_the_keyword() -> None:
    assert made("LAPOR jalan rusak").text == "jalan rusak"
    assert made("jalan rusak").text == "jalan rusak"
    balas = f"BALAS {TICKET} {CODE} sudah diganti"
    assert made(balas, named=OPEN, fits=True).text == "sudah diganti"
    assert made(balas, named=OPEN, own=True).text == f"{CODE} sudah diganti"
    assert made(f"SELESAI {TICKET}", named=OPEN).text == targets.DONE
    assert made(f"BELUM {TICKET} masih gelap", named=DONE, own=True).text == (
        f"{targets.NOT_DONE} masih gelap"
    )
    assert made(f"NILAI {TICKET} 4", named=DONE).score == 4
    assert made("x", removed=True, referred=OPEN).text == REMOVED


@pytest.mark.parametrize(
    "text",
    [
        "petugas dinas minta uang 50 ribu",
        "ada pungli di kantor pambakal",
        "ulun diminta duit gasan surat",
        "laporan saya kemarin: mandornya terima setoran",
    ],
)
@pytest.mark.parametrize(
    "talk", [JUST, replace(LONG_AGO, asked=Asked.WHERE, asked_at=NOW - 2 * MINUTE), LONG_AGO]
)
@pytest.mark.parametrize("flood", [False, True])
def test_an_accusation_joins_no_case_by_itself(text: str, talk: Talk, flood: bool) -> None:
    """Who holds the case before may be who is accused."""
    decision = made(text, talk, cases=(OPEN,), flood=flood)
    assert (decision.rule, decision.do) == (Rule.NEW, Do.OPEN)


@pytest.mark.parametrize(
    ("unclear", "question"),
    [(Unclear.PLACE, "ask_place"), (Unclear.AGENCY, "ask_agency"), (Unclear.BOTH, "ask_both")],
)
def test_one_question_is_asked_and_its_answer_joins(unclear: Unclear, question: str) -> None:
    opened = made("jalan rusak", unclear=unclear)
    assert (opened.question, opened.asked) == (question, Asked.WHERE)
    talk = replace(LONG_AGO, asked=Asked.WHERE, asked_at=NOW - 60 * MINUTE)
    joined = made("Desa Janju", talk)
    assert line(joined) == (Rule.ASKED, Do.ACT, Say.ADDED)
    assert not joined.keep_asked
    assert joined.question is None
    assert made("jalan lain rusak", replace(talk, asked_at=NOW - 25 * 60 * MINUTE)).do is Do.OPEN


def test_what_is_not_said_is_asked_until_it_is() -> None:
    opened = made("", media=PHOTO)
    assert (opened.question, opened.asked) == ("ask_what", Asked.WHAT)
    talk = replace(LONG_AGO, asked=Asked.WHAT, asked_at=NOW - 60 * MINUTE)
    assert line(made("", talk, media=PHOTO)) == (Rule.ASKED, Do.ACT, None)
    assert made("", talk, media=PHOTO).keep_asked
    assert made("iya", talk).rule is Rule.ASKED
    assert made("halo", talk).rule is Rule.COURTESY


def test_who_wants_no_messages_gets_the_receipt_and_no_question() -> None:
    silent = Talk(stopped=True)
    assert made("jalan rusak", silent, unclear=Unclear.PLACE).question is None
    assert made("jalan rusak", silent, region=None).say is None


def test_the_kabupaten_is_asked_once_and_the_next_message_tells_it() -> None:
    waits = Talk(asked=Asked.REGION, asked_at=NOW - MINUTE)
    assert line(made("sudah lama", waits, region=None)) == (Rule.HOLD, Do.HOLD, None)
    told = made("Paser pak", waits, region=None, named_region="paser", region_only=True)
    assert line(told) == (Rule.REGION, Do.NOTHING, None)
    assert (told.region, told.asked, told.keep_asked) == ("paser", None, False)
    # With more in it, it is a report, and the region is known from now on.
    more = made("Paser, lampu mati", waits, region=None, named_region="paser")
    assert (more.rule, more.region) == (Rule.NEW, "paser")


def test_a_wording_waits_behind_what_it_rewords_in_triage() -> None:
    held: dict[str, Any] = {"region": None, "held": True, "edited": True}
    for text in ("LAPOR jalan rusak", "LAPOR RAHASIA jalan rusak", "lurah minta uang"):
        assert line(made(text, **held)) == (Rule.EDITED, Do.HOLD, None)
    for text in ("PASER jalan rusak", "LAPOR jalan rusak"):
        waits = Talk(asked=Asked.REGION, asked_at=NOW - MINUTE)
        told = made(text, waits, **held | {"named_region": "paser"})
        assert (told.rule, told.do, told.region) == (Rule.EDITED, Do.HOLD, "paser")
    assert made("STOP", **held).rule is Rule.STOP


def test_the_same_words_again_open_nothing() -> None:
    talk = replace(JUST, opening="h")
    again = made("LAPOR jalan rusak", talk, opening="h")
    assert line(again) == (Rule.REPEAT, Do.NOTHING, Say.REPEATED)
    assert made("LAPOR jalan rusak", replace(talk, said_at=NOW - 11 * MINUTE), opening="h").do is (
        Do.OPEN
    )


def test_the_question_that_came_last_is_the_one_answered() -> None:
    other = replace(PAUSED, ticket=OTHER, asked_at=NOW - 30 * MINUTE)
    assert made("di RT 02", LONG_AGO, cases=(PAUSED, other)).ticket == OTHER
    # Another case was opened since: what follows belongs there.
    assert made("di RT 02", replace(JUST, ticket=OTHER), cases=(PAUSED,)).rule is Rule.JOIN


def test_in_public_no_answer_tells_of_a_case() -> None:
    for text in ("jalan rusak", f"BALAS {TICKET} sudah", f"SELESAI {TICKET}"):
        decision = made(text, named=DONE, fits=True, private=False, unclear=Unclear.BOTH)
        assert (decision.say, decision.question) == (Say.PUBLIC, None)
    assert made(f"CEK {TICKET}", named=OPEN, private=False).say is Say.PUBLIC_CHECK


SURVEY = Survey("h", "paser/dinkes")


def answers_of(decision: Decision) -> tuple[int | None, ...]:
    assert decision.survey is not None
    return decision.survey.answers


def test_a_survey_is_answered_one_by_one_or_at_once() -> None:
    word = f"SURVEI K-{TICKET}"
    assert line(made(word, survey=SURVEY)) == (Rule.SURVEY, Do.NOTHING, Say.SURVEY_STARTED)
    assert made(word, survey=SURVEY).asked is Asked.SURVEY
    whole = made(f"{word} 343444343", survey=SURVEY)
    assert line(whole) == (Rule.SURVEY, Do.SURVEY, Say.SURVEY_DONE)
    assert answers_of(whole) == NINE
    waits = Talk(asked=Asked.SURVEY, asked_at=NOW)
    survey = SURVEY
    for place, answer in enumerate(NINE, start=1):
        step = made(str(answer), waits, survey=survey)
        assert (step.rule, step.do) == (
            Rule.SURVEY_ANSWER,
            Do.SURVEY if place == 9 else Do.NOTHING,
        )
        assert step.survey is not None
        survey = step.survey
    assert survey.answers == NINE
    assert answers_of(made("3 4, 0", waits, survey=SURVEY)) == (3, 4, None)


@pytest.mark.parametrize(
    ("text", "survey", "say"),
    [
        (f"SURVEI K-{TICKET}", None, Say.SURVEY_UNKNOWN),
        (f"SURVEI K-{TICKET}", replace(SURVEY, used=True), Say.SURVEY_USED),
        (f"SURVEI K-{TICKET}", replace(SURVEY, answers=(3, 4)), Say.SURVEY_ASK),
        (f"SURVEI K-{TICKET} 3434443431", SURVEY, Say.SURVEY_AGAIN),
        (f"SURVEI K-{TICKET} 000000000", SURVEY, Say.SURVEY_NONE),
        ("SURVEI", None, Say.SURVEY_HOW),
        ("5", SURVEY, Say.SURVEY_AGAIN),
        ("\u0663", SURVEY, Say.SURVEY_ASK),  # an Arabic three
    ],
)
def test_what_a_survey_cannot_take_is_told(text: str, survey: Survey | None, say: Say) -> None:
    talk = Talk(asked=Asked.SURVEY, asked_at=NOW)
    assert made(text, talk, survey=survey).say is say


def test_a_report_in_the_middle_of_a_survey_is_a_report() -> None:
    talk = Talk(asked=Asked.SURVEY, asked_at=NOW)
    assert made("lampu di depan puskesmas mati", talk, survey=SURVEY).do is Do.OPEN
    assert surveying.digits_in("3 4 lampu") is None


def test_what_hangs_on_a_message_is_never_nothing() -> None:
    voice = Message(provider_id="1", account="2", sender="3", media=(Media(MediaKind.AUDIO, "r"),))
    assert bodies.of_report("", voice, 0, 1) == (
        "(Tanpa keterangan: pesan suara)\n(1 lampiran tidak dapat disimpan)"
    )
    assert bodies.of_act("", voice, 0, 0) == "(pesan suara)"
    assert bodies.of_act("", replace(voice, point=Point(-1.9, 116.2, "Pasar")), 0, 0) == (
        "Lokasi: -1.900000, 116.200000 Pasar"
    )
    assert bodies.pieces("abc", 2) == ["ab", "c"]
    assert bodies.pieces("", 2) == [""]


TIMES = st.none() | st.timedeltas(timedelta(-9), timedelta(9)).map(lambda away: NOW + away)
TEXTS = (
    st.text(max_size=60)
    | st.sampled_from(["STOP", "LAPOR", f"BALAS {TICKET} x", "NILAI 5", "SURVEI", "3434", "halo"])
    | st.text("LAPORCEKBLS 7KQ42MX-12345", max_size=40)
)
CASES = st.builds(
    Case,
    st.sampled_from([TICKET, OTHER]),
    st.sampled_from(Status),
    open=st.booleans(),
    paused=st.booleans(),
    allowed=st.frozensets(st.sampled_from(CitizenAct)),
    asked_at=TIMES,
)
TALKS = st.builds(
    Talk,
    st.sampled_from([None, "paser"]),
    st.sampled_from(Language),
    st.sampled_from([None, TICKET]),
    TIMES,
    st.booleans(),
    st.none() | st.sampled_from(Asked),
    TIMES,
    st.sampled_from([None, "h"]),
    TIMES,
)
SURVEYS = st.builds(
    Survey,
    st.just("h"),
    st.just("paser/dinkes"),
    st.lists(st.none() | st.integers(1, 4), max_size=8).map(tuple),
    st.booleans(),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_message_in_any_talk_gets_a_decision(data: st.DataObject) -> None:
    text = data.draw(TEXTS)
    message = Message(
        provider_id="1",
        account="2",
        sender="3",
        text=text,
        media=data.draw(st.sampled_from([(), PHOTO])),
        point=data.draw(st.sampled_from([None, Point(0, 0)])),
        removed=data.draw(st.booleans()),
        edited=data.draw(st.booleans()),
    )
    maybe = st.none() | CASES
    facts = Facts(
        said=keywords.read(text, CODES),
        region=data.draw(st.sampled_from([None, "paser"])),
        named_region=data.draw(st.sampled_from([None, "paser"])),
        region_only=data.draw(st.booleans()),
        cases=tuple(data.draw(st.lists(CASES, max_size=3))),
        named=data.draw(maybe),
        own=data.draw(st.booleans()),
        fits=data.draw(st.booleans()),
        referred=data.draw(maybe),
        held=data.draw(st.booleans()),
        wait=data.draw(st.integers(0, 900)),
        opening=data.draw(st.sampled_from([None, "h"])),
        unclear=data.draw(st.none() | st.sampled_from(Unclear)),
        survey=data.draw(st.none() | SURVEYS),
        flood=data.draw(st.booleans()),
        private=data.draw(st.booleans()),
    )
    talk = data.draw(TALKS)
    decision = decide(talk, message, facts, NOW)
    # What the shell relies on, and what no decision may do.
    assert (decision.do is Do.ACT) == (decision.act is not None)
    assert decision.do is not Do.ACT or decision.ticket is not None
    if decision.do is Do.OPEN:
        assert facts.region or facts.said.region or decision.region
    if decision.do is Do.SURVEY:
        assert len(answers_of(decision)) == len(surveying.ELEMENTS)
    if not facts.private:
        assert decision.question is None
        assert (
            decision.say is None
            or decision.ticket is None
            or decision.say.name.startswith("PUBLIC")
        )
    if talk.stopped:
        assert decision.question is None
