"""Infobip: where the secret may be, messages and delivery reports."""

import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.ingest.channels.adapters.infobip import ADAPTER
from services.ingest.channels.message import (
    Aside,
    Delivery,
    HookKeys,
    Message,
    Receipt,
    Why,
)
from shared.contracts.enums import Channel
from tests.recorded import keys, one, read, with_header
from tests.recorded.infobip import CALLS, SECRETS, call, sms

IB = Channel.INFOBIP
KEYS = keys(IB)
CALL = CALLS["sms"]
BARE = replace(CALL, path_secret=None)


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_the_secret_is_in_the_path_in_basic_or_in_a_header() -> None:
    assert ADAPTER.authentic(CALL, KEYS)
    assert ADAPTER.authentic(replace(BARE, path_secret=SECRETS[1]), KEYS)
    assert ADAPTER.authentic(with_header(BARE, "authorization", basic("u:" + SECRETS[0])), KEYS)
    assert ADAPTER.authentic(with_header(BARE, "authorization", basic(SECRETS[1])), KEYS)
    assert ADAPTER.authentic(with_header(BARE, "x-tanggap-secret", SECRETS[0]), KEYS)
    own = keys(IB, secret_header="X-Own")
    assert ADAPTER.authentic(with_header(BARE, "x-own", SECRETS[0]), own)


@pytest.mark.parametrize("secret", ["", "Test-Path-Secret", "test-path-secre", "é", "\ud800"])
def test_another_secret_is_refused(secret: str) -> None:
    assert not ADAPTER.authentic(replace(BARE, path_secret=secret), KEYS)
    assert not ADAPTER.authentic(with_header(BARE, "x-tanggap-secret", secret), KEYS)


@pytest.mark.parametrize("header", ["", "Basic", "Basic !", "Basic /w==", basic("u:x"), "Bearer a"])
def test_another_login_is_refused(header: str) -> None:
    assert not ADAPTER.authentic(with_header(BARE, "authorization", header), KEYS)


def test_nothing_passes_without_a_secret_set() -> None:
    for unset in (HookKeys(), HookKeys(("",))):
        assert not ADAPTER.authentic(CALL, unset)
        assert not ADAPTER.authentic(replace(CALL, path_secret=""), unset)
        assert not ADAPTER.authentic(with_header(BARE, "authorization", basic(":")), unset)


def test_a_message() -> None:
    assert one(IB, CALL) == Message(
        provider_id="817879353105123451",
        account="+622150000000",
        sender="+6281200000001",
        text="LAPOR lampu mati 1",
        sent_at=datetime(2025, 11, 21, 4, 0, 0, 220000, tzinfo=UTC),
    )
    assert one(IB, CALLS["to a short code"]).account == "1708"


def test_everything_of_a_batch() -> None:
    found = read(IB, CALLS["batch"])
    assert [item.text[-1] for item in found if isinstance(item, Message)] == ["1", "2", "3"]
    assert found[2] == Aside(Why.UNKNOWN)


@pytest.mark.parametrize(
    ("name", "delivery", "reason"),
    [
        ("delivered", Delivery.DELIVERED, None),
        ("at the operator", Delivery.SENT, None),
        ("pending", Delivery.SENT, None),
        ("undeliverable", Delivery.FAILED, "EC_ABSENT"),
        ("rejected", Delivery.FAILED, "REJECTED_NO_ROUTE"),
    ],
)
def test_reports(name: str, delivery: Delivery, reason: str | None) -> None:
    at = datetime(2025, 11, 21, 4, 0, 5, tzinfo=UTC)
    assert read(IB, CALLS[name]) == [Receipt("M-1", delivery, at, reason)]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("advertisement", Why.MACHINE),
        ("short code", Why.MACHINE),
        ("new group", Why.UNKNOWN),
        ("nothing", Why.UNKNOWN),
    ],
)
def test_what_is_left_aside(name: str, why: Why) -> None:
    assert read(IB, CALLS[name]) == [Aside(why)]


def test_a_time_that_is_none_costs_only_the_time() -> None:
    for time in (None, 5, "", "2025-99-01T00:00:00.000+0000", "0001-01-01T00:00:00+1200"):
        assert one(IB, call(sms(receivedAt=time))).sent_at is None
