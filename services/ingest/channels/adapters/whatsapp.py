"""WhatsApp Cloud API: every message and status of a call, each in its own item.

Secrets are app secrets. Media come as an id, fetched later. A pressed button gives its id or
payload as text, since we put commands there. A person who hides the number is known by the
business-scoped id, which no phone is made of.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.ingest.channels import meta
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
    Receipt,
    Why,
)
from services.ingest.channels.numbers import citizen
from services.ingest.channels.reading import (
    Document,
    code,
    document,
    from_unix,
    inner,
    line,
    listed,
    or_aside,
    point,
    words,
)
from shared.contracts.enums import Channel

_MEDIA_KINDS = {
    "image": MediaKind.IMAGE,
    "video": MediaKind.VIDEO,
    "audio": MediaKind.AUDIO,
    "document": MediaKind.DOCUMENT,
}
_DELIVERIES = {
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.DELIVERED,  # where both happen at once only this one is sent
    "played": Delivery.DELIVERED,
    "failed": Delivery.FAILED,
}
_GESTURES = ("reaction", "sticker")


@dataclass(frozen=True, slots=True)
class WhatsApp:
    """The adapter; see `Adapter` for what each part promises."""

    channel: Channel = Channel.WHATSAPP
    max_bytes: int = meta.MAX_BYTES

    def challenge(self, request: HookRequest, keys: HookKeys) -> HookAnswer | None:
        """The handshake of a new webhook."""
        return meta.challenge(request, keys)

    def authentic(self, request: HookRequest, keys: HookKeys) -> bool:
        """Whether an app secret signed the body."""
        return meta.authentic(request, keys)

    def parse(self, request: HookRequest, keys: HookKeys) -> Sequence[Item]:
        """Every message and status of every change of every entry."""
        call = document(request.body)
        return or_aside(
            item
            for entry in listed(call.get("entry"))
            for change in listed(entry.get("changes"))
            for item in _items(change)
        )

    def accepted(self) -> HookAnswer:
        """Any 200 will do."""
        return HookAnswer()


def _items(change: Document) -> Iterator[Item]:
    value = inner(change, "value")
    if change.get("field") == "smb_message_echoes":
        for _ in listed(value.get("message_echoes")) or [value]:
            yield Aside(Why.ECHO)
        return
    if change.get("field") != "messages":
        yield Aside(Why.UNKNOWN)
        return
    names = _names(value)
    for message in listed(value.get("messages")):
        yield _message(message, value, names)
    for status in listed(value.get("statuses")):
        yield _receipt(status)
    for _ in listed(value.get("errors")):
        yield Aside(Why.UNKNOWN)


def _names(value: Document) -> dict[str, str]:
    """Names by the ids that a message's `from` can hold."""
    return {
        known: line(inner(contact, "profile").get("name"))
        for contact in listed(value.get("contacts"))
        for known in (line(contact.get("wa_id")), line(contact.get("user_id")))
        if known
    }


def _message(message: Document, value: Document, names: dict[str, str]) -> Item:
    number, wamid = line(message.get("from")), line(message.get("id"))
    written_by = number or line(message.get("from_user_id"))
    if not wamid or not written_by:
        return Aside(Why.UNKNOWN)
    sender = citizen(number, international=True) if number else written_by
    if sender is None:
        return Aside(Why.MACHINE)
    own = line(inner(value, "metadata").get("display_phone_number"))
    if sender == citizen(own, international=True):
        return Aside(Why.OWN)
    if line(message.get("type")) in _GESTURES:
        return Aside(Why.REACTION)
    sent = Message(
        provider_id=wamid,
        account=line(inner(value, "metadata").get("phone_number_id")),
        sender=sender,
        sent_at=from_unix(message.get("timestamp")),
        name=names.get(written_by) or None,
    )
    return _said(sent, message)


def _said(sent: Message, message: Document) -> Item:
    """The message with what it says, shows, or takes back."""
    if message.get("type") == "revoke":
        original = line(inner(message, "revoke").get("original_message_id"))
        if not original:
            return Aside(Why.UNKNOWN)
        return replace(sent, replies_to=original, removed=True)
    original, said = _wording(message, line(message.get("type")))
    text, media = _text(said), _media(said)
    place = inner(said, "location")
    at = point(
        place.get("latitude"),
        place.get("longitude"),
        name=place.get("name"),
        address=place.get("address"),
    )
    if not text and not media and at is None:
        return Aside(Why.UNKNOWN)
    return replace(
        sent,
        text=text,
        media=media,
        point=at,
        replies_to=original or line(inner(message, "context").get("id")) or None,
        edited=bool(original),
    )


def _wording(message: Document, kind: str) -> tuple[str, Document]:
    """What a message says, and of an edited one which it was before."""
    if kind != "edit":
        return "", message
    edit = inner(message, "edit")
    return line(edit.get("original_message_id")), inner(edit, "message")


def _text(message: Document) -> str:
    kind = line(message.get("type"))
    content = inner(message, kind)
    if kind == "text":
        return words(content.get("body"))
    if kind == "button":
        return words(content.get("payload")) or words(content.get("text"))
    if kind == "interactive":
        chosen = inner(content, "button_reply") or inner(content, "list_reply")
        return words(chosen.get("id")) or words(chosen.get("title"))
    if kind == "contacts":
        return "\n".join(filter(None, map(_contact, listed(message.get("contacts")))))
    return words(content.get("caption")) if kind in _MEDIA_KINDS else ""


def _contact(card: Document) -> str:
    """A visiting card as one line: the name and its numbers."""
    numbers = (line(phone.get("phone")) for phone in listed(card.get("phones")))
    return " ".join(filter(None, (line(inner(card, "name").get("formatted_name")), *numbers)))


def _media(message: Document) -> tuple[Media, ...]:
    kind = _MEDIA_KINDS.get(line(message.get("type")))
    content = inner(message, line(message.get("type")))
    reference = line(content.get("id"))
    if kind is None or not reference:
        return ()
    return (
        Media(
            kind,
            reference,
            line(content.get("mime_type")) or None,
            line(content.get("sha256")) or None,
        ),
    )


def _receipt(status: Document) -> Item:
    delivery = _DELIVERIES.get(line(status.get("status")))
    wamid = line(status.get("id"))
    if delivery is None or not wamid:
        return Aside(Why.UNKNOWN)
    errors = listed(status.get("errors"))
    reason = code(errors[0].get("code")) if errors else None
    return Receipt(wamid, delivery, from_unix(status.get("timestamp")), reason)


ADAPTER = WhatsApp()
