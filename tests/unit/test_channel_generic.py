"""Any other gateway: fields found by the names that options give them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.ingest.channels.adapters.generic import ADAPTER
from services.ingest.channels.message import (
    Aside,
    Delivery,
    HookKeys,
    MalformedError,
    Message,
    Part,
    Receipt,
    Why,
)
from shared.contracts.enums import Channel
from tests.recorded import keys, one, read
from tests.recorded.generic import CALLS, SECRETS, SMS, doc, form

GN = Channel.GENERIC
AT = datetime(2025, 11, 21, 4, 0, tzinfo=UTC)


def test_the_secret_of_the_path() -> None:
    call, live = CALLS["form"], keys(GN)
    for secret in SECRETS:
        assert ADAPTER.authentic(replace(call, path_secret=secret), live)
    for wrong in (None, "", "TEST-PATH-SECRET"):
        assert not ADAPTER.authentic(replace(call, path_secret=wrong), live)
    assert not ADAPTER.authentic(call, HookKeys())


def test_the_secret_of_a_field_counts_where_it_is_named() -> None:
    call = replace(CALLS["playsms"], path_secret=None)
    assert not ADAPTER.authentic(call, keys(GN))
    assert ADAPTER.authentic(call, keys(GN, secret_field="authcode"))
    assert not ADAPTER.authentic(call, keys(GN, secret_field="smsc"))
    assert not ADAPTER.authentic(call, HookKeys(("",), None, {"secret_field": "no"}))
    broken = replace(call, body=b"{", headers={"content-type": "application/json"})
    assert not ADAPTER.authentic(broken, keys(GN, secret_field="authcode"))


@pytest.mark.parametrize("name", ["form", "json", "get"])
def test_a_message(name: str) -> None:
    assert one(GN, CALLS[name]) == Message(
        provider_id="A-1",
        account="1708",
        sender="+6281200000001",
        text="LAPOR lampu mati",
        sent_at=AT,
    )


def test_a_document_that_names_no_type() -> None:
    found = one(GN, CALLS["no type"], account="022-123")
    assert (found.text, found.account) == ("CEK", "022-123")
    assert one(GN, CALLS["no type"]).account == "generic"


def test_dotted_names_lead_into_a_document() -> None:
    names = {"from": "data.sms.0.msisdn", "text": "data.sms.0.body", "id": "data.uid"}
    found = one(GN, CALLS["nested"], **names)
    assert (found.sender, found.text, found.provider_id) == ("+6281200000001", "CEK", "N-1")
    for wrong in ("data.sms.1.body", "data.sms.x", "data..sms", ".", "data.uid.a", "a" * 99):
        assert read(GN, CALLS["nested"], **names | {"text": wrong}) == [Aside(Why.UNKNOWN)]
    assert one(GN, doc({"a.b": "CEK", **SMS}), text="a.b").text == "CEK"


def test_lists() -> None:
    found = read(GN, CALLS["list"], list="items")
    assert [item.provider_id for item in found if isinstance(item, Message)] == ["A-1", "A-3"]
    assert found[2] == Aside(Why.UNKNOWN)
    assert len(read(GN, CALLS["bare list"])) == 2
    assert len(read(GN, CALLS["bare list"], list=".")) == 2


def test_what_the_body_lacks_is_looked_up_in_the_address() -> None:
    bare = {name: value for name, value in SMS.items() if name != "to"}
    for call in (form(bare, "?to=1709"), doc(bare, "?to=1709"), doc([bare], "?to=1709")):
        assert one(GN, call).account == "1709"


def test_renamed_fields_and_pieces() -> None:
    assert one(GN, CALLS["playsms"], text="message").text == "CEK"
    assert one(GN, CALLS["piece"]).part == Part("170", 1, 2)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("delivered", Receipt("T-1", Delivery.DELIVERED)),
        ("failed", Receipt("T-1", Delivery.FAILED, AT, "undeliv")),
        ("accepted", Receipt("T-1", Delivery.SENT, AT)),
        ("other status", Aside(Why.UNKNOWN)),
        ("advertisement", Aside(Why.MACHINE)),
        ("short code", Aside(Why.MACHINE)),
        ("nothing", Aside(Why.UNKNOWN)),
    ],
)
def test_what_is_no_message(name: str, expected: Receipt | Aside) -> None:
    assert read(GN, CALLS[name]) == [expected]


@pytest.mark.parametrize(
    "number", ["0812-0000-0001", "+62 812 0000 0001", "6281200000001", "(0812) 00000001"]
)
def test_numbers_as_people_write_them(number: str) -> None:
    assert one(GN, form(SMS | {"from": number})).sender == "+6281200000001"


def test_a_number_the_plan_does_not_know_is_still_a_persons() -> None:
    assert one(GN, form(SMS | {"from": "0899999999999"})).sender == "+62899999999999"
    assert one(GN, form(SMS | {"from": "+999123456789"})).sender == "+999123456789"


def test_a_broken_document_is_malformed() -> None:
    for body in (b"{", b"[1", b'{"a":'):
        with pytest.raises(MalformedError):
            read(GN, replace(CALLS["json"], body=body))
