"""Kannel: secrets in the path, charsets, pieces, and delivery reports."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.ingest.channels.adapters.kannel import ADAPTER
from services.ingest.channels.message import (
    Aside,
    Delivery,
    HookAnswer,
    HookKeys,
    Message,
    Part,
    Receipt,
    Why,
)
from shared.contracts.enums import Channel
from tests.recorded import keys, one, read
from tests.recorded.kannel import CALLS, SECRETS, SMS, by_get, by_post, without

KN = Channel.KANNEL
KEYS = keys(KN)
AT = datetime(2025, 11, 21, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", ["get", "post", "delivered"])
def test_the_secret_of_the_path(name: str) -> None:
    call = CALLS[name]
    for secret in SECRETS:
        assert ADAPTER.authentic(replace(call, path_secret=secret), KEYS)
    for wrong in (None, "", "Test-Path-Secret", SECRETS[0][:-1], SECRETS[0] + " "):
        assert not ADAPTER.authentic(replace(call, path_secret=wrong), KEYS)
    assert not ADAPTER.authentic(call, HookKeys())
    assert not ADAPTER.authentic(replace(call, path_secret=""), HookKeys(("",)))


def test_an_answer_without_a_word() -> None:
    assert ADAPTER.accepted() == HookAnswer(200, b"", "text/plain")


def test_a_message() -> None:
    assert one(KN, CALLS["get"]) == Message(
        provider_id="6f1c0d2e-0001",
        account="1708",
        sender="+6281200000001",
        text="LAPOR jalan rusak & bau",
        sent_at=AT,
    )


@pytest.mark.parametrize("name", ["post", "post in ucs-2"])
def test_a_posted_message_is_the_same(name: str) -> None:
    got, posted = one(KN, CALLS["get"]), one(KN, CALLS[name])
    assert replace(posted, provider_id=got.provider_id) == got
    assert one(KN, CALLS["post with id"]).provider_id == "77"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("get in ucs-2", "Lampu é mati ✓"),
        ("get in latin-1", "Café rusak"),
        ("get in utf-8", "Café ✓ 😀"),
    ],
)
def test_charsets_that_nobody_names(name: str, text: str) -> None:
    assert one(KN, CALLS[name]).text == text


def test_a_charset_that_is_named() -> None:
    text = "Лампа не горит"
    call = by_get({"text": text.encode("utf-16-be")}, **without("text"), charset="UTF16-BE")
    assert one(KN, call).text == text
    odd = by_get({"text": "Café".encode("latin-1")}, **without("text"), charset="UTF-8")
    assert one(KN, odd).text == "Café"
    assert one(KN, by_post(b"\x00L\x00", "text/plain; charset=zip")).text == "L"


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("get part", Part("170", 2, 3)),
        ("get part 16 bit", Part("300", 1, 3)),
        ("get part in hexadecimal", Part("170", 2, 3)),
        ("get port and part", Part("170", 3, 3)),
        ("post part", Part("170", 2, 3)),
        ("get ringtone", None),
    ],
)
def test_pieces(name: str, part: Part | None) -> None:
    assert one(KN, CALLS[name]).part == part


@pytest.mark.parametrize("header", ["05", "0500", "050003AA0303FF", "050003AA0204", "ZZ", "FFFF"])
def test_a_broken_header_makes_no_piece(header: str) -> None:
    found = one(KN, by_get(**SMS | {"udh": header}))
    assert found.part is None or found.part == Part("170", 3, 3)


def test_without_an_id_a_repeat_is_known_by_its_words_and_its_minute() -> None:
    call = CALLS["get without id"]
    first = one(KN, call)
    assert one(KN, replace(call, received_at=AT + timedelta(hours=3))) == first
    for changed in ({"t": "2025-11-21 12:01"}, {"text": "lain"}, {"from": "+6281200000002"}):
        other = one(KN, by_get(**without("id") | changed))
        assert other.provider_id != first.provider_id


def test_without_id_and_time_the_same_words_count_again_later() -> None:
    call = by_get(**without("id", "t"))
    first = one(KN, call).provider_id
    soon, later = (
        one(KN, replace(call, received_at=call.received_at + timedelta(minutes=wait))).provider_id
        for wait in (1, 60)
    )
    assert soon == first != later


@pytest.mark.parametrize(("zone", "hour"), [("UTC", 12), ("Asia/Jakarta", 5), ("Asia/Jayapura", 3)])
def test_times_are_of_the_zone(zone: str, hour: int) -> None:
    assert one(KN, CALLS["get"], zone=zone).sent_at == AT.replace(hour=hour)


def test_other_times() -> None:
    assert one(KN, CALLS["unix time"]).sent_at == AT
    for zone in ("Mars/Phobos", "../etc", ""):
        assert one(KN, CALLS["get"], zone=zone).sent_at is None


@pytest.mark.parametrize(
    ("name", "delivery", "reason"),
    [
        ("delivered", Delivery.DELIVERED, None),
        ("failed", Delivery.FAILED, "dlr-2"),
        ("expired", Delivery.FAILED, "dlr-34"),
        ("refused by the centre", Delivery.FAILED, "dlr-16"),
        ("buffered", Delivery.SENT, None),
        ("accepted", Delivery.SENT, None),
    ],
)
def test_reports(name: str, delivery: Delivery, reason: str | None) -> None:
    at = AT + timedelta(minutes=1)
    assert read(KN, CALLS[name]) == [Receipt("T-1", delivery, at, reason)]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("advertisement", Why.MACHINE),
        ("short code", Why.MACHINE),
        ("nobody", Why.UNKNOWN),
        ("no report", Why.UNKNOWN),
        ("report of nothing", Why.UNKNOWN),
    ],
)
def test_what_is_left_aside(name: str, why: Why) -> None:
    assert read(KN, CALLS[name]) == [Aside(why)]
