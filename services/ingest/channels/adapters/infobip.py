"""Infobip: messages (format MO_JSON_2) and delivery reports, every one of a call.

Infobip signs nothing we could verify: the secret is in the path, the password of Basic, or the
header `options["secret_header"]` (`x-tanggap-secret`). `text` counts, not `cleanText`, which lost
its first word.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.ingest.channels.message import (
    Aside,
    Delivery,
    HookAnswer,
    HookKeys,
    HookRequest,
    Item,
    Message,
    Receipt,
    Why,
)
from services.ingest.channels.numbers import account, citizen
from services.ingest.channels.reading import (
    Document,
    code,
    document,
    from_iso,
    inner,
    line,
    listed,
    or_aside,
    words,
)
from services.ingest.channels.signatures import carries_secret
from shared.contracts.enums import Channel

_DELIVERIES = {
    "PENDING": Delivery.SENT,
    "DELIVERED": Delivery.DELIVERED,
    "UNDELIVERABLE": Delivery.FAILED,
    "EXPIRED": Delivery.FAILED,
    "REJECTED": Delivery.FAILED,
}
# Its group is called delivered, but the phone has not got it yet.
_AT_THE_OPERATOR = "DELIVERED_TO_OPERATOR"


@dataclass(frozen=True, slots=True)
class Infobip:
    """The adapter; see `Adapter` for what each part promises."""

    channel: Channel = Channel.INFOBIP
    max_bytes: int = 1024 * 1024

    def challenge(self, request: HookRequest, keys: HookKeys) -> HookAnswer | None:
        """Infobip has no handshake."""
        return None

    def authentic(self, request: HookRequest, keys: HookKeys) -> bool:
        """Whether the call carries a secret."""
        return carries_secret(request, keys)

    def parse(self, request: HookRequest, keys: HookKeys) -> Sequence[Item]:
        """Every message and report of a call."""
        return or_aside(map(_item, listed(document(request.body).get("results"))))

    def accepted(self) -> HookAnswer:
        """Any 200 will do."""
        return HookAnswer()


def _item(result: Document) -> Item:
    found = line(result.get("messageId"))
    if not found:
        return Aside(Why.UNKNOWN)
    if "status" in result:
        return _receipt(result, found)
    number, text = line(result.get("from")), words(result.get("text"))
    if not number or not text.strip():
        return Aside(Why.UNKNOWN)
    sender = citizen(number, international=True)
    if sender is None:
        return Aside(Why.MACHINE)
    return Message(
        provider_id=found,
        account=account(line(result.get("to")), international=True),
        sender=sender,
        text=text,
        sent_at=from_iso(result.get("receivedAt")),
    )


def _receipt(result: Document, found: str) -> Item:
    status, error = inner(result, "status"), inner(result, "error")
    delivery = _DELIVERIES.get(line(status.get("groupName")))
    if delivery is None:
        return Aside(Why.UNKNOWN)
    name = line(status.get("name"))
    if name == _AT_THE_OPERATOR:
        delivery = Delivery.SENT
    reason = None
    if delivery is Delivery.FAILED:
        told = line(error.get("name"))
        reason = code(told if told not in ("", "NO_ERROR") else name)
    return Receipt(found, delivery, from_iso(result.get("doneAt")), reason)


ADAPTER = Infobip()
