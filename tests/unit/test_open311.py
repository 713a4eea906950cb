"""GeoReport v2 without a server: what is asked for, what is filed, and both ways of writing it."""

from datetime import UTC, datetime
from xml.etree.ElementTree import fromstring

import orjson
import pytest

from services.ingest.open311.asking import Open311Error, asked, moment
from services.ingest.open311.catalogue import definition, service_list
from services.ingest.open311.filing import command_of, sender_of
from services.ingest.open311.formats import DEFINITION, ERRORS, REQUESTS, Format, Value, render
from shared.contracts.enums import Category
from shared.db.read.directory import directory_of_seed

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DIRECTORY = directory_of_seed()
PASER = {"jurisdiction_id": "paser"}
REPORT = PASER | {"service_code": "jalan_jembatan", "lat": "-1.9", "long": "116.2"}


def test_an_answer_is_the_same_in_both_formats() -> None:
    value: Value = [{"service_request_id": "A", "lat": -1.5, "description": None}]
    assert orjson.loads(render(value, REQUESTS, Format.JSON)) == value
    root = fromstring(render(value, REQUESTS, Format.XML))
    assert root.tag == "service_requests"
    assert [(found.tag, found.text) for found in root[0]] == [
        ("service_request_id", "A"),
        ("lat", "-1.5"),
        ("description", None),
    ]
    nested = fromstring(render(definition(Category.LAINNYA, ()), DEFINITION, Format.XML))
    assert [found.findtext("code") for found in nested.findall("attributes/attribute")] == [
        "opd",
        "occurred_on",
        "anonymous",
        "confidential",
    ]
    assert nested.findtext("attributes/attribute/variable") == "true"
    assert nested.findtext("attributes/attribute[3]/values/value/key") == "true"


def test_xml_holds_whatever_stood_in_a_text() -> None:
    said = "<b>&\x00\x1b\ud800￿ 😀"
    value: Value = [{"code": 400, "description": said}]
    root = fromstring(render(value, ERRORS, Format.XML))
    assert root.findtext("error/description") == "<b>& 😀"


def test_every_category_is_a_service() -> None:
    codes = [found["service_code"] for found in service_list() if isinstance(found, dict)]
    assert codes == [category.value for category in Category]


@pytest.mark.parametrize(
    ("params", "first", "last"),
    [
        ({}, "2026-08-25T02:00", "2026-11-23T02:00"),
        ({"start_date": "2026-11-01T00:00:00+08:00"}, "2026-10-31T16:00", "2026-11-23T02:00"),
        ({"start_date": "2026-11-01T00:00:00 08:00"}, "2026-10-31T16:00", "2026-11-23T02:00"),
        ({"end_date": "2026-03-31"}, "2025-12-31T16:00", "2026-03-31T16:00"),
        (
            {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-01-31T00:00:00Z"},
            "2026-01-01T00:00",
            "2026-01-31T00:00",
        ),
    ],
)
def test_a_span_is_at_most_90_days(params: dict[str, str], first: str, last: str) -> None:
    found = asked(PASER | params, DIRECTORY, NOW)
    assert found.first == datetime.fromisoformat(first).replace(tzinfo=UTC)
    assert found.last == datetime.fromisoformat(last).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"jurisdiction_id": ""}, 400),
        ({"jurisdiction_id": "bandung"}, 404),
        ({"service_code": "jalan_jembatan,none"}, 404),
        ({"status": "half"}, 400),
        ({"start_date": "yesterday"}, 400),
        ({"start_date": "0001-01-01"}, 400),
        ({"end_date": "9999-12-31"}, 400),
        ({"end_date": "0001-01-02T00:00:00Z"}, 400),
        ({"start_date": "2026-01-01", "end_date": "2026-06-01"}, 400),
        ({"start_date": "2026-06-01", "end_date": "2026-01-01"}, 400),
        ({"page": "0"}, 400),
        ({"page_size": "1001"}, 400),
        ({"page": "١"}, 400),
    ],
)
def test_a_wrong_filter_is_named(params: dict[str, str], status: int) -> None:
    with pytest.raises(Open311Error) as caught:
        asked(PASER | params, DIRECTORY, NOW)
    assert (caught.value.status, bool(caught.value.description)) == (status, True)


def test_filters_are_read() -> None:
    params = PASER | {"service_code": "jalan_jembatan, lainnya", "status": "closed", "page": "3"}
    found = asked(params | {"page_size": "20"}, DIRECTORY, NOW)
    assert found.categories == (Category.JALAN_JEMBATAN, Category.LAINNYA)
    assert (found.open, found.offset, found.size) == (False, 40, 20)
    assert asked(PASER | {"status": "open,closed"}, DIRECTORY, NOW).open is None
    assert asked(PASER | {"service_request_id": "nonsense"}, DIRECTORY, NOW).tickets == ()


def test_a_report_becomes_a_complaint() -> None:
    fields = REPORT | {
        "description": "Jalan berlubang",
        "first_name": "Siti",
        "last_name": "Aminah",
        "phone": "081234567890",
        "media_url": "https://foto.example/1.jpg",
        "attribute[opd]": "paser/dpupr",
        "attribute[occurred_on]": "2026-11-20T23:00:00Z",
        "attribute[anonymous]": "true",
    }
    command = command_of(fields, DIRECTORY)
    assert command.text == "Jalan berlubang\n\nLampiran: https://foto.example/1.jpg"
    assert (command.category, command.opd) == (Category.JALAN_JEMBATAN, "paser/dpupr")
    assert command.location is not None
    assert (command.location.lat, command.location.lon) == (-1.9, 116.2)
    assert command.reporter is not None
    assert command.reporter.name == "Siti Aminah"
    assert str(command.occurred_on) == "2026-11-21"
    assert (command.anonymous, command.confidential) == (True, False)


def test_a_report_without_words_says_what_its_service_says() -> None:
    fields = PASER | {"service_code": "penerangan_jalan", "address_string": "Jalan Sudirman"}
    assert command_of(fields, DIRECTORY).text == "Lampu jalan (tanpa uraian). Jalan Sudirman"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"service_code": ""}, 400),
        ({"service_code": "none"}, 404),
        ({"jurisdiction_id": ""}, 400),
        ({"lat": "", "long": ""}, 400),
        ({"lat": "", "long": "", "address_id": "7"}, 400),
        ({"description": "x" * 4001}, 400),
        ({"media_url": "file:///etc/passwd"}, 400),
        ({"attribute[colour]": "red"}, 400),
    ],
)
def test_a_wrong_report_is_named(changes: dict[str, str], status: int) -> None:
    with pytest.raises(Open311Error) as caught:
        command_of(REPORT | changes, DIRECTORY)
    assert caught.value.status == status


def test_only_who_says_something_of_themselves_can_repeat() -> None:
    assert sender_of(REPORT) is None
    assert sender_of(REPORT | {"device_id": "a"}) != sender_of(REPORT | {"account_id": "a"})


@pytest.mark.parametrize("text", ["", "2026-13-01", "2026-11-20T", " ", "+", "2026-11-20T1 1"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        moment(text, DIRECTORY.zone("paser"))
