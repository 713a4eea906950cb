"""Gammu SMSD (a modem): what its RunOnReceive script posts, or rows of its `inbox` table.

The script posts the variables it was started with as JSON or a form, under their own names, with
`ids` (its arguments) and `time` (when it was started) added; docs/channels.md has one. A poller may
post rows instead, alone, in a list, or in `messages`. Secrets are in the path, the password of
Basic, or the header `options["secret_header"]` (`x-tanggap-secret`). The account is the PhoneID,
else `options["account"]` (`gammu`). Times name no zone: `options["zone"]` (`UTC`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.ingest.channels.message import (
    Aside,
    HookAnswer,
    HookKeys,
    HookRequest,
    Item,
    MalformedError,
    Message,
    Why,
)
from services.ingest.channels.numbers import citizen, made_up_id, part_of_hex
from services.ingest.channels.reading import (
    Document,
    form,
    from_iso,
    from_unix,
    is_form,
    line,
    listed,
    or_aside,
    parsed,
    whole,
    words,
)
from services.ingest.channels.signatures import carries_secret
from shared.contracts.enums import Channel

_PARTS_MAX = 255  # an SMS tells the number of its pieces in one byte


@dataclass(frozen=True, slots=True)
class Gammu:
    """The adapter; see `Adapter` for what each part promises."""

    channel: Channel = Channel.GAMMU
    max_bytes: int = 1024 * 1024

    def challenge(self, request: HookRequest, keys: HookKeys) -> HookAnswer | None:
        """Gammu has no handshake."""
        return None

    def authentic(self, request: HookRequest, keys: HookKeys) -> bool:
        """Whether the call carries a secret."""
        return carries_secret(request, keys)

    def parse(self, request: HookRequest, keys: HookKeys) -> Sequence[Item]:
        """Every message of a call."""
        return or_aside(_item(record, request, keys) for record in _records(request))

    def accepted(self) -> HookAnswer:
        """The script and the poller take any 200."""
        return HookAnswer(body=b"OK")


def _records(request: HookRequest) -> Sequence[Document]:
    if is_form(request.headers):
        return [dict(form(request.body))]
    found = parsed(request.body)
    if isinstance(found, dict):
        return listed(found["messages"]) if "messages" in found else [found]
    if isinstance(found, list):
        return listed(found)
    raise MalformedError("not-an-object")


def _item(record: Document, request: HookRequest, keys: HookKeys) -> Item:
    row = "SenderNumber" in record
    number = line(record.get("SenderNumber" if row else "SMS_1_NUMBER"))
    text = words(record.get("TextDecoded")) if row else _text(record)
    header = line(record.get("UDH"))
    part = part_of_hex(header)
    if not number or not (text.strip() or part):
        return Aside(Why.UNKNOWN)
    sender = citizen(number)
    if sender is None:
        return Aside(Why.MACHINE)
    phone = line(record.get("RecipientID" if row else "PHONE_ID"))
    ids = line(record.get("ID" if row else "ids"))
    time = line(record.get("ReceivingDateTime" if row else "time"))
    mine = phone or keys.options.get("account", "gammu")
    return Message(
        provider_id=f"{mine}:{ids or made_up_id(request.received_at, time, number, header, text)}",
        account=mine,
        sender=sender,
        text=text,
        sent_at=from_unix(time) or from_iso(time, keys.options.get("zone", "UTC")),
        part=part,
    )


def _text(record: Document) -> str:
    """The joined text where gammu could join it, else that of each piece."""
    for count, name in (("DECODED_PARTS", "DECODED_{}_TEXT"), ("SMS_MESSAGES", "SMS_{}_TEXT")):
        pieces = min(whole(record.get(count)) or 0, _PARTS_MAX)
        text = "".join(words(record.get(name.format(n))) for n in range(1, pieces + 1))
        if text:
            return text
    return ""


ADAPTER = Gammu()
