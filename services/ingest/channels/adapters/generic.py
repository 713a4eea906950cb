"""Any other SMS gateway: which field holds what is told by options.

Names of fields: `options["from"]` (`from`), `options["to"]` (`to`), `options["text"]` (`text`),
`options["id"]` (`id`), `options["time"]` (`time`), `options["udh"]` (`udh`, hexadecimal),
`options["status"]` (none: there are no receipts). They are looked up in the JSON document, a dotted
name inside it (`data.message.body`, `items.0.id`), or in the form, then in the query.
`options["list"]` (none): the dotted name of a list of messages; `.` is the document itself.

`options["account"]` (`generic`): our number where the gateway names none. `options["zone"]`
(`UTC`): of times that name none; a time may also be seconds or milliseconds since 1970.

The secret is in the path, the password of Basic, the header `options["secret_header"]`
(`x-tanggap-secret`), or the field `options["secret_field"]` (none).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.ingest.channels.message import (
    Aside,
    Delivery,
    HookAnswer,
    HookKeys,
    HookRequest,
    Item,
    MalformedError,
    Message,
    Receipt,
    Why,
)
from services.ingest.channels.numbers import account, citizen, made_up_id, part_of_hex
from services.ingest.channels.reading import (
    EMPTY,
    form,
    from_iso,
    from_unix,
    line,
    media_type,
    or_aside,
    parsed,
    whole,
    words,
)
from services.ingest.channels.signatures import carries_secret, known
from shared.contracts.enums import Channel

_MILLISECONDS_FROM = 10**11  # seconds come to this in the year 5138
# What gateways call the ends of a delivery; the first are the names of SMPP.
_DELIVERIES = {
    Delivery.SENT: ("enroute", "acceptd", "accepted", "buffered", "queued", "sent", "pending"),
    Delivery.DELIVERED: ("delivrd", "delivered", "read", "success"),
    Delivery.FAILED: (
        "undeliv",
        "rejectd",
        "expired",
        "deleted",
        "undelivered",
        "undeliverable",
        "rejected",
        "failed",
        "error",
    ),
}


@dataclass(frozen=True, slots=True)
class Generic:
    """The adapter; see `Adapter` for what each part promises."""

    channel: Channel = Channel.GENERIC
    max_bytes: int = 1024 * 1024

    def challenge(self, request: HookRequest, keys: HookKeys) -> HookAnswer | None:
        """There is no handshake."""
        return None

    def authentic(self, request: HookRequest, keys: HookKeys) -> bool:
        """Whether the call carries a secret."""
        found = carries_secret(request, keys)
        name = keys.options.get("secret_field", "")
        if name:
            try:
                field = words(_Call(request, _content(request)).field(EMPTY, name))
            except MalformedError:
                return False
            found |= known(keys.secrets, field)
        return found

    def parse(self, request: HookRequest, keys: HookKeys) -> Sequence[Item]:
        """Every message and receipt of a call."""
        call = _Call(request, _content(request))
        return or_aside(_item(call, record, keys) for record in call.records(keys))

    def accepted(self) -> HookAnswer:
        """What most gateways want to read."""
        return HookAnswer(body=b"OK")


@dataclass(frozen=True, slots=True)
class _Call:
    """A call whose fields are found by name: in a record, the document, then the query."""

    request: HookRequest
    content: object

    def records(self, keys: HookKeys) -> Iterator[object]:
        path = keys.options.get("list", "")
        found = self.content if path in ("", ".") else _at(self.content, path)
        yield from found if isinstance(found, list) else [found]

    def field(self, record: object, name: str) -> object:
        for place in (record, self.content, dict(self.request.query)):
            value = _at(place, name)
            if value is not None:
                return value
        return None


def _content(request: HookRequest) -> object:
    """A document, or the fields of a form; gateways often name no type, or a wrong one."""
    if not request.body:
        return EMPTY
    if "json" in media_type(request.headers) or request.body.lstrip()[:1] in (b"{", b"["):
        return parsed(request.body)
    return dict(form(request.body))


def _at(value: object, path: str) -> object:
    """What a dotted name leads to; a key that has dots itself goes first."""
    if isinstance(value, dict) and path in value:
        found: object = value[path]
        return found
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and len(step) < 6:
            value = value[int(step)] if int(step) < len(value) else None
        else:
            return None
    return value


def _item(call: _Call, record: object, keys: HookKeys) -> Item:
    def field(name: str) -> object:
        return call.field(record, keys.options.get(name, name))

    found, told_time = line(field("id")), line(field("time"))
    at = _time(told_time, keys)
    status_name = keys.options.get("status", "")
    if status_name and (status := line(call.field(record, status_name)).lower()):
        return _receipt(found, status, at)
    number, text = line(field("from")), words(field("text"))
    header = line(field("udh"))
    part = part_of_hex(header)
    if not number or not (text.strip() or part):
        return Aside(Why.UNKNOWN)
    sender = citizen(number)
    if sender is None:
        return Aside(Why.MACHINE)
    to = line(field("to")) or keys.options.get("account", "generic")
    received_at = call.request.received_at
    return Message(
        provider_id=found or made_up_id(received_at, told_time, number, to, header, text),
        account=account(to),
        sender=sender,
        text=text,
        sent_at=at,
        part=part,
    )


def _time(told: str, keys: HookKeys) -> datetime | None:
    count = whole(told)
    if count is None:
        return from_iso(told, keys.options.get("zone", "UTC"))
    return from_unix(count, 1000 if count > _MILLISECONDS_FROM else 1)


def _receipt(found: str, status: str, at: datetime | None) -> Item:
    for delivery, names in _DELIVERIES.items():
        if found and status in names:
            reason = status if delivery is Delivery.FAILED else None
            return Receipt(found, delivery, at, reason)
    return Aside(Why.UNKNOWN)


ADAPTER = Generic()
