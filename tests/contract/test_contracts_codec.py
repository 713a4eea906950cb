"""CloudEvents in and out: old samples decode for ever, bad messages are named, never quoted."""

import json
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.contracts.codec import (
    EVENT_TYPES,
    RawMessage,
    decode,
    event_id_of,
    header_map,
    headers_of,
)
from shared.contracts.export import json_schema
from shared.contracts.feedback import CitizenActed, FeedbackReceived
from shared.contracts.topics import Topic
from shared.errors import InvalidMessageError
from tests import wire

SAMPLES = sorted((Path(__file__).parent / "samples").glob("v*/*/*.json"))
RECEIVED = "tanggap.feedback.received.v1"
# What a citizen could have written anywhere: it may show up in no reason, detail or traceback.
PLANTED = "Budi Santoso 0812-3456-7890"


def _id(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def _raw(sample: Any) -> RawMessage:
    headers = header_map((name, value.encode()) for name, value in sample["headers"].items())
    value = json.dumps(sample["value"], ensure_ascii=False).encode()
    return RawMessage(sample["topic"], 0, 0, 0, sample["key"].encode(), value, headers)


# -- samples --------------------------------------------------------------------------------------


def test_every_type_has_samples() -> None:
    assert {path.parent.name for path in SAMPLES} == set(EVENT_TYPES)


@pytest.mark.parametrize("path", SAMPLES, ids=_id)
def test_a_sample_decodes_for_ever(path: Path) -> None:
    sample = json.loads(path.read_text())
    event = decode(_raw(sample))
    assert event.envelope.type == path.parent.name == sample["headers"]["ce_type"]
    assert event.envelope.subject == sample["key"]
    assert event.envelope.time.utcoffset() == UTC.utcoffset(None)
    assert type(event.data) is EVENT_TYPES[event.envelope.type]
    # Nothing of it is lost or read as something else: what was there is still there.
    for name, value in sample["value"].items():
        assert _same(event.data.as_json()[name], value), name


def _sample(name: str) -> Any:
    return decode(_raw(json.loads((SAMPLES[0].parents[1] / name).read_text()))).data


def test_clocks_start_when_it_was_sent_and_latency_when_it_came() -> None:
    sent = datetime(2026, 11, 15, 22, 40, tzinfo=UTC)
    came = datetime(2026, 11, 16, 1, 12, 9, tzinfo=UTC)
    late = _sample("tanggap.feedback.received.v1/complaint_sent_earlier.json")
    assert (late.starts_at, late.received_at) == (sent, came)
    prompt = _sample("tanggap.feedback.received.v1/complaint_least.json")
    assert prompt.starts_at == prompt.received_at
    opened = _sample("tanggap.case.opened.v1/sent_earlier.json")
    assert (opened.received_at, opened.known_at) == (sent, came)
    plain = _sample("tanggap.case.opened.v1/at_the_unit.json")
    assert plain.known_at == plain.received_at


def _same(found: Any, written: Any) -> bool:
    """Equal as JSON, times by the instant they mean."""
    if isinstance(written, dict):
        return all(_same(found[name], value) for name, value in written.items())
    if isinstance(written, str) and written[:2] == "20" and "T" in written:
        return datetime.fromisoformat(found) == datetime.fromisoformat(written)
    return bool(found == written)


@pytest.mark.parametrize("path", SAMPLES, ids=_id)
def test_a_sample_is_what_the_exported_schema_describes(path: Path) -> None:
    sample = json.loads(path.read_text())
    jsonschema.validate(sample["value"], json_schema(path.parent.name))


# -- round trip -----------------------------------------------------------------------------------


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_decoding_gives_back_what_was_encoded(event_type: str) -> None:
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(wire.instances(EVENT_TYPES[event_type]))
    def check(data: Any) -> None:
        event = decode(wire.message(event_type, data))
        assert event.data == data
        assert event.data.encode() == data.encode()
        assert event.envelope == wire.envelope(event_type)

    check()


@settings(max_examples=30)
@given(st.datetimes(timezones=st.sampled_from(wire.ZONES)), st.text(min_size=1, max_size=20))
def test_the_envelope_survives_as_well(time: datetime, subject: str) -> None:
    found = wire.envelope(RECEIVED, time=time, subject=subject)
    try:
        headers = headers_of(found)
    except OverflowError:  # within a day of the year 1 or 9999
        return
    raw = wire.message(RECEIVED, _received(), headers={n: v.encode() for n, v in headers.items()})
    envelope = decode(raw).envelope
    assert (envelope.time, envelope.subject) == (time, subject)


# -- strict producers, lenient consumers ----------------------------------------------------------


def _received(**changes: Any) -> FeedbackReceived:
    values = {
        "ticket": "H6KW-34RF",
        "form": "complaint",
        "channel": "web",
        "region": "paser",
        "received_at": wire.NOW,
    }
    return FeedbackReceived.model_validate({**values, **changes})


def test_producers_cannot_send_what_the_contract_does_not_know() -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        _received(village="Jone")


def test_consumers_pass_over_the_fields_of_a_newer_producer() -> None:
    value = _received(location={"lat": -1.9}).as_json()
    value["village"] = "Jone"
    value["location"]["accuracy"] = 12
    raw = wire.message(RECEIVED, json.dumps(value).encode())
    assert decode(raw).data == _received(location={"lat": -1.9})


def test_events_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        _received().text = "other"


@pytest.mark.parametrize(
    ("form", "ticket", "receipt"),
    [
        ("complaint", None, None),
        ("survey", "T", None),
        ("complaint", None, "S"),
        ("survey", "T", "S"),
    ],
)
def test_a_complaint_has_a_ticket_and_a_survey_a_receipt(
    form: str, ticket: str | None, receipt: str | None
) -> None:
    with pytest.raises(ValidationError, match="never both"):
        _received(form=form, ticket=ticket, receipt=receipt)


def test_the_reference_is_the_ticket_or_the_receipt() -> None:
    assert _received().reference == "H6KW-34RF"
    assert _received(form="survey", ticket=None, receipt="S-1").reference == "S-1"


# -- bad messages ---------------------------------------------------------------------------------

HEADERS = ["ce_id", "ce_specversion", "ce_type", "ce_source", "ce_time", "ce_subject"]


def _refused(raw: RawMessage) -> InvalidMessageError:
    with pytest.raises(InvalidMessageError) as caught:
        decode(raw)
    error = caught.value
    told = "".join(traceback.format_exception(error)) + repr(error.args)
    assert PLANTED not in told
    assert PLANTED not in error.reason + error.detail
    assert error.reason.replace("-", "").isalpha()
    assert len(error.detail) <= 200
    return error


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("value", [None, b""])
def test_a_missing_header_is_named(name: str, value: bytes | None) -> None:
    error = _refused(wire.message(RECEIVED, _received(text=PLANTED), headers={name: value}))
    assert (error.reason, error.detail) == ("missing-header", name)


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_is_no_text_is_bad(name: str) -> None:
    raw = wire.message(RECEIVED, _received(), headers={name: b"\xff\xfe" + PLANTED.encode()})
    # Without a readable id an event has none.
    assert _refused(raw).reason == ("missing-header" if name == "ce_id" else "bad-header")


@pytest.mark.parametrize(
    "found",
    ["0.3", "1.1", "2.0", PLANTED],
)
def test_another_version_of_cloudevents_is_unknown(found: str) -> None:
    raw = wire.message(RECEIVED, _received(), headers={"ce_specversion": found.encode()})
    assert _refused(raw).reason == "unknown-version"


@pytest.mark.parametrize(
    "found",
    [
        "tanggap.feedback.received.v2",
        "tanggap.feedback.classified.v1",
        "tanggap.case.opened.v1",
        "TANGGAP.FEEDBACK.RECEIVED.V1",
        PLANTED,
    ],
)
def test_a_type_that_does_not_belong_to_the_topic_is_unknown(found: str) -> None:
    raw = wire.message(RECEIVED, _received(), headers={"ce_type": found.encode()})
    assert _refused(raw).reason == "unknown-type"


def test_a_topic_we_do_not_know_carries_no_type() -> None:
    raw = wire.message(RECEIVED, _received())
    strange = RawMessage("other.v1", 0, 0, 0, raw.key, raw.value, raw.headers)
    assert _refused(strange).reason == "unknown-type"


@pytest.mark.parametrize(
    "found",
    [
        "yesterday",
        PLANTED,
        "2026-11-16",
        "2026-11-16T01:12:09",
        "2026-13-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-11-16T01:12:09+99:00",
    ],
)
def test_a_time_without_meaning_is_bad(found: str) -> None:
    error = _refused(wire.message(RECEIVED, _received(), headers={"ce_time": found.encode()}))
    assert error.reason == "bad-header"
    assert error.detail.startswith("ce_time")


@pytest.mark.parametrize("found", ["2026-11-16T09:12:09+08:00", "2026-11-16T01:12:09Z"])
def test_times_are_read_in_utc(found: str) -> None:
    event = decode(wire.message(RECEIVED, _received(), headers={"ce_time": found.encode()}))
    assert event.envelope.time == datetime(2026, 11, 16, 1, 12, 9, tzinfo=UTC)


@pytest.mark.parametrize("found", ["x" * 65, "with\nline", "with\x00nul", "with\u200bnothing"])
def test_an_id_that_cannot_be_stored_is_none(found: str) -> None:
    raw = wire.message(RECEIVED, _received(), headers={"ce_id": found.encode()})
    assert event_id_of(raw) is None
    assert _refused(raw).reason == "missing-header"


def test_an_empty_value_is_bad() -> None:
    assert _refused(wire.message(RECEIVED, None)).reason == "empty-value"


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"not json " + PLANTED.encode(),
        b"\xff\xfe\x00",
        b'{"text": "' + PLANTED.encode() + b"\xc3",
        b"[]",
        b"null",
        b'"' + PLANTED.encode() + b'"',
        b'{"text": "\\ud800"}',
        b"[" * 5_000,
        b'{"a":' * 5_000,
        b"\x00" * 1_000_000,
    ],
)
def test_a_value_that_is_not_the_models_json_is_bad(value: bytes) -> None:
    assert _refused(wire.message(RECEIVED, value)).reason == "invalid-value"


@pytest.mark.parametrize(
    "change",
    [
        {"region": PLANTED},
        {"region": None},
        {"received_at": PLANTED},
        {"received_at": "2026-11-16T01:12:09"},
        {"opd_asked": PLANTED},
        {"channel": PLANTED},
        {"text": {PLANTED: PLANTED}},
        {"answers": {PLANTED: 3}},
        {"answers": {"waktu": PLANTED}},
        {"answers": {"waktu": 5}},
        {"location": {"lat": float("nan")}},
        {"location": {"address": PLANTED * 100}},
        {"respondent": {"age": PLANTED}},
        {"files": -1},
        {"ticket": None},
    ],
)
def test_a_bad_field_is_named_but_never_quoted(change: dict[str, Any]) -> None:
    value = _received(text=PLANTED).as_json() | change
    error = _refused(wire.message(RECEIVED, json.dumps(value).encode()))
    assert error.reason == "invalid-value"
    assert error.detail.startswith((*change, ": "))


@given(st.binary(max_size=200), st.sampled_from(list(Topic)))
def test_whatever_arrives_is_an_event_or_invalid(value: bytes, topic: Topic) -> None:
    kind = next(kind for kind in EVENT_TYPES if wire.topic_of(kind) is topic)
    with pytest.raises(InvalidMessageError):
        decode(wire.message(kind, value))


@given(st.dictionaries(st.sampled_from(HEADERS), st.binary(max_size=80)))
def test_whatever_the_headers_hold_is_an_event_or_invalid(headers: dict[str, bytes]) -> None:
    raw = wire.message(RECEIVED, _received(), headers=dict(headers))
    try:
        decode(raw)
    except InvalidMessageError as error:
        assert error.reason in {"missing-header", "bad-header", "unknown-version", "unknown-type"}  # noqa: PT017


# -- headers --------------------------------------------------------------------------------------


def test_the_last_of_equal_headers_counts_and_a_header_may_be_empty() -> None:
    assert header_map([("a", b"1"), ("b", None), ("a", b"2")]) == {"a": b"2", "b": b""}
    assert header_map(None) == {}


def test_headers_are_those_of_the_kafka_binding() -> None:
    headers = headers_of(wire.envelope("tanggap.citizen.acted.v1"))
    assert headers["ce_specversion"] == "1.0"
    assert headers["content-type"] == headers["ce_datacontenttype"] == "application/json"
    assert headers["ce_partitionkey"] == headers["ce_subject"]
    assert not any(name in CitizenActed.model_fields for name in headers)
