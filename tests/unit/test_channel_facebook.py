"""Facebook: comments and posts in public, Messenger in private."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.ingest.channels.adapters.facebook import ADAPTER
from services.ingest.channels.message import (
    Aside,
    Delivery,
    HookKeys,
    Media,
    MediaKind,
    Message,
    Point,
    Receipt,
    Why,
)
from services.ingest.channels.signatures import hmac_hex
from shared.contracts.enums import Channel
from tests.recorded import flipped, get, keys, one, read, with_header, without_header
from tests.recorded.facebook import CALLS, SECRETS, call, comment, event

FB = Channel.FACEBOOK
HEADER = "x-hub-signature-256"
CALL = CALLS["comment"]
SIGNATURE = f"sha256={hmac_hex(SECRETS[0].encode(), CALL.body)}"
SIGNED = with_header(CALL, HEADER, SIGNATURE)
KEYS = keys(FB)
DM_AT = datetime(2025, 11, 21, 4, 40, 0, 123000, tzinfo=UTC)


def test_signature() -> None:
    assert ADAPTER.authentic(SIGNED, KEYS)
    assert ADAPTER.authentic(SIGNED, HookKeys(("newer", SECRETS[0])))
    assert not ADAPTER.authentic(without_header(SIGNED, HEADER), KEYS)
    assert not ADAPTER.authentic(with_header(SIGNED, HEADER, SIGNATURE.upper()), KEYS)
    assert not ADAPTER.authentic(SIGNED, HookKeys(("",)))
    assert not ADAPTER.authentic(SIGNED, HookKeys(("another",)))
    for body in flipped(CALL.body):
        assert not ADAPTER.authentic(replace(SIGNED, body=body), KEYS)


def test_handshake() -> None:
    asked = "https://x.id/?hub.mode=subscribe&hub.challenge=1&hub.verify_token=test-verify-token"
    answer = ADAPTER.challenge(get(asked), KEYS)
    assert answer is not None
    assert answer.body == b"1"


def test_a_comment() -> None:
    assert one(FB, CALL) == Message(
        provider_id="1000_77_1",
        account="1000",
        sender="2000",
        text="Air mati, 1",
        sent_at=datetime(2025, 11, 21, 4, 40, tzinfo=UTC),
        thread="1000_77_1",
        public=True,
        name="Warga Uji",
    )


def test_everything_of_a_batch() -> None:
    found = read(FB, CALLS["batch"])
    assert [item.text for item in found if isinstance(item, Message)] == [
        "x",
        "Air mati, 1",
        "Air mati, 2",
        "Air mati, 3",
    ]


def test_reply_edit_and_removal_name_the_comment_they_concern() -> None:
    assert one(FB, CALLS["reply"]).replies_to == "1000_77_1"
    edited, removed = one(FB, CALLS["edited"]), one(FB, CALLS["removed"])
    assert (edited.edited, edited.replies_to, edited.public) == (True, "1000_77_1", True)
    assert (removed.removed, removed.replies_to, removed.text) == (True, "1000_77_1", "")
    again = call({"changes": [comment(verb="edited", message="Air mati di RT 3")]})
    ids = {edited.provider_id, removed.provider_id, one(FB, again).provider_id, "1000_77_1"}
    assert len(ids) == 4


def test_an_unseen_author_is_known_by_the_comment() -> None:
    found = one(FB, CALLS["nameless"])
    assert (found.sender, found.thread, found.name) == ("1000_77_1", "1000_77_1", None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("photo comment", Media(MediaKind.IMAGE, "https://cdn/1.jpg")),
        ("visitor photo", Media(MediaKind.IMAGE, "https://cdn/2.jpg")),
        ("visitor video", Media(MediaKind.VIDEO, "https://cdn/3.mp4")),
    ],
)
def test_public_media(name: str, expected: Media) -> None:
    found = one(FB, CALLS[name])
    assert found.media == (expected,)
    assert found.public


def test_a_post_of_a_visitor_is_answered_at_the_post() -> None:
    found = one(FB, CALLS["visitor post"])
    assert (found.provider_id, found.thread) == ("1000_77", "1000_77")


@pytest.mark.parametrize(
    ("name", "kind", "url"),
    [
        ("image", MediaKind.IMAGE, "https://cdn/4.jpg"),
        ("file", MediaKind.DOCUMENT, "https://cdn/5.pdf"),
        ("audio", MediaKind.AUDIO, "https://cdn/6.mp4"),
        ("video", MediaKind.VIDEO, "https://cdn/7.mp4"),
    ],
)
def test_private_media(name: str, kind: MediaKind, url: str) -> None:
    found = one(FB, CALLS[name])
    assert found.media == (Media(kind, url),)
    assert not found.public


def test_private_messages() -> None:
    assert one(FB, CALLS["text"]) == Message(
        provider_id="m_1",
        account="1000",
        sender="2000",
        text="Halo, ada jalan rusak",
        sent_at=DM_AT,
    )
    assert one(FB, CALLS["quick reply"]).text == "SELESAI PSR-1"
    assert one(FB, CALLS["answer"]).replies_to == "m_0"
    assert one(FB, CALLS["location"]).point == Point(-1.9, 116.2)
    assert one(FB, CALLS["postback"]).text == "CEK"
    assert one(FB, CALLS["test button"]).text == "uji"
    edited = one(FB, CALLS["message edit"])
    assert (edited.text, edited.edited, edited.replies_to) == ("RT 03", True, "m_1")


def test_a_postback_without_an_id_has_the_same_each_time() -> None:
    first, again = one(FB, CALLS["old postback"]), one(FB, CALLS["old postback"])
    assert first.text == "Mulai"
    assert first.provider_id == again.provider_id


def test_receipts() -> None:
    assert read(FB, CALLS["delivery"]) == [
        Receipt("m_8", Delivery.DELIVERED, DM_AT),
        Receipt("m_9", Delivery.DELIVERED, DM_AT),
    ]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("own comment", Why.OWN),
        ("hidden", Why.UNKNOWN),
        ("like", Why.REACTION),
        ("reaction", Why.REACTION),
        ("message reaction", Why.REACTION),
        ("thumb", Why.REACTION),
        ("echo", Why.ECHO),
        ("bare delivery", Why.UNKNOWN),
        ("read", Why.UNKNOWN),
        ("opt-in", Why.UNKNOWN),
        ("standby", Why.UNKNOWN),
        ("other field", Why.UNKNOWN),
        ("other object", Why.UNKNOWN),
    ],
)
def test_what_is_left_aside(name: str, why: Why) -> None:
    assert read(FB, CALLS[name]) == [Aside(why)]


def test_more_ids_of_the_page_can_be_named() -> None:
    assert read(FB, CALL, own="5, 2000") == [Aside(Why.OWN)]
    mine = call({"messaging": [event(message={"mid": "m", "text": "x"}, sender={"id": "1000"})]})
    assert read(FB, mine) == [Aside(Why.OWN)]


def test_a_point_off_the_globe_is_none() -> None:
    for lat, long in ((91, 0), (0, 181), ("x", 1), (True, 1), (None, None)):
        place = {"type": "location", "payload": {"coordinates": {"lat": lat, "long": long}}}
        odd = call({"messaging": [event(message={"mid": "m", "attachments": [place]})]})
        assert read(FB, odd) == [Aside(Why.UNKNOWN)]
