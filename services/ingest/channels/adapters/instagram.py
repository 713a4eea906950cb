"""Instagram: comments (public) and direct messages, in both flavours of Meta's login.

One flavour puts `field` and `value` into the entry itself, the other into `changes[]`; both are
read. Secrets are app secrets. `options["own"]` (none): more ids or user names of the account
itself, since its id in comments can differ from the entry's. Mentions bring ids without any text
and are left aside. A comment has no time of its own: the entry's counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.ingest.channels import meta
from services.ingest.channels.message import (
    Aside,
    HookAnswer,
    HookKeys,
    HookRequest,
    Item,
    Message,
    Why,
)
from services.ingest.channels.reading import (
    Document,
    from_unix,
    inner,
    line,
    listed,
    or_aside,
    parsed,
    whole,
    words,
)
from shared.contracts.enums import Channel

_COMMENTS = ("comments", "live_comments")
_MILLISECONDS_FROM = 10**11  # seconds come to this in the year 5138


@dataclass(frozen=True, slots=True)
class Instagram:
    """The adapter; see `Adapter` for what each part promises."""

    channel: Channel = Channel.INSTAGRAM
    max_bytes: int = meta.MAX_BYTES

    def challenge(self, request: HookRequest, keys: HookKeys) -> HookAnswer | None:
        """The handshake of a new webhook."""
        return meta.challenge(request, keys)

    def authentic(self, request: HookRequest, keys: HookKeys) -> bool:
        """Whether an app secret signed the body."""
        return meta.authentic(request, keys)

    def parse(self, request: HookRequest, keys: HookKeys) -> Sequence[Item]:
        """Every comment and direct message of every entry."""
        found = parsed(request.body)
        # Meta's own examples show a list around the document.
        calls = listed(found if isinstance(found, list) else [found])
        return or_aside(
            item
            for call in calls
            if call.get("object") == "instagram"
            for entry in listed(call.get("entry"))
            for item in _items(entry, keys)
        )

    def accepted(self) -> HookAnswer:
        """Any 200 will do."""
        return HookAnswer()


def _items(entry: Document, keys: HookKeys) -> Iterator[Item]:
    account = line(entry.get("id"))
    own = meta.own_ids(keys, account)
    for event in listed(entry.get("messaging")):
        yield from meta.direct(event, account, own)
    for _ in listed(entry.get("standby")):
        yield Aside(Why.UNKNOWN)  # another app talks with this person
    changes = listed(entry.get("changes"))
    if "field" in entry:
        changes = [entry, *changes]
    for change in changes:
        value = change.get("value")
        for one in listed(value) if isinstance(value, list) else [inner(value)]:
            if change.get("field") in _COMMENTS:
                yield _comment(one, account, own, _time(entry))
            elif "sender" in one:
                yield from meta.direct(one, account, own)
            else:
                yield Aside(Why.UNKNOWN)


def _comment(value: Document, account: str, own: frozenset[str], sent_at: datetime | None) -> Item:
    found, text = line(value.get("id")), words(value.get("text"))
    author, name = (line(inner(value, "from").get(key)) for key in ("id", "username"))
    if author in own or name in own:
        return Aside(Why.OWN)
    if not found or not text:
        return Aside(Why.UNKNOWN)
    return Message(
        provider_id=found,
        account=account,
        sender=author or found,
        text=text,
        sent_at=sent_at,
        thread=found,
        public=True,
        name=name or None,
        replies_to=line(value.get("parent_id")) or None,
    )


def _time(entry: Document) -> datetime | None:
    """The entry's time: seconds for comments, milliseconds for messages, as Meta's examples."""
    time = whole(entry.get("time"))
    return from_unix(time, 1000 if time is not None and time > _MILLISECONDS_FROM else 1)


ADAPTER = Instagram()
