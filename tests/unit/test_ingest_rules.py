"""What the intake refuses and how it writes what it keeps."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest import rules
from services.ingest.commands import (
    ActOnComplaint,
    AnswerSurvey,
    FileComplaint,
    Place,
    Reporter,
    Statistics,
)
from services.ingest.refusals import Flaw
from shared.contracts.enums import CitizenAct, SKMElement
from shared.db.read.directory import directory_of_seed

DIRECTORY = directory_of_seed()
TODAY = date(2026, 11, 23)


def codes(flaws: list[Flaw]) -> list[tuple[str, str]]:
    return [(flaw.field, flaw.code) for flaw in flaws]


def complaint(**changes: object) -> FileComplaint:
    return FileComplaint.model_validate({"text": "Jalan rusak", "region": "paser"} | changes)


def test_a_plain_complaint_has_no_flaw() -> None:
    whole = complaint(
        opd="paser/dpupr",
        occurred_on=TODAY,
        location=Place(lat=-1.9, lon=116.2, address="Jalan Sudirman"),
        reporter=Reporter(
            name="Budi", phone="0812-3456-7890", email="b@contoh.id", nik="6401015708900003"
        ),
    )
    assert rules.complaint_flaws(whole, DIRECTORY, TODAY) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"text": ""}, ("text", "empty")),
        ({"text": " \n\t "}, ("text", "empty")),
        ({"text": "\u200b\u2060"}, ("text", "empty")),
        ({"text": "nul\x00di sini"}, ("text", "controls")),
        ({"text": "escape \x1b[31m"}, ("text", "controls")),
        ({"text": "c1 \x85"}, ("text", "controls")),
        ({"region": "jakarta"}, ("region", "unknown_region")),
        ({"opd": "paser/tidakada"}, ("opd", "unknown_opd")),
        ({"opd": "ppu/dinkes"}, ("opd", "foreign_opd")),
        ({"opd": "paser/ext-pln"}, ("opd", "external_opd")),
        ({"occurred_on": date(2026, 11, 24)}, ("occurred_on", "future")),
        ({"service": "a\nb"}, ("service", "controls")),
        ({"location": Place(address="a\x07")}, ("location.address", "controls")),
        ({"location": Place(lat=-1.9)}, ("location.lon", "missing")),
        ({"location": Place(lon=116.2)}, ("location.lat", "missing")),
        ({"reporter": Reporter(name="a\x00")}, ("reporter.name", "controls")),
        ({"reporter": Reporter(phone="1708")}, ("reporter.phone", "phone")),
        ({"reporter": Reporter(phone="TELKOMSEL")}, ("reporter.phone", "phone")),
        ({"reporter": Reporter(email="bukan surel")}, ("reporter.email", "email")),
        ({"reporter": Reporter(email="a\x00b@contoh.id")}, ("reporter.email", "controls")),
        ({"reporter": Reporter(nik="6401015708900000")}, ("reporter.nik", "nik")),
    ],
)
def test_each_flaw_names_its_field(changes: dict[str, object], expected: tuple[str, str]) -> None:
    assert codes(rules.complaint_flaws(complaint(**changes), DIRECTORY, TODAY)) == [expected]


def test_every_flaw_is_told_at_once() -> None:
    wrong = complaint(text="", occurred_on=date(2027, 1, 1), reporter=Reporter(phone="x"))
    found = codes(rules.complaint_flaws(wrong, DIRECTORY, TODAY))
    assert [field for field, _ in found] == ["text", "occurred_on", "reporter.phone"]


def test_the_length_counts_after_trimming() -> None:
    assert codes(list(rules.text_flaws("text", "a" * 10_000 + "  ", required=True))) == []
    assert codes(list(rules.text_flaws("text", "a" * 10_001, required=True))) == [
        ("text", "too_long")
    ]


@given(st.text())
def test_tidying_never_raises_and_twice_is_once(text: str) -> None:
    assert rules.tidy(rules.tidy(text)) == rules.tidy(text)
    list(rules.text_flaws("text", text, required=True))


def test_tidy_text_cannot_turn_its_order_around() -> None:
    assert rules.tidy(" a\u202eb\r\nc\u2066 ") == "ab\nc"


def test_tidy_text_holds_no_marks_that_part_a_name_unseen() -> None:
    assert rules.tidy("Zu\u200bbai\u00addah\ufeff@\u2060contoh.id") == "Zubaidah@contoh.id"
    assert rules.tidy("\U0001f468\u200d\U0001f469") == "\U0001f468\u200d\U0001f469"


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("0812 3456 7890", "+6281234567890"),
        ("62812-3456-7890", "+6281234567890"),
        ("+62 812 3456 7890", "+6281234567890"),
        ("812 3456 7890", "+6281234567890"),
        ("0541 738 123", "+62541738123"),
        ("+60 12-345 6789", "+60123456789"),
        ("110", None),
        ("1708", None),
        ("0812", None),
        ("08123456789012345", None),
        ("GOJEK", None),
        ("", None),
    ],
)
def test_phones_are_kept_in_international_form(written: str, stored: str | None) -> None:
    assert rules.e164(written) == stored


@pytest.mark.parametrize(
    ("nik", "good"),
    [
        ("6401011708900003", True),
        ("6401015708900003", True),  # a woman: day 57 is the 17th
        ("6401013208900003", False),
        ("6401017208900003", False),
        ("6401011713900003", False),
        ("6401011708900000", False),
        ("0401011708900003", False),
        ("640101170890000", False),
    ],
)
def test_a_nik_is_checked_by_its_build(nik: str, good: bool) -> None:
    assert rules.is_nik(nik) is good


def test_survey_flaws() -> None:
    def survey(**changes: object) -> list[tuple[str, str]]:
        values = {"region": "paser", "opd": "paser/dinkes", "answers": {SKMElement.WAKTU: 4}}
        return codes(rules.survey_flaws(AnswerSurvey.model_validate(values | changes), DIRECTORY))

    assert survey() == []
    assert survey(answers={}) == [("answers", "no_answers")]
    assert survey(opd="ppu/dinkes") == [("opd", "foreign_opd")]
    assert survey(comment="a\x00") == [("comment", "controls")]
    assert survey(comment="") == []
    assert survey(respondent=Statistics(occupation="a\x00")) == [
        ("respondent.occupation", "controls")
    ]


def test_act_flaws() -> None:
    def act(kind: CitizenAct, *, files: bool = False, **values: object) -> list[tuple[str, str]]:
        command = ActOnComplaint.model_validate({"code": "A", "act": kind} | values)
        return codes(rules.act_flaws(command, with_files=files))

    assert act(CitizenAct.ANSWER) == [("text", "empty")]
    assert act(CitizenAct.ADD, files=True) == []
    assert act(CitizenAct.NOT_DONE) == []
    assert act(CitizenAct.RATE) == [("score", "score_missing")]
    assert act(CitizenAct.RATE, score=5) == []
    assert act(CitizenAct.WITHDRAW, score=5) == [("score", "score_unexpected")]


@pytest.mark.parametrize(("key", "good"), [(None, True), ("a", True), ("a" * 128, True)])
def test_good_keys(key: str | None, good: bool) -> None:
    assert (rules.key_flaws(key) == []) is good


@pytest.mark.parametrize("key", ["", "  ", "a" * 129])
def test_bad_keys(key: str) -> None:
    assert codes(rules.key_flaws(key)) == [("Idempotency-Key", "key_length")]
