"""Answers fit into one SMS, whatever is filled in, in every language."""

import re
from datetime import UTC, datetime

import pytest

from services.ingest.talks import words
from services.ingest.talks.surveying import ELEMENTS
from services.ingest.talks.values import Say
from shared.contracts.enums import Language, Status
from shared.db.read.directory import directory_of_seed

# The basic set of GSM 03.38 without what is not ASCII: one septet each.
GSM = re.compile(r"[A-Za-z0-9 \n@$!\"#%&'()*+,\-./:;<=>?_]*")
TICKET = "7KQ4-2MXR"
LONGEST = {
    "ticket": TICKET,
    "code": "AHJ234",
    "day": "30 Mei 2026",
    "receipt": f"S-{TICKET}",
    "minutes": 15,
    "n": 9,
}
QUESTIONS = ("ask_place", "ask_agency", "ask_both", "ask_what")
every_language = pytest.mark.parametrize("language", words.LANGUAGES)


def fits(text: str) -> bool:
    return len(text) <= words.ONE_SMS and GSM.fullmatch(text) is not None


@every_language
def test_each_answer_fits_into_one_sms(language: Language) -> None:
    statuses = [words.word(status.value, language) for status in Status]
    questions = [words.question(language, place) for place in range(len(ELEMENTS))]
    longest = {"status": max(statuses, key=len), "question": max(questions, key=len)}
    for say in set(Say) - {Say.STATUS}:
        text = words.sentence(say, language, **LONGEST, **longest)
        assert fits(text), text
    opened = words.sentence(Say.OPENED, language, **LONGEST)
    for question in QUESTIONS:
        assert fits(words.asking(opened, question, language)), question


@every_language
@pytest.mark.parametrize("status", Status)
def test_the_status_of_a_case_fits_into_one_sms(language: Language, status: Status) -> None:
    for more in ({"asked": True}, {"contestable": True}, {}):
        text = words.status(
            language,
            TICKET,
            status,
            opd="Kecamatan Sepaku Lama Raya Timur",
            due="30 Mei 2026",
            **more,
        )
        assert fits(text), text
        assert TICKET in text


def test_every_sentence_has_all_languages_and_the_same_values() -> None:
    for key, sentences in words.words().items():
        assert len(sentences) == len(words.LANGUAGES), key
        assert all(sentences), key
        filled = {frozenset(re.findall(r"\{(\w+)\}", text)) for text in sentences}
        assert len(filled) == 1, key


def test_a_language_we_do_not_answer_in_is_answered_in_indonesian() -> None:
    assert words.word("help", Language.BUG) == words.word("help", Language.IND)


def test_a_day_is_the_last_one_of_the_deadline_in_the_region() -> None:
    region = directory_of_seed().region("paser")
    assert region is not None
    due = datetime(2026, 12, 3, 16, 0, tzinfo=UTC)
    assert words.last_day(due, region, Language.IND) == "3 Des 2026"
    assert words.last_day(due, region, Language.ENG) == "3 Dec 2026"
