"""Vonage: ways to sign, pieces of long messages, and delivery receipts."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.ingest.channels.adapters.vonage import ADAPTER
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
from services.ingest.channels.signatures import hmac_hex
from shared.contracts.enums import Channel
from tests.recorded import keys, one, post_form, post_json, read
from tests.recorded.vonage import CALLS, MD5, PATH, SECRETS, SHA256, SIGNED_TEXT, SMS

VO = Channel.VONAGE
KEYS = keys(VO)
SIGNED = CALLS["form"]
AT = datetime(2025, 11, 21, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", ["form", "get", "json"])
def test_the_published_hash_passes_however_it_is_sent(name: str) -> None:
    assert ADAPTER.authentic(CALLS[name], KEYS)
    assert ADAPTER.authentic(CALLS[name], HookKeys(("newer", SECRETS[0])))


def test_the_published_hmac_passes_in_either_case() -> None:
    for sig in (SHA256, SHA256.lower()):
        assert ADAPTER.authentic(post_form(PATH, {**SMS, "sig": sig}), keys(VO, method="sha256"))
    assert ADAPTER.authentic(post_form(PATH, {**SMS, "sig": MD5.upper()}), KEYS)


@pytest.mark.parametrize("method", ["md5", "sha1", "sha256", "sha512"])
def test_every_hmac(method: str) -> None:
    for secret in SECRETS:
        sig = hmac_hex(secret.encode(), SIGNED_TEXT.encode(), method)
        call = post_form(PATH, {**SMS, "sig": sig})
        assert ADAPTER.authentic(call, keys(VO, method=method.upper()))
        assert not ADAPTER.authentic(call, KEYS)


@pytest.mark.parametrize("name", sorted(SMS))
def test_a_changed_field_is_refused(name: str) -> None:
    changed = {**SMS, name: SMS[name][:-1] + chr(ord(SMS[name][-1]) ^ 1), "sig": MD5}
    assert not ADAPTER.authentic(post_form(PATH, changed), KEYS)


def test_nothing_passes_without_signature_secret_or_known_method() -> None:
    assert not ADAPTER.authentic(post_form(PATH, SMS), KEYS)
    assert not ADAPTER.authentic(post_form(PATH, {**SMS, "sig": ""}), KEYS)
    assert not ADAPTER.authentic(SIGNED, HookKeys())
    empty = hashlib.md5(SIGNED_TEXT.encode()).hexdigest()
    assert not ADAPTER.authentic(post_form(PATH, {**SMS, "sig": empty}), HookKeys(("",)))
    assert not ADAPTER.authentic(SIGNED, keys(VO, method="rot13"))
    assert not ADAPTER.authentic(post_form(PATH, {**SMS, "sig": MD5, "more": "1"}), KEYS)


def test_an_old_timestamp_is_refused() -> None:
    later = replace(SIGNED, received_at=SIGNED.received_at + timedelta(hours=24))
    assert ADAPTER.authentic(later, KEYS)  # Vonage repeats for a day
    assert not ADAPTER.authentic(later, keys(VO, tolerance_seconds="300"))
    much_later = replace(SIGNED, received_at=SIGNED.received_at + timedelta(hours=26))
    assert not ADAPTER.authentic(much_later, KEYS)
    early = replace(SIGNED, received_at=SIGNED.received_at - timedelta(hours=26))
    assert not ADAPTER.authentic(early, KEYS)


def test_without_a_timestamp_nothing_passes() -> None:
    fields = {name: value for name, value in SMS.items() if name != "timestamp"}
    text = SIGNED_TEXT.replace("&timestamp=1763697600", "")
    sig = hashlib.md5((text + SECRETS[0]).encode()).hexdigest()
    assert not ADAPTER.authentic(post_form(PATH, {**fields, "sig": sig}), KEYS)


def test_a_field_that_is_there_twice_is_ambiguous() -> None:
    twice = replace(SIGNED, body=SIGNED.body + b"&text=lain")
    assert not ADAPTER.authentic(twice, KEYS)
    with pytest.raises(MalformedError):
        read(VO, twice)


def test_an_account_without_signatures_has_the_secret_in_the_path() -> None:
    call = post_form(PATH, SMS)
    by_path = keys(VO, method="path")
    assert ADAPTER.authentic(replace(call, path_secret=SECRETS[1]), by_path)
    assert not ADAPTER.authentic(call, by_path)
    assert not ADAPTER.authentic(replace(call, path_secret=SECRETS[1]), KEYS)


@pytest.mark.parametrize("name", ["form", "get", "json"])
def test_a_message(name: str) -> None:
    assert one(VO, CALLS[name]) == Message(
        provider_id="0A0000000123ABCD1",
        account="+622150000000",
        sender="+6281200000001",
        text="LAPOR sampah & bau",
        sent_at=AT,
    )


def test_pieces_keep_their_spaces() -> None:
    found = one(VO, CALLS["part 2"])
    assert (found.part, found.text) == (Part("108", 2, 3), " lanjut ")
    assert one(VO, CALLS["part 1 typed"]).part == Part("108", 1, 3)
    assert one(VO, CALLS["part 9 of 3"]).part is None


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("delivered", (Delivery.DELIVERED, None)),
        ("accepted", (Delivery.SENT, None)),
        ("failed", (Delivery.FAILED, "6")),
    ],
)
def test_receipts(name: str, found: tuple[Delivery, str | None]) -> None:
    delivery, reason = found
    at = AT + timedelta(minutes=1)
    assert read(VO, CALLS[name]) == [Receipt("0B00000127FDBC63", delivery, at, reason)]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("advertisement", Why.MACHINE),
        ("short code", Why.MACHINE),
        ("binary", Why.UNKNOWN),
        ("unknown", Why.UNKNOWN),
        ("nothing", Why.UNKNOWN),
    ],
)
def test_what_is_left_aside(name: str, why: Why) -> None:
    assert read(VO, CALLS[name]) == [Aside(why)]


def test_nested_fields_are_malformed() -> None:
    with pytest.raises(MalformedError):
        read(VO, post_json(PATH, {**SMS, "text": {"a": 1}}))
