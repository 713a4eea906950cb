"""Vonage SMS API: messages and delivery receipts by GET, form or JSON.

Secrets are the account's signature secrets. `options["method"]` (`md5hash`) is the account's way to
sign: `md5hash`, or HMAC by `md5`, `sha1`, `sha256` or `sha512`; `path` where Vonage signs nothing:
then the secret is in the path or Basic. `options["tolerance_seconds"]` (`90000`): Vonage repeats a
call for 24 hours and its timestamp is that of the message, so a shorter time would lose what came
while we were away; repeats of a call do no harm, they are known by the message's id.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

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
from services.ingest.channels.numbers import account, citizen, piece
from services.ingest.channels.reading import (
    code,
    document,
    form,
    from_iso,
    is_form,
    line,
    real,
    whole,
    words,
)
from services.ingest.channels.signatures import carries_secret, hmac_hex, raw, signed
from shared.contracts.enums import Channel

_TOLERANCE_SECONDS = 90_000.0
_HMACS = ("md5", "sha1", "sha256", "sha512")
_DELIVERIES = {
    "accepted": Delivery.SENT,
    "buffered": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "expired": Delivery.FAILED,
    "failed": Delivery.FAILED,
    "rejected": Delivery.FAILED,
}


@dataclass(frozen=True, slots=True)
class Vonage:
    """The adapter; see `Adapter` for what each part promises."""

    channel: Channel = Channel.VONAGE
    max_bytes: int = 64 * 1024

    def challenge(self, request: HookRequest, keys: HookKeys) -> HookAnswer | None:
        """Vonage has no handshake."""
        return None

    def authentic(self, request: HookRequest, keys: HookKeys) -> bool:
        """Whether a signature secret signed all parameters not too long ago."""
        method = keys.options.get("method", "md5hash").lower()
        if method == "path":
            return carries_secret(request, keys)
        try:
            fields = _fields(request)
        except MalformedError:
            return False
        content = raw(_signed_text(fields))

        def sign(secret: bytes) -> str:
            if method in _HMACS:
                return hmac_hex(secret, content, method)
            return hashlib.md5(content + secret, usedforsecurity=False).hexdigest()

        fresh = _fresh(request, fields, keys)
        genuine = signed(keys.secrets, fields.get("sig", "").lower(), sign)
        return genuine and fresh and (method == "md5hash" or method in _HMACS)

    def parse(self, request: HookRequest, keys: HookKeys) -> Sequence[Item]:
        """The message or the receipt of a call."""
        return (_item(_fields(request)),)

    def accepted(self) -> HookAnswer:
        """Any 200 will do."""
        return HookAnswer()


def _fields(request: HookRequest) -> Mapping[str, str]:
    """The flat fields of a call; one that is there twice would make the signature ambiguous."""
    if request.method == "GET" or not request.body:
        pairs: Iterable[tuple[str, str]] = request.query
    elif is_form(request.headers):
        pairs = form(request.body)
    else:
        pairs = [(name, _flat(value)) for name, value in document(request.body).items()]
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise MalformedError("repeated-field")
        found[name] = value
    return found


def _flat(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    if isinstance(value, int):
        return str(value)
    raise MalformedError("nested-field")


def _signed_text(fields: Mapping[str, str]) -> str:
    """`&name=value` in the order of the names, without the signature itself."""
    safe = str.maketrans("&=", "__")
    return "".join(
        f"&{name}={value.translate(safe)}"
        for name, value in sorted(fields.items())
        if name != "sig"
    )


def _fresh(request: HookRequest, fields: Mapping[str, str], keys: HookKeys) -> bool:
    tolerance = real(keys.options.get("tolerance_seconds"))
    at = whole(fields.get("timestamp"))
    if at is None:
        return False
    limit = _TOLERANCE_SECONDS if tolerance is None else tolerance
    return abs(request.received_at.timestamp() - at) <= limit


def _item(fields: Mapping[str, str]) -> Item:
    found, number = line(fields.get("messageId")), line(fields.get("msisdn"))
    at = from_iso(fields.get("message-timestamp"))
    if not found:
        return Aside(Why.UNKNOWN)
    if "status" in fields and "text" not in fields:
        delivery = _DELIVERIES.get(line(fields.get("status")))
        if delivery is None:
            return Aside(Why.UNKNOWN)
        error = code(fields.get("err-code"))
        return Receipt(found, delivery, at, error if error != "0" else None)
    part = None
    if fields.get("concat", "").lower() == "true":
        part = piece(
            line(fields.get("concat-ref")),
            whole(fields.get("concat-part")),
            whole(fields.get("concat-total")),
        )
    text = words(fields.get("text"))
    if not number or not (text.strip() or part):
        return Aside(Why.UNKNOWN)
    sender = citizen(number, international=True)
    if sender is None:
        return Aside(Why.MACHINE)
    return Message(
        provider_id=found,
        account=account(line(fields.get("to")), international=True),
        sender=sender,
        text=text,
        sent_at=at,
        part=part,
    )


ADAPTER = Vonage()
