"""Instagram: comments and direct messages, in both flavours of login."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.ingest.channels.adapters.instagram import ADAPTER
from services.ingest.channels.message import (
    Aside,
    Delivery,
    HookKeys,
    Media,
    MediaKind,
    Message,
    Receipt,
    Why,
)
from services.ingest.channels.signatures import hmac_hex
from shared.contracts.enums import Channel
from tests.recorded import flipped, get, keys, one, read, with_header, without_header
from tests.recorded.instagram import CALLS, SECRETS

IG = Channel.INSTAGRAM
HEADER = "x-hub-signature-256"
CALL = CALLS["comment in entry"]
SIGNATURE = f"sha256={hmac_hex(SECRETS[0].encode(), CALL.body)}"
SIGNED = with_header(CALL, HEADER, SIGNATURE)
KEYS = keys(IG)
AT = datetime(2025, 11, 21, 4, 40, tzinfo=UTC)


def test_signature() -> None:
    assert ADAPTER.authentic(SIGNED, KEYS)
    assert ADAPTER.authentic(SIGNED, HookKeys(("newer", SECRETS[0])))
    assert not ADAPTER.authentic(without_header(SIGNED, HEADER), KEYS)
    assert not ADAPTER.authentic(with_header(SIGNED, HEADER, SIGNATURE.upper()), KEYS)
    assert not ADAPTER.authentic(SIGNED, HookKeys(("",)))
    for body in flipped(CALL.body):
        assert not ADAPTER.authentic(replace(SIGNED, body=body), KEYS)


def test_handshake() -> None:
    asked = "https://x.id/?hub.mode=subscribe&hub.challenge=1&hub.verify_token="
    answer, refused = (ADAPTER.challenge(get(asked + t), KEYS) for t in ("test-verify-token", "x"))
    assert answer is not None
    assert refused is not None
    assert (answer.body, refused.status) == (b"1", 403)


@pytest.mark.parametrize(
    "name",
    ["comment in entry", "comment in changes", "values in a list", "live comment", "in a list"],
)
def test_a_comment_of_either_flavour(name: str) -> None:
    assert one(IG, CALLS[name]) == Message(
        provider_id="178001",
        account="3000",
        sender="4000",
        text="Lampu mati, 1",
        sent_at=AT,
        thread="178001",
        public=True,
        name="warga_uji",
    )


def test_everything_of_a_batch() -> None:
    found = read(IG, CALLS["batch"])
    assert [item.text[-1] for item in found if isinstance(item, Message)] == ["1", "2", "3", "4"]


def test_messages() -> None:
    text = one(IG, CALLS["text"])
    assert (text.text, text.provider_id, text.public, text.thread) == ("Halo", "ig_1", False, None)
    assert text.sent_at == AT.replace(microsecond=123000)
    assert one(IG, CALLS["reply"]).replies_to == "178001"
    assert one(IG, CALLS["story reply"]).replies_to is None
    unsent = one(IG, CALLS["unsent"])
    assert (unsent.removed, unsent.replies_to, unsent.text) == (True, "ig_1", "")
    assert unsent.provider_id != "ig_1"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("image", Media(MediaKind.IMAGE, "https://cdn/1.jpg")),
        ("voice", Media(MediaKind.AUDIO, "https://cdn/2.m4a")),
        ("story mention", Media(MediaKind.IMAGE, "https://cdn/3")),
    ],
)
def test_media(name: str, expected: Media) -> None:
    assert one(IG, CALLS[name]).media == (expected,)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("own by id", Why.OWN),
        ("own by name", Why.OWN),
        ("own by option", Why.OWN),
        ("echo", Why.ECHO),
        ("reaction", Why.REACTION),
        ("mention", Why.UNKNOWN),
        ("insights", Why.UNKNOWN),
        ("unsupported", Why.UNKNOWN),
        ("other object", Why.UNKNOWN),
    ],
)
def test_what_is_left_aside(name: str, why: Why) -> None:
    assert read(IG, CALLS[name]) == [Aside(why)]


def test_a_message_that_was_seen_was_delivered() -> None:
    at = AT.replace(microsecond=123000)
    assert read(IG, CALLS["seen"]) == [Receipt("ig_9", Delivery.DELIVERED, at)]
