"""WhatsApp Cloud API: signature, handshake, and every type of message and status."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from services.ingest.channels.adapters.whatsapp import ADAPTER
from services.ingest.channels.message import (
    Aside,
    Delivery,
    HookKeys,
    MalformedError,
    Media,
    MediaKind,
    Message,
    Point,
    Receipt,
    Why,
)
from services.ingest.channels.signatures import hmac_hex
from shared.contracts.enums import Channel
from tests.recorded import flipped, get, keys, one, post, read, with_header, without_header
from tests.recorded.whatsapp import CALLS, SECRETS, SIGNATURE, SIGNED_BODY, call, message, value

WA = Channel.WHATSAPP
HEADER = "x-hub-signature-256"
KEYS = keys(WA)
SIGNED = with_header(CALLS["text"], HEADER, SIGNATURE)
SENT_AT = datetime(2025, 11, 21, 4, 40, tzinfo=UTC)


def test_the_published_signature_passes_and_its_older_secret_too() -> None:
    assert len(SIGNED_BODY) == 424
    assert ADAPTER.authentic(SIGNED, KEYS)
    assert ADAPTER.authentic(SIGNED, HookKeys(("new", "test-app-secret")))
    older = f"sha256={hmac_hex(SECRETS[1].encode(), SIGNED_BODY)}"
    assert ADAPTER.authentic(with_header(SIGNED, HEADER, older), KEYS)


@pytest.mark.parametrize("body", [*flipped(SIGNED_BODY), SIGNED_BODY + b"\n", b" " + SIGNED_BODY])
def test_one_byte_changed_is_refused(body: bytes) -> None:
    assert not ADAPTER.authentic(replace(SIGNED, body=body), KEYS)


@pytest.mark.parametrize(
    "signature",
    ["", SIGNATURE.upper(), "sha256=" + SIGNATURE[7:].upper(), SIGNATURE[7:], SIGNATURE[:-1], "é"],
)
def test_another_signature_is_refused(signature: str) -> None:
    assert not ADAPTER.authentic(with_header(SIGNED, HEADER, signature), KEYS)


def test_nothing_passes_without_header_secret_or_body() -> None:
    assert not ADAPTER.authentic(without_header(SIGNED, HEADER), KEYS)
    assert not ADAPTER.authentic(SIGNED, HookKeys())
    assert not ADAPTER.authentic(SIGNED, HookKeys(("",)))
    empty = f"sha256={hmac_hex(b'', SIGNED_BODY)}"
    assert not ADAPTER.authentic(with_header(SIGNED, HEADER, empty), HookKeys(("",)))
    assert not ADAPTER.authentic(replace(SIGNED, method="GET"), KEYS)


ASKED = "https://x.id/hooks/whatsapp?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="


def test_the_handshake_echoes_the_challenge_to_who_knows_the_token() -> None:
    answer = ADAPTER.challenge(get(ASKED + "test-verify-token"), KEYS)
    assert answer is not None
    assert (answer.status, answer.body, answer.media_type) == (200, b"1158201444", "text/plain")
    for token in ("", "wrong", "TEST-VERIFY-TOKEN"):
        refused = ADAPTER.challenge(get(ASKED + token), KEYS)
        assert refused is not None
        assert (refused.status, refused.body) == (403, b"")
    for unset in (HookKeys(("s",)), HookKeys(("s",), "")):
        refused = ADAPTER.challenge(get(ASKED), unset)
        assert refused is not None
        assert refused.status == 403
    assert ADAPTER.challenge(CALLS["text"], KEYS) is None


def test_a_handshake_cannot_make_us_say_anything() -> None:
    asked = ASKED.replace("1158201444", "%3Cscript%3E") + "test-verify-token"
    answer = ADAPTER.challenge(get(asked), KEYS)
    assert answer is not None
    assert answer.status == 403


def test_a_text() -> None:
    assert one(WA, CALLS["text"]) == Message(
        provider_id="wamid.TEST0001",
        account="100000000000001",
        sender="+6281200000001",
        text="Lampu jalan mati",
        sent_at=SENT_AT,
        name="Warga Uji",
    )


def test_every_message_of_every_change_of_every_entry() -> None:
    found = read(WA, CALLS["batch"])
    assert [item.text for item in found if isinstance(item, Message)] == ["ke-1", "ke-2", "ke-3"]


@pytest.mark.parametrize(
    ("name", "text", "kind", "media_type"),
    [
        ("image", "Jalan rusak", MediaKind.IMAGE, "image/jpeg"),
        ("video", "", MediaKind.VIDEO, "video/mp4"),
        ("audio", "", MediaKind.AUDIO, "audio/ogg; codecs=opus"),
        ("document", "", MediaKind.DOCUMENT, "application/pdf"),
    ],
)
def test_media(name: str, text: str, kind: MediaKind, media_type: str) -> None:
    found = one(WA, CALLS[name])
    assert found.text == text
    assert found.media == (Media(kind, f"9{len(name)}1", media_type, "q83v"),)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("contacts", "Pak RT +62 812"),
        ("button", "SELESAI PSR-1"),
        ("list", "5"),
        ("choice", "Ya"),
        ("reply", "sudah"),
    ],
)
def test_what_becomes_text(name: str, text: str) -> None:
    assert one(WA, CALLS[name]).text == text


def test_place_reply_edit_and_removal() -> None:
    assert one(WA, CALLS["location"]).point == Point(-1.9, 116.2, "Pasar", "Jl. Melati")
    assert one(WA, CALLS["reply"]).replies_to == "wamid.OUT1"
    edited = one(WA, CALLS["edit"])
    assert (edited.text, edited.edited, edited.replies_to) == ("RT 03", True, "wamid.TEST0000")
    removed = one(WA, CALLS["revoke"])
    assert (removed.text, removed.removed, removed.replies_to) == ("", True, "wamid.TEST0000")
    assert removed.provider_id not in ("wamid.TEST0000", edited.replies_to)


def test_who_hides_the_number_is_known_by_the_scoped_id() -> None:
    found = one(WA, CALLS["hidden number"])
    assert (found.sender, found.name) == ("ID.1349120865530274", "Warga")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("reaction", Why.REACTION),
        ("sticker", Why.REACTION),
        ("unsupported", Why.UNKNOWN),
        ("trouble", Why.UNKNOWN),
        ("echo", Why.ECHO),
        ("other field", Why.UNKNOWN),
    ],
)
def test_what_is_left_aside(name: str, why: Why) -> None:
    assert read(WA, CALLS[name]) == [Aside(why)]


def test_statuses() -> None:
    at = datetime(2025, 11, 21, 4, 41, tzinfo=UTC)
    assert read(WA, CALLS["statuses"]) == [
        Receipt("wamid.OUT1", Delivery.SENT, at),
        Receipt("wamid.OUT1", Delivery.DELIVERED, at),
        Receipt("wamid.OUT1", Delivery.DELIVERED, at),
        Aside(Why.UNKNOWN),
        Receipt("wamid.OUT1", Delivery.FAILED, at, "131047"),
    ]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"from": "622150000000"}, Why.OWN),
        ({"from": "1708"}, Why.MACHINE),
        ({"from": "PEMKAB"}, Why.MACHINE),
        ({"from": None}, Why.UNKNOWN),
        ({"id": ""}, Why.UNKNOWN),
        ({"text": {"body": ["a"]}}, Why.UNKNOWN),
        ({"text": None}, Why.UNKNOWN),
        ({"type": 5}, Why.UNKNOWN),
    ],
)
def test_one_odd_message_does_not_cost_the_others(changes: dict[str, Any], why: Why) -> None:
    odd = message("text", {"body": "a"}) | changes
    good = message("text", {"body": "b"}, 2)
    found = read(WA, call(value(messages=[odd, "x", good])))
    assert found[:2] == [Aside(why), Aside(Why.UNKNOWN)]
    assert isinstance(found[2], Message)


def test_numbers_of_other_countries_keep_theirs() -> None:
    foreign = message("text", {"body": "a"}) | {"from": "81312345678"}
    assert one(WA, call(value(messages=[foreign]))).sender == "+81312345678"


@pytest.mark.parametrize("time", [None, "soon", "9" * 30, 10**18, True, [], "-1", 1.5])
def test_a_time_that_is_none_costs_only_the_time(time: Any) -> None:
    found = one(WA, call(value(messages=[message("text", {"body": "a"}, timestamp=time)])))
    assert found.sent_at is None


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"{", b"\xff", b"[" * 9999, b'{"a":NaN}'])
def test_what_is_no_document_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError):
        read(WA, post("https://x.id/", body, "application/json"))


def test_half_an_emoji_costs_no_batch() -> None:
    body = SIGNED_BODY.replace(b"Lampu", rb"\\ud83d \ud83d\ude00 \u0000Lampu\ud83d")
    found = one(WA, post("https://x.id/", body, "application/json"))
    assert found.text == "\\ud83d 😀 Lampu� jalan mati"


def test_of_a_key_that_is_there_twice_the_last_counts() -> None:
    body = SIGNED_BODY.replace(b'{"body":', b'{"body":"lama","body":')
    assert one(WA, post("https://x.id/", body, "application/json")).text == "Lampu jalan mati"


def test_an_empty_call_counts_as_one_unknown() -> None:
    assert read(WA, post("https://x.id/", b"{}", "application/json")) == [Aside(Why.UNKNOWN)]
