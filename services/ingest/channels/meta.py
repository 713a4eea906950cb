"""What WhatsApp, Facebook and Instagram share: handshake, signature, and direct messages.

Values only. Direct messages of Messenger and Instagram have one shape; see
developers.facebook.com, Messenger Platform, Webhook Events.
"""

import re
from collections.abc import Iterator

from services.ingest.channels.message import (
    Aside,
    Delivery,
    HookAnswer,
    HookKeys,
    HookRequest,
    Item,
    Media,
    MediaKind,
    Message,
    Point,
    Receipt,
    Why,
)
from services.ingest.channels.reading import (
    Document,
    digest,
    from_unix,
    inner,
    line,
    listed,
    point,
    words,
)
from services.ingest.channels.signatures import hmac_hex, known, signed

MAX_BYTES = 3 * 1024 * 1024  # Meta's own limit of a call
# What is echoed back to whoever knows the token; Meta sends a number.
_CHALLENGE = re.compile(r"[A-Za-z0-9_.-]{1,256}")
_MEDIA_KINDS = {
    "image": MediaKind.IMAGE,
    "video": MediaKind.VIDEO,
    "reel": MediaKind.VIDEO,
    "ig_reel": MediaKind.VIDEO,
    "audio": MediaKind.AUDIO,
    "file": MediaKind.DOCUMENT,
    "share": MediaKind.IMAGE,
    "story_mention": MediaKind.IMAGE,
}


def challenge(request: HookRequest, keys: HookKeys) -> HookAnswer | None:
    """The answer to the handshake of a new webhook: the challenge, if the token is ours."""
    asked = dict(request.query)
    if request.method != "GET" or "hub.mode" not in asked:
        return None
    ours = known([keys.verify_token or ""], asked.get("hub.verify_token"))
    echo = asked.get("hub.challenge", "")
    if not ours or asked["hub.mode"] != "subscribe" or not _CHALLENGE.fullmatch(echo):
        return HookAnswer(status=403)
    return HookAnswer(body=echo.encode())


def authentic(request: HookRequest, keys: HookKeys) -> bool:
    """Whether `X-Hub-Signature-256` is the HMAC-SHA256 of the body by an app secret."""
    return request.method == "POST" and signed(
        keys.secrets,
        request.headers.get("x-hub-signature-256"),
        lambda secret: f"sha256={hmac_hex(secret, request.body)}",
    )


def own_ids(keys: HookKeys, account: str) -> frozenset[str]:
    """Ids and user names of the account itself: `options["own"]`, comma-separated, adds some.

    Instagram's two flavours use different ids for one account, so its own comments are only
    surely known by the user name.
    """
    more = (name.strip().lstrip("@") for name in keys.options.get("own", "").split(","))
    return frozenset(name for name in (account, *more) if name)


def direct(event: Document, account: str, own: frozenset[str]) -> Iterator[Item]:
    """What one event of `messaging[]` holds."""
    sender = line(inner(event, "sender").get("id"))
    message = inner(event, "message")
    if message.get("is_echo") is True:
        yield Aside(Why.ECHO)
    elif not sender:
        yield Aside(Why.UNKNOWN)
    elif "delivery" in event or "read" in event:
        yield from _receipts(event)
    elif sender in own:
        yield Aside(Why.OWN)
    elif "reaction" in event:
        yield Aside(Why.REACTION)
    elif message:
        yield _message(event, message, sender, account)
    elif "postback" in event:
        yield _postback(event, sender, account)
    elif "message_edit" in event:
        yield _edit(event, sender, account)
    else:
        yield Aside(Why.UNKNOWN)


def _receipts(event: Document) -> Iterator[Item]:
    """Ids of delivered messages; a mere mark in time names none of them."""
    at = from_unix(event.get("timestamp"), 1000)
    mids = inner(event, "delivery").get("mids")
    ids = mids if isinstance(mids, list) else [inner(event, "read").get("mid")]
    for written in ids or [None]:
        mid = line(written)
        yield Receipt(mid, Delivery.DELIVERED, at) if mid else Aside(Why.UNKNOWN)


def _message(event: Document, message: Document, sender: str, account: str) -> Item:
    mid = line(message.get("mid"))
    if not mid:
        return Aside(Why.UNKNOWN)
    sent_at = from_unix(event.get("timestamp"), 1000)
    if message.get("is_deleted") is True:
        return Message(
            provider_id=f"{mid}:removed",
            account=account,
            sender=sender,
            sent_at=sent_at,
            replies_to=mid,
            removed=True,
        )
    attachments = listed(message.get("attachments"))
    # Buttons and quick replies of ours carry the command, not the words on them.
    text = words(inner(message, "quick_reply").get("payload")) or words(message.get("text"))
    media = tuple(found for one in attachments if (found := _media(one)))
    place = next((at for one in attachments if (at := _point(one))), None)
    if not text and not media and place is None:
        sticker = any("sticker_id" in inner(one, "payload") for one in attachments)
        return Aside(Why.REACTION if sticker else Why.UNKNOWN)
    return Message(
        provider_id=mid,
        account=account,
        sender=sender,
        text=text,
        sent_at=sent_at,
        media=media,
        point=place,
        replies_to=line(inner(message, "reply_to").get("mid")) or None,
    )


def _postback(event: Document, sender: str, account: str) -> Item:
    pressed = inner(event, "postback")
    text = words(pressed.get("payload")) or words(pressed.get("title"))
    if not text:
        return Aside(Why.UNKNOWN)
    # Older versions give a postback no id.
    made_up = digest("postback", account, sender, event.get("timestamp"), text)
    return Message(
        provider_id=line(pressed.get("mid")) or made_up,
        account=account,
        sender=sender,
        text=text,
        sent_at=from_unix(event.get("timestamp"), 1000),
    )


def _edit(event: Document, sender: str, account: str) -> Item:
    edit = inner(event, "message_edit")
    mid, text = line(edit.get("mid")), words(edit.get("text"))
    if not mid or not text:
        return Aside(Why.UNKNOWN)
    return Message(
        provider_id=f"{mid}:edited:{line(edit.get('num_edit')) or digest(text)}",
        account=account,
        sender=sender,
        text=text,
        sent_at=from_unix(event.get("timestamp"), 1000),
        replies_to=mid,
        edited=True,
    )


def _media(attachment: Document) -> Media | None:
    """The file behind an attachment; a sticker is a gesture, no photo of a damage."""
    payload = inner(attachment, "payload")
    kind = _MEDIA_KINDS.get(line(attachment.get("type")))
    url = line(payload.get("url"))
    return Media(kind, url) if kind and url and "sticker_id" not in payload else None


def _point(attachment: Document) -> Point | None:
    place = inner(attachment, "payload", "coordinates")
    return point(place.get("lat"), place.get("long"), name=attachment.get("title"))
