"""Twilio: the signature over address and parameters, messages, media and status callbacks."""

from dataclasses import replace

import pytest

from services.ingest.channels.adapters.twilio import ADAPTER
from services.ingest.channels.message import (
    Aside,
    Delivery,
    HookKeys,
    HookRequest,
    Media,
    MediaKind,
    Message,
    Point,
    Receipt,
    Why,
)
from services.ingest.channels.signatures import hmac_base64
from shared.contracts.enums import Channel
from tests.recorded import SITE, flipped, keys, one, post_form, read, with_header, without_header
from tests.recorded.twilio import (
    CALLS,
    HEADER,
    PATH,
    PUBLISHED,
    PUBLISHED_TOKEN,
    SECRETS,
    SIGNATURE,
    SMS,
)

TW = Channel.TWILIO
KEYS = keys(TW)
SIGNED = with_header(CALLS["sms"], HEADER, SIGNATURE)


def signed(call: HookRequest, text: str, secret: str = SECRETS[0]) -> HookRequest:
    return with_header(call, HEADER, hmac_base64(secret.encode(), text.encode(), "sha1"))


def test_the_published_signatures_pass() -> None:
    assert ADAPTER.authentic(PUBLISHED, HookKeys((PUBLISHED_TOKEN,)))
    assert ADAPTER.authentic(SIGNED, KEYS)
    assert ADAPTER.authentic(SIGNED, HookKeys(("newer", SECRETS[0])))


def test_the_second_live_secret_passes() -> None:
    text = SITE + PATH + "".join(name + SMS[name] for name in sorted(SMS))
    assert ADAPTER.authentic(signed(CALLS["sms"], text, SECRETS[1]), KEYS)


@pytest.mark.parametrize("body", flipped(SIGNED.body))
def test_one_byte_flipped_is_refused(body: bytes) -> None:
    assert not ADAPTER.authentic(replace(SIGNED, body=body), KEYS)


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example.go.id" + PATH,
        "http://lapor.example.go.id" + PATH,
        SITE + PATH + "?a=1",
        SITE + "/hooks/sms/Twilio",
        "",
    ],
)
def test_another_address_is_refused(url: str) -> None:
    assert not ADAPTER.authentic(replace(SIGNED, url=url), KEYS)


def test_the_usual_port_and_a_fragment_do_not_matter() -> None:
    for url in ("https://lapor.example.go.id:443" + PATH, SITE + PATH + "#rc=3"):
        assert ADAPTER.authentic(replace(SIGNED, url=url), KEYS)


def test_nothing_passes_without_header_or_secret() -> None:
    assert not ADAPTER.authentic(without_header(SIGNED, HEADER), KEYS)
    assert not ADAPTER.authentic(with_header(SIGNED, HEADER, SIGNATURE.swapcase()), KEYS)
    assert not ADAPTER.authentic(SIGNED, HookKeys())
    text = SITE + PATH + "".join(name + SMS[name] for name in sorted(SMS))
    assert not ADAPTER.authentic(signed(CALLS["sms"], text, ""), HookKeys(("",)))


def test_a_parameter_more_is_covered_too() -> None:
    more = post_form(PATH, {**SMS, "Zusatz": "1"})
    assert not ADAPTER.authentic(with_header(more, HEADER, SIGNATURE), KEYS)
    text = SITE + PATH + "".join(name + SMS[name] for name in sorted(SMS)) + "Zusatz1"
    assert ADAPTER.authentic(signed(more, text), KEYS)


def test_by_get_only_the_address_is_signed() -> None:
    call = CALLS["by get"]
    assert ADAPTER.authentic(signed(call, call.url), KEYS)
    assert not ADAPTER.authentic(signed(call, call.url + "x"), KEYS)
    assert not ADAPTER.authentic(replace(signed(call, call.url), body=b"Body=x"), KEYS)


def test_a_document_is_signed_by_its_hash_in_the_address() -> None:
    call = signed(CALLS["json"], CALLS["json"].url)
    assert ADAPTER.authentic(call, KEYS)
    for body in flipped(call.body):
        assert not ADAPTER.authentic(replace(call, body=body), KEYS)
    bare = replace(call, url=SITE + PATH)
    assert not ADAPTER.authentic(signed(bare, bare.url), KEYS)


@pytest.mark.parametrize("name", ["sms", "json"])
def test_a_message(name: str) -> None:
    assert one(TW, CALLS[name]) == Message(
        provider_id="SM00000000000000000000000000000001",
        account="+622150000000",
        sender="+6281200000001",
        text="LAPOR jalan rusak di Jl. Melati RT 02",
    )


def test_by_get_to_a_short_code() -> None:
    found = one(TW, CALLS["by get"])
    assert (found.text, found.account) == ("CEK", "1708")


def test_media() -> None:
    assert one(TW, CALLS["mms"]).media == (
        Media(MediaKind.IMAGE, "https://api.twilio.com/M/0", "image/jpeg"),
        Media(MediaKind.DOCUMENT, "https://api.twilio.com/M/1", "application/pdf"),
        Media(MediaKind.AUDIO, "https://api.twilio.com/M/2", "audio/amr"),
    )


def test_another_network_keeps_its_prefix() -> None:
    found = one(TW, CALLS["whatsapp"])
    assert found.sender == "whatsapp:+6281200000001"
    assert found.account == "whatsapp:+14155238886"
    assert (found.name, found.point) == ("Warga Uji", Point(-1.9, 116.2, "Pasar"))
    assert found.replies_to == "SM8"
    other = post_form(PATH, SMS | {"From": "messenger:24680135792468013"})
    assert one(TW, other).sender == "messenger:24680135792468013"


@pytest.mark.parametrize(
    ("name", "delivery", "reason"),
    [
        ("sent", Delivery.SENT, None),
        ("delivered", Delivery.DELIVERED, None),
        ("undelivered", Delivery.FAILED, "30005"),
        ("failed", Delivery.FAILED, "63016"),
    ],
)
def test_receipts(name: str, delivery: Delivery, reason: str | None) -> None:
    assert read(TW, CALLS[name]) == [Receipt("SM9", delivery, None, reason)]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("advertisement", Why.MACHINE),
        ("short code", Why.MACHINE),
        ("empty", Why.UNKNOWN),
        ("queued", Why.UNKNOWN),
        ("call", Why.UNKNOWN),
    ],
)
def test_what_is_left_aside(name: str, why: Why) -> None:
    assert read(TW, CALLS[name]) == [Aside(why)]
