"""Facebook Page: comments and visitors' posts (public), and Messenger (private).

Secrets are app secrets. `options["own"]` (none) names more ids of the page itself. Without the
permission to see people `from` is missing: then the comment stands for its author, since a private
reply needs its id only. Hiding and showing by the page is nothing a citizen did.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.ingest.channels import meta
from services.ingest.channels.message import (
    Aside,
    HookAnswer,
    HookKeys,
    HookRequest,
    Item,
    Media,
    MediaKind,
    Message,
    Why,
)
from services.ingest.channels.reading import (
    Document,
    digest,
    document,
    from_unix,
    inner,
    line,
    listed,
    or_aside,
    words,
)
from shared.contracts.enums import Channel

_POSTS = ("post", "status", "photo", "video", "share")
_GESTURES = ("reaction", "like")


@dataclass(frozen=True, slots=True)
class Facebook:
    """The adapter; see `Adapter` for what each part promises."""

    channel: Channel = Channel.FACEBOOK
    max_bytes: int = meta.MAX_BYTES

    def challenge(self, request: HookRequest, keys: HookKeys) -> HookAnswer | None:
        """The handshake of a new webhook."""
        return meta.challenge(request, keys)

    def authentic(self, request: HookRequest, keys: HookKeys) -> bool:
        """Whether an app secret signed the body."""
        return meta.authentic(request, keys)

    def parse(self, request: HookRequest, keys: HookKeys) -> Sequence[Item]:
        """Every comment, post and direct message of every entry."""
        call = document(request.body)
        if call.get("object") != "page":
            return (Aside(Why.UNKNOWN),)
        return or_aside(item for entry in listed(call.get("entry")) for item in _items(entry, keys))

    def accepted(self) -> HookAnswer:
        """Any 200 will do."""
        return HookAnswer()


def _items(entry: Document, keys: HookKeys) -> Iterator[Item]:
    page = line(entry.get("id"))
    own = meta.own_ids(keys, page)
    for event in listed(entry.get("messaging")):
        yield from meta.direct(event, page, own)
    for _ in listed(entry.get("standby")):
        yield Aside(Why.UNKNOWN)  # another app talks with this person
    for change in listed(entry.get("changes")):
        value = inner(change, "value")
        if change.get("field") == "feed":
            yield _written(value, page, own)
        elif "sender" in value:
            yield from meta.direct(value, page, own)
        else:
            yield Aside(Why.UNKNOWN)


def _written(value: Document, page: str, own: frozenset[str]) -> Item:
    """A comment, or a post of a visitor."""
    item, verb = line(value.get("item")), line(value.get("verb"))
    if item in _GESTURES:
        return Aside(Why.REACTION)
    found = line(value.get("comment_id") if item == "comment" else value.get("post_id"))
    if item not in ("comment", *_POSTS) or not found:
        return Aside(Why.UNKNOWN)
    author = line(inner(value, "from").get("id")) or line(value.get("sender_id")) or found
    if author in own:
        return Aside(Why.OWN)
    written = Message(
        provider_id=found,  # a comment is added once
        account=page,
        sender=author,
        sent_at=from_unix(value.get("created_time")),
        thread=found,
        public=True,
        name=line(inner(value, "from").get("name")) or None,
    )
    return _done(written, value, verb)


def _done(written: Message, value: Document, verb: str) -> Item:
    """The comment or post as it was added, edited or removed."""
    found, text, media = written.provider_id, words(value.get("message")), _media(value)
    if verb == "remove":
        return replace(written, provider_id=f"{found}:removed", replies_to=found, removed=True)
    if verb not in ("add", "edited") or not (text or media):
        return Aside(Why.UNKNOWN)
    written = replace(written, text=text, media=media)
    if verb == "edited":
        edit = digest(written.sent_at, text)  # as often as one likes
        return replace(written, provider_id=f"{found}:edited:{edit}", replies_to=found, edited=True)
    parent = line(value.get("parent_id"))
    above = parent if parent != line(value.get("post_id")) else ""
    return replace(written, replies_to=above or None)


def _media(value: Document) -> tuple[Media, ...]:
    """Photos and videos by their addresses; the link of a mere link post is no file."""
    photos = value.get("photos")
    urls = [line(value.get("photo")), *map(line, photos if isinstance(photos, list) else [])]
    if value.get("item") == "photo":
        urls.append(line(value.get("link")))
    video = line(value.get("video")) or (
        line(value.get("link")) if value.get("item") == "video" else ""
    )
    found = [Media(MediaKind.IMAGE, url) for url in dict.fromkeys(urls) if url]
    return (*found, *([Media(MediaKind.VIDEO, video)] if video else []))


ADAPTER = Facebook()
