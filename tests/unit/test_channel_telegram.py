"""Telegram: the secret token, and every type of update."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from services.ingest.channels.adapters.telegram import ADAPTER
from services.ingest.channels.message import (
    Aside,
    HookKeys,
    MalformedError,
    Media,
    MediaKind,
    Message,
    Point,
    Why,
)
from shared.contracts.enums import Channel
from tests.recorded import keys, one, read, with_header
from tests.recorded.telegram import CALLS, SECRETS, message, update

TG = Channel.TELEGRAM
HEADER = "x-telegram-bot-api-secret-token"
KEYS = keys(TG)
CALL = CALLS["text"]


def test_the_token_and_its_older_one_pass() -> None:
    for secret in SECRETS:
        assert ADAPTER.authentic(with_header(CALL, HEADER, secret), KEYS)


@pytest.mark.parametrize(
    "token",
    ["", "test_secret-token", "Test_secret-Token", "test_secret-Toke", "tést", SECRETS[0] * 2],
)
def test_another_token_is_refused(token: str) -> None:
    assert not ADAPTER.authentic(with_header(CALL, HEADER, token), KEYS)


def test_nothing_passes_without_header_or_secret() -> None:
    assert not ADAPTER.authentic(CALL, KEYS)
    assert not ADAPTER.authentic(with_header(CALL, HEADER, ""), HookKeys(("",)))
    assert not ADAPTER.authentic(with_header(CALL, HEADER, SECRETS[0]), HookKeys())
    assert ADAPTER.challenge(CALL, KEYS) is None


def test_a_text() -> None:
    assert one(TG, CALL) == Message(
        provider_id="bot:70001:11:1763700000",
        account="bot",
        sender="70001",
        text="Jalan rusak",
        sent_at=datetime(2025, 11, 21, 4, 40, tzinfo=UTC),
        name="Warga Uji",
    )


def test_several_bots_are_told_apart_by_their_addresses() -> None:
    found = one(TG, CALLS["other bot"])
    assert (found.account, found.provider_id) == ("paser_bot", "paser_bot:70001:11:1763700000")
    assert one(TG, CALL, account="kota_bot").account == "kota_bot"


def test_of_a_picture_the_largest_size_counts() -> None:
    found = one(TG, CALLS["photo"])
    assert found.media == (Media(MediaKind.IMAGE, "F-large", "image/jpeg"),)
    assert (found.text, found.group) == ("Lubang", None)


def test_an_album_is_a_group_and_an_edit_of_its_picture_one_by_itself() -> None:
    assert one(TG, CALLS["album"]).group == "135"
    first, second = (
        one(TG, update("edited_message", message(text=text, media_group_id="135"), number))
        for text, number in (("a", 900003), ("b", 900004))
    )
    assert len({"135", first.group, second.group}) == 3


@pytest.mark.parametrize(
    ("name", "file", "kind", "media_type"),
    [
        ("document", "document", MediaKind.DOCUMENT, "application/pdf"),
        ("picture as document", "document", MediaKind.IMAGE, "image/png"),
        ("voice", "voice", MediaKind.AUDIO, "audio/ogg"),
        ("audio", "audio", MediaKind.AUDIO, "audio/mpeg"),
        ("video", "video", MediaKind.VIDEO, "video/mp4"),
        ("video_note", "video_note", MediaKind.VIDEO, None),
        ("animation", "animation", MediaKind.VIDEO, "video/mp4"),
    ],
)
def test_media(name: str, file: str, kind: MediaKind, media_type: str | None) -> None:
    assert one(TG, CALLS[name]).media == (Media(kind, f"F-{file}", media_type),)


def test_places() -> None:
    assert one(TG, CALLS["location"]).point == Point(-1.9, 116.2, precision=12.5)
    assert one(TG, CALLS["venue"]).point == Point(-1.9, 116.2, "Pasar", "Jl. Melati", 12.5)


def test_reply_edit_button_and_card() -> None:
    assert one(TG, CALLS["reply"]).replies_to == "bot:70001:10:1763690000"
    edited, original = one(TG, CALLS["edited"]), one(TG, CALL).provider_id
    assert (edited.text, edited.edited, edited.replies_to) == ("Jalan RT 2", True, original)
    again = one(TG, update("edited_message", message(text="Jalan RT 3", edit_date=1763700060), 9))
    assert len({original, edited.provider_id, again.provider_id}) == 3
    assert edited.sent_at == datetime(2025, 11, 21, 4, 41, tzinfo=UTC)
    pressed = one(TG, CALLS["button"])
    assert (pressed.text, pressed.sender, pressed.name) == ("SELESAI PSR-1", "70001", "Warga Uji")
    assert one(TG, CALLS["contact"]).text == "Pak RT +62812"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("sticker", Why.REACTION),
        ("reaction", Why.REACTION),
        ("poll", Why.UNKNOWN),
        ("moving", Why.UNKNOWN),
        ("group", Why.UNKNOWN),
        ("button in group", Why.UNKNOWN),
        ("membership", Why.UNKNOWN),
        ("channel post", Why.OWN),
        ("bot", Why.MACHINE),
    ],
)
def test_what_is_left_aside(name: str, why: Why) -> None:
    assert read(TG, CALLS[name]) == [Aside(why)]


@pytest.mark.parametrize(
    "changes",
    [
        {"chat": 5},
        {"chat": {"type": "private"}},
        {"text": {"a": 1}},
        {"text": None},
        {"photo": "x"},
        {"photo": [1, {"file_id": None}]},
        {"chat": {"id": 1.5, "type": "private"}},
    ],
)
def test_odd_values_are_left_aside(changes: dict[str, Any]) -> None:
    odd = {"text": ""} | changes
    assert read(TG, update("message", message(**odd))) == [Aside(Why.UNKNOWN)]


def test_sizes_without_numbers_do_not_matter() -> None:
    found = one(TG, update("message", message(photo=[{"file_id": "F", "width": "wide"}])))
    assert found.media[0].reference == "F"


def test_messages_are_told_apart_by_bot_chat_number_and_second() -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"message_id": 12},
        {"date": 1763700001},
        {"chat": {"id": 70002, "type": "private"}},
    ]
    calls = [update("message", message(text="x", **change)) for change in changes]
    calls.append(update("message", message(text="x"), path="?account=paser_bot"))
    assert len({one(TG, call).provider_id for call in calls}) == len(calls)
    # Without them the update's own number has to do, and an edit is a message like any other.
    for name in ("message_id", "date"):
        assert one(TG, update("message", message(text="x", **{name: None}))).provider_id == (
            "bot:900001"
        )
        lost = one(TG, update("edited_message", message(text="x", **{name: None})))
        assert (lost.provider_id, lost.edited, lost.replies_to) == ("bot:900001", False, None)


@pytest.mark.parametrize("number", [None, "x", 1.5, True, 10**30])
def test_an_update_without_a_number_is_left_aside(number: Any) -> None:
    assert read(TG, update("message", message(text="x"), number)) == [Aside(Why.UNKNOWN)]


def test_no_document_is_malformed() -> None:
    with pytest.raises(MalformedError):
        read(TG, replace(CALL, body=b"update_id=1"))
