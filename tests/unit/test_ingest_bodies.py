"""Bodies: JSON taken strictly, form fields taken as text, each fault named by field and code."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.bodies import from_fields, from_json
from services.ingest.commands import ActOnComplaint, AnswerSurvey, FileComplaint
from services.ingest.refusals import Refusal, RefusedError
from shared.contracts.enums import Category

GOOD: dict[str, Any] = {"text": "Jalan rusak", "region": "paser"}
SURVEY: dict[str, Any] = {"region": "paser", "opd": "paser/dinkes", "answers": {"waktu": 3}}


def flaws(body: object) -> list[tuple[str, str]]:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    with pytest.raises(RefusedError) as error:
        from_json(FileComplaint, raw)
    assert error.value.refusal is Refusal.INVALID
    return [(flaw.field, flaw.code) for flaw in error.value.flaws]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", ("body", "json_invalid")),
        (b"{", ("body", "json_invalid")),
        (b'{"text": "\xff"}', ("body", "json_invalid")),
        (b'{"text": "\\ud800", "region": "paser"}', ("body", "json_invalid")),
        (b"[1]", ("body", "wrong_type")),
        (b'"text"', ("body", "wrong_type")),
        ({"region": "paser"}, ("text", "missing")),
        (GOOD | {"text": 5}, ("text", "wrong_type")),
        (GOOD | {"text": "a" * 10_001}, ("text", "string_too_long")),
        (GOOD | {"nama": "x"}, ("nama", "extra_forbidden")),
        (GOOD | {"category": "jalan"}, ("category", "enum")),
        (GOOD | {"occurred_on": "31-12-2026"}, ("occurred_on", "date")),
        (GOOD | {"location": {"lat": 91}}, ("location.lat", "less_than_equal")),
        (GOOD | {"location": {"lat": "x"}}, ("location.lat", "wrong_type")),
        (GOOD | {"anonymous": "yes"}, ("anonymous", "wrong_type")),
        (GOOD | {"reporter": {"alamat": "x"}}, ("reporter.alamat", "extra_forbidden")),
    ],
)
def test_each_fault_is_named(body: object, expected: tuple[str, str]) -> None:
    assert flaws(body) == [expected]


def test_answers_of_0_5_or_another_type_are_refused() -> None:
    for value, code in ((0, "greater_than_equal"), (5, "less_than_equal"), ("4", "wrong_type")):
        with pytest.raises(RefusedError) as error:
            from_json(AnswerSurvey, orjson.dumps(SURVEY | {"answers": {"waktu": value}}))
        assert [(f.field, f.code) for f in error.value.flaws] == [("answers.waktu", code)]
    with pytest.raises(RefusedError) as error:
        from_json(AnswerSurvey, orjson.dumps(SURVEY | {"answers": {"harga": 3}}))
    assert [(f.field, f.code) for f in error.value.flaws] == [("answers.harga", "enum")]


def test_a_score_outside_1_to_5_is_refused() -> None:
    for score in (0, 6, 1.5, True):
        with pytest.raises(RefusedError):
            from_json(ActOnComplaint, orjson.dumps({"code": "A", "act": "rate", "score": score}))


def test_a_form_says_the_same_as_json() -> None:
    whole = GOOD | {
        "category": "jalan_jembatan",
        "occurred_on": "2026-11-01",
        "location": {"lat": -1.9, "lon": 116.2, "address": "Pasar"},
        "reporter": {"name": "Budi"},
        "anonymous": True,
    }
    expected = from_json(FileComplaint, orjson.dumps(whole))
    flat = {
        "text": "Jalan rusak",
        "region": "paser",
        "opd": "",
        "category": "jalan_jembatan",
        "occurred_on": "2026-11-01",
        "location.lat": "-1.9",
        "location[lon]": "116.2",
        "location.address": "Pasar",
        "reporter": '{"name": "Budi"}',
        "anonymous": "true",
    }
    assert from_fields(FileComplaint, flat) == expected
    assert expected.category is Category.JALAN_JEMBATAN


def test_a_form_field_that_should_be_json_is_named() -> None:
    with pytest.raises(RefusedError) as error:
        from_fields(FileComplaint, GOOD | {"location": "{"})
    assert [(f.field, f.code) for f in error.value.flaws] == [("location", "json_invalid")]


@given(st.binary(max_size=200))
def test_any_bytes_are_a_command_or_a_refusal(raw: bytes) -> None:
    for model in (FileComplaint, AnswerSurvey, ActOnComplaint):
        with pytest.raises(RefusedError):
            from_json(model, raw)


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=5))
def test_any_fields_are_a_command_or_a_refusal(fields: dict[str, str]) -> None:
    with pytest.raises(RefusedError):
        from_fields(AnswerSurvey, fields)
