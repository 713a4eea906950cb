"""X: the repeated check, the signature, posts and direct messages."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from services.ingest.channels.adapters.x import ADAPTER
from services.ingest.channels.message import (
    Aside,
    HookKeys,
    Media,
    MediaKind,
    Message,
    Point,
    Why,
)
from services.ingest.channels.signatures import hmac_base64
from shared.contracts.enums import Channel
from tests.recorded import SITE, flipped, get, keys, one, read, with_header, without_header
from tests.recorded.x import (
    CALLS,
    CRC_ANSWER,
    SECRETS,
    SIGNATURE,
    SIGNED_BODY,
    call,
    direct,
    tweet,
)

CH = Channel.X
HEADER = "x-twitter-webhooks-signature"
KEYS = keys(CH)
SIGNED = with_header(CALLS["post"], HEADER, SIGNATURE)
AT = datetime(2025, 11, 21, 4, 0, tzinfo=UTC)


def test_the_check_is_answered_as_published() -> None:
    asked = get(f"{SITE}/hooks/x?crc_token=challenge-001")
    answer = ADAPTER.challenge(asked, KEYS)
    assert answer is not None
    assert (answer.status, answer.media_type) == (200, "application/json")
    assert orjson.loads(answer.body) == {"response_token": CRC_ANSWER}


@pytest.mark.parametrize(
    ("token", "live"),
    [("challenge-001", ()), ("challenge-001", ("",)), ("", SECRETS), ("a" * 999, SECRETS)],
)
def test_the_check_is_refused_without_secret_or_token(token: str, live: tuple[str, ...]) -> None:
    answer = ADAPTER.challenge(get(f"{SITE}/hooks/x?crc_token={token}"), HookKeys(live))
    assert answer is not None
    assert (answer.status, answer.body) == (403, b"")


def test_other_calls_are_no_check() -> None:
    assert ADAPTER.challenge(SIGNED, KEYS) is None
    assert ADAPTER.challenge(get(f"{SITE}/hooks/x"), KEYS) is None


def test_the_published_signature_passes_and_its_older_secret_too() -> None:
    assert len(SIGNED_BODY) == 252
    assert ADAPTER.authentic(SIGNED, KEYS)
    older = f"sha256={hmac_base64(SECRETS[1].encode(), SIGNED_BODY)}"
    assert ADAPTER.authentic(with_header(SIGNED, HEADER, older), KEYS)


@pytest.mark.parametrize("body", [*flipped(SIGNED_BODY), SIGNED_BODY + b"\n", b" " + SIGNED_BODY])
def test_one_byte_changed_is_refused(body: bytes) -> None:
    assert not ADAPTER.authentic(replace(SIGNED, body=body), KEYS)


def test_nothing_else_passes() -> None:
    assert not ADAPTER.authentic(without_header(SIGNED, HEADER), KEYS)
    assert not ADAPTER.authentic(with_header(SIGNED, HEADER, SIGNATURE.upper()), KEYS)
    assert not ADAPTER.authentic(with_header(SIGNED, HEADER, SIGNATURE.swapcase()), KEYS)
    assert not ADAPTER.authentic(SIGNED, HookKeys())
    empty = f"sha256={hmac_base64(b'', SIGNED_BODY)}"
    assert not ADAPTER.authentic(with_header(SIGNED, HEADER, empty), HookKeys(("",)))


def test_a_post() -> None:
    assert one(CH, CALLS["post"]) == Message(
        provider_id="9001",
        account="1001",
        sender="2002",
        text="@pemkab_uji air PDAM mati 3 hari",
        sent_at=AT,
        thread="9001",
        public=True,
        name="warga_uji",
    )


def test_a_long_post_with_everything() -> None:
    found = one(CH, CALLS["long post"])
    assert found.text.endswith("sejak Senin")
    assert found.media == (
        Media(MediaKind.IMAGE, "https://pbs/1.jpg"),
        Media(MediaKind.VIDEO, "https://v/small.mp4", "video/mp4"),
    )
    assert (found.point, found.replies_to) == (Point(-1.9, 116.2), "8000")
    assert one(CH, CALLS["quote"]).public


def test_everything_of_a_batch() -> None:
    found = read(CH, CALLS["batch"])
    assert [item.provider_id for item in found if isinstance(item, Message)] == ["1", "2", "7001"]


def test_direct_messages() -> None:
    found = one(CH, CALLS["direct photo"])
    assert (found.public, found.thread, found.sent_at) == (False, None, AT)
    assert found.media == (Media(MediaKind.IMAGE, "https://pbs/1.jpg"),)
    assert one(CH, CALLS["direct place"]).point == Point(-1.9, 116.2)


def test_a_deleted_post() -> None:
    found = one(CH, CALLS["deleted"])
    assert (found.removed, found.replies_to, found.provider_id) == (True, "9001", "9001:removed")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("own post", Why.OWN),
        ("own direct", Why.OWN),
        ("own deleted", Why.OWN),
        ("repost", Why.REACTION),
        ("like", Why.REACTION),
        ("typing", Why.UNKNOWN),
        ("revoked", Why.UNKNOWN),
    ],
)
def test_what_is_left_aside(name: str, why: Why) -> None:
    assert read(CH, CALLS[name]) == [Aside(why)]


@pytest.mark.parametrize(
    "odd",
    [
        call(tweet_create_events=["x"]),
        call(tweet_create_events=[tweet(text=None)]),
        call(tweet_create_events=[tweet(user=[])]),
        call(direct_message_events=[direct() | {"type": "participants_join"}]),
        call(direct_message_events=[direct(text=3.5)]),
        call(tweet_delete_events=[{"status": 1}]),
    ],
)
def test_odd_values_are_left_aside(odd: Any) -> None:
    assert read(CH, odd) == [Aside(Why.UNKNOWN)]


def test_a_time_that_is_none_costs_only_the_time() -> None:
    for time in (
        None,
        5,
        "Fri",
        "Fri Nov 21 04:00:00 +9999 2025",
        "Fri Nov 21 04:00:00 +0000 9999",
    ):
        assert one(CH, call(tweet_create_events=[tweet(created_at=time)])).sent_at is None
