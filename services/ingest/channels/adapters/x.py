"""X (Account Activity shape): posts that mention or answer the account, and direct messages.

Secrets are consumer secrets; without one even the handshake is refused, so the channel stays off.
Reposts and likes are gestures; a quote has words of its own and is a message.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from services.ingest.channels.message import (
    Aside,
    HookAnswer,
    HookKeys,
    HookRequest,
    Item,
    Media,
    MediaKind,
    Message,
    Point,
    Why,
)
from services.ingest.channels.reading import (
    Document,
    document,
    from_pattern,
    from_unix,
    inner,
    line,
    listed,
    or_aside,
    point,
    real,
    words,
)
from services.ingest.channels.signatures import hmac_base64, raw, signed
from shared.contracts.enums import Channel

_WRITTEN = "%a %b %d %H:%M:%S %z %Y"
_GESTURES = ("favorite_events", "follow_events", "unfollow_events")
_CHALLENGE_MAX = 512


@dataclass(frozen=True, slots=True)
class X:
    """The adapter; see `Adapter` for what each part promises."""

    channel: Channel = Channel.X
    max_bytes: int = 1024 * 1024

    def challenge(self, request: HookRequest, keys: HookKeys) -> HookAnswer | None:
        """The check that X repeats: its token, signed with the newest secret."""
        token = dict(request.query).get("crc_token")
        if request.method != "GET" or token is None:
            return None
        secret = next((secret for secret in keys.secrets if secret), "")
        if not secret or not 0 < len(token) <= _CHALLENGE_MAX:
            return HookAnswer(status=403)
        answer = {"response_token": f"sha256={hmac_base64(raw(secret), raw(token))}"}
        return HookAnswer(body=orjson.dumps(answer), media_type="application/json")

    def authentic(self, request: HookRequest, keys: HookKeys) -> bool:
        """Whether the header is the HMAC-SHA256 of the body, in base64."""
        return request.method == "POST" and signed(
            keys.secrets,
            request.headers.get("x-twitter-webhooks-signature"),
            lambda secret: f"sha256={hmac_base64(secret, request.body)}",
        )

    def parse(self, request: HookRequest, keys: HookKeys) -> Sequence[Item]:
        """Every post and direct message of a call."""
        call = document(request.body)
        return or_aside(_items(call, line(call.get("for_user_id"))))

    def accepted(self) -> HookAnswer:
        """Any 200 within ten seconds will do."""
        return HookAnswer()


def _items(call: Document, account: str) -> Iterator[Item]:
    for post in listed(call.get("tweet_create_events")):
        yield _post(post, account)
    for event in listed(call.get("direct_message_events")):
        yield _direct(event, account, inner(call, "users"))
    for deleted in listed(call.get("tweet_delete_events")):
        yield _deleted(deleted, account)
    for name in _GESTURES:
        for _ in listed(call.get(name)):
            yield Aside(Why.REACTION)


def _post(post: Document, account: str) -> Item:
    found, author = line(post.get("id_str")), inner(post, "user")
    sender = line(author.get("id_str"))
    if not found or not sender:
        return Aside(Why.UNKNOWN)
    if sender == account:
        return Aside(Why.OWN)
    if "retweeted_status" in post:
        return Aside(Why.REACTION)
    full = inner(post, "extended_tweet")
    text = words(full.get("full_text")) or words(post.get("full_text")) or words(post.get("text"))
    media = inner(full, "extended_entities") or inner(post, "extended_entities")
    files = tuple(file for one in listed(media.get("media")) if (file := _media(one)))
    if not text and not files:
        return Aside(Why.UNKNOWN)
    return Message(
        provider_id=found,
        account=account,
        sender=sender,
        text=text,
        sent_at=from_pattern(post.get("created_at"), _WRITTEN),
        thread=found,
        public=True,
        name=line(author.get("screen_name")) or None,
        media=files,
        point=_point(inner(post, "coordinates").get("coordinates")),
        replies_to=line(post.get("in_reply_to_status_id_str")) or None,
    )


def _direct(event: Document, account: str, users: Document) -> Item:
    created = inner(event, "message_create")
    found, sender = line(event.get("id")), line(created.get("sender_id"))
    if event.get("type", "message_create") != "message_create" or not found or not sender:
        return Aside(Why.UNKNOWN)
    if sender == account:
        return Aside(Why.OWN)
    said = inner(created, "message_data")
    attached = inner(said, "attachment")
    file = _media(inner(attached, "media"))
    shared = inner(attached, "location", "shared_coordinate", "coordinates")
    text, place = words(said.get("text")), _point(shared.get("coordinates"))
    if not text and file is None and place is None:
        return Aside(Why.UNKNOWN)
    return Message(
        provider_id=found,
        account=account,
        sender=sender,
        text=text,
        sent_at=from_unix(event.get("created_timestamp"), 1000),
        name=line(inner(users, sender).get("screen_name")) or None,
        media=(file,) if file else (),
        point=place,
    )


def _deleted(event: Document, account: str) -> Item:
    status = inner(event, "status")
    found, author = line(status.get("id")), line(status.get("user_id"))
    if not found or not author:
        return Aside(Why.UNKNOWN)
    if author == account:
        return Aside(Why.OWN)
    return Message(
        provider_id=f"{found}:removed",
        account=account,
        sender=author,
        sent_at=from_unix(event.get("timestamp_ms"), 1000),
        thread=found,
        public=True,
        replies_to=found,
        removed=True,
    )


def _media(media: Document) -> Media | None:
    """A photo by its address; of a video the smallest copy that can be loaded."""
    if line(media.get("type")) == "photo":
        url = line(media.get("media_url_https"))
        return Media(MediaKind.IMAGE, url) if url else None
    copies = [
        (real(copy.get("bitrate")) or 0.0, line(copy.get("url")), line(copy.get("content_type")))
        for copy in listed(inner(media, "video_info").get("variants"))
        if line(copy.get("content_type")).startswith("video/") and line(copy.get("url"))
    ]
    return Media(MediaKind.VIDEO, *min(copies)[1:]) if copies else None


def _point(pair: object) -> Point | None:
    """A GeoJSON pair: longitude first."""
    return point(pair[1], pair[0]) if isinstance(pair, list) and len(pair) == 2 else None


ADAPTER = X()
