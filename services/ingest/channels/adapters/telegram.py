"""Telegram bot: private chats with one bot or several, one update a call.

Secrets are the webhook's secret tokens. Which bot was written to stands in no update: it is
`account` in the query of the registered address, else `options["account"]` (`bot`). Rules:

- A message is known by bot, chat, number and second, since that is how edits and replies name it.
  The number alone would do until a bot is made anew under the old name and counts from 1 again.
- An edit is a new wording of a message, under an id of its own; an edited live position says
  nothing new and is left aside.
- Groups and channels are left aside: the bot talks with one person at a time, and in a group
  everybody would read the answers. Bots are no citizens.
- A pressed button gives its data as text, since we put commands there.
- Of a picture's sizes the largest counts; an album comes in several updates of one group.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
    from_unix,
    inner,
    line,
    listed,
    point,
    whole,
    words,
)
from services.ingest.channels.signatures import known
from shared.contracts.enums import Channel

_FILES = {
    "document": MediaKind.DOCUMENT,
    "voice": MediaKind.AUDIO,
    "audio": MediaKind.AUDIO,
    "video": MediaKind.VIDEO,
    "video_note": MediaKind.VIDEO,
    "animation": MediaKind.VIDEO,
}
_GESTURES = ("message_reaction", "message_reaction_count")
_OWN = ("channel_post", "edited_channel_post")


@dataclass(frozen=True, slots=True)
class Telegram:
    """The adapter; see `Adapter` for what each part promises."""

    channel: Channel = Channel.TELEGRAM
    max_bytes: int = 1024 * 1024

    def challenge(self, request: HookRequest, keys: HookKeys) -> HookAnswer | None:
        """Telegram has no handshake."""
        return None

    def authentic(self, request: HookRequest, keys: HookKeys) -> bool:
        """Whether the header holds a secret token."""
        return known(keys.secrets, request.headers.get("x-telegram-bot-api-secret-token"))

    def parse(self, request: HookRequest, keys: HookKeys) -> Sequence[Item]:
        """The one thing of an update."""
        bot = line(dict(request.query).get("account")) or keys.options.get("account", "bot")
        return (_item(document(request.body), bot),)

    def accepted(self) -> HookAnswer:
        """Any 200 will do; answers go out by the bot's own calls."""
        return HookAnswer()


def _item(update: Document, bot: str) -> Item:
    number = whole(update.get("update_id"))
    if number is None:
        return Aside(Why.UNKNOWN)
    provider_id = f"{bot}:{number}"
    if "message" in update:
        return _message(inner(update, "message"), provider_id, bot)
    if "edited_message" in update:
        return _message(inner(update, "edited_message"), provider_id, bot, edited=True)
    if "callback_query" in update:
        return _pressed(inner(update, "callback_query"), provider_id, bot)
    if any(name in update for name in _OWN):
        return Aside(Why.OWN)
    return Aside(Why.REACTION if any(name in update for name in _GESTURES) else Why.UNKNOWN)


def _message(message: Document, provider_id: str, bot: str, *, edited: bool = False) -> Item:
    sender = line(inner(message, "chat").get("id"))
    if inner(message, "from").get("is_bot") is True:
        return Aside(Why.MACHINE)
    if not sender or inner(message, "chat").get("type") != "private":
        return Aside(Why.UNKNOWN)
    if "sticker" in message:
        return Aside(Why.REACTION)
    place = _point(message)
    text = words(message.get("text")) or words(message.get("caption")) or _contact(message)
    media = _media(message)
    if not (text or media or place) or (edited and place):
        return Aside(Why.UNKNOWN)
    album = line(message.get("media_group_id"))
    reference = _reference(message, bot)
    other = reference if edited else _reference(inner(message, "reply_to_message"), bot, sender)
    return Message(
        provider_id=provider_id if edited else reference or provider_id,
        account=bot,
        sender=sender,
        text=text,
        sent_at=from_unix(message.get("edit_date") if edited else message.get("date")),
        name=_name(inner(message, "from")),
        media=media,
        point=place,
        replies_to=other,
        # The edit of an album's picture is alone, but waits as long: the album goes first.
        group=(f"{album}:{provider_id}" if edited else album) if album else None,
        edited=edited and other is not None,
    )


def _reference(message: Document, bot: str, chat: str = "") -> str | None:
    """What a message of a chat is known by; the same in the message, its edits and replies."""
    chat = line(inner(message, "chat").get("id")) or chat
    number, date = whole(message.get("message_id")), whole(message.get("date"))
    if not chat or number is None or date is None:
        return None
    return f"{bot}:{chat}:{number}:{date}"


def _pressed(query: Document, provider_id: str, bot: str) -> Item:
    """A button under one of our messages."""
    who, text = inner(query, "from"), words(query.get("data"))
    kind = inner(query, "message", "chat").get("type", "private")
    if who.get("is_bot") is True:
        return Aside(Why.MACHINE)
    if not line(who.get("id")) or not text or kind != "private":
        return Aside(Why.UNKNOWN)
    return Message(
        provider_id=provider_id,
        account=bot,
        sender=line(who.get("id")),
        text=text,
        name=_name(who),
        replies_to=_reference(inner(query, "message"), bot, line(who.get("id"))),
    )


def _name(person: Document) -> str | None:
    return line(f"{line(person.get('first_name'))} {line(person.get('last_name'))}") or None


def _contact(message: Document) -> str:
    """A visiting card as one line: the name and the number."""
    card = inner(message, "contact")
    return line(f"{_name(card) or ''} {line(card.get('phone_number'))}")


def _media(message: Document) -> tuple[Media, ...]:
    sizes = [size for size in listed(message.get("photo")) if line(size.get("file_id"))]
    if sizes:
        largest = max(sizes, key=_area)
        return (Media(MediaKind.IMAGE, line(largest.get("file_id")), "image/jpeg"),)
    # An animation also comes as a document, for old programs.
    for name in reversed(_FILES):
        file = inner(message, name)
        if reference := line(file.get("file_id")):
            media_type = line(file.get("mime_type")) or None
            image = media_type is not None and media_type.startswith("image/")
            return (Media(MediaKind.IMAGE if image else _FILES[name], reference, media_type),)
    return ()


def _area(size: Document) -> int:
    return (whole(size.get("width")) or 0) * (whole(size.get("height")) or 0)


def _point(message: Document) -> Point | None:
    venue = inner(message, "venue")
    place = inner(venue, "location") or inner(message, "location")
    return point(
        place.get("latitude"),
        place.get("longitude"),
        name=venue.get("title"),
        address=venue.get("address"),
        precision=place.get("horizontal_accuracy"),
    )


ADAPTER = Telegram()
