"""Twilio: SMS, MMS and WhatsApp senders by form, GET or JSON; status callbacks as receipts.

Secrets are auth tokens. The signature covers the address as Twilio called it and every parameter,
or for a JSON body its hash in the address; so the address must be our public one. A sender like
`whatsapp:+62…` keeps its prefix, since the answer must go out with it. Twilio tells no time.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qsl

from services.ingest.channels.message import (
    Aside,
    Delivery,
    HookAnswer,
    HookKeys,
    HookRequest,
    Item,
    MalformedError,
    Media,
    MediaKind,
    Message,
    Receipt,
    Why,
)
from services.ingest.channels.numbers import account, citizen
from services.ingest.channels.reading import (
    code,
    document,
    form,
    is_form,
    line,
    point,
    whole,
    words,
)
from services.ingest.channels.signatures import hmac_base64, matches, raw, signed
from shared.contracts.enums import Channel

_DELIVERIES = {
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.DELIVERED,
    "undelivered": Delivery.FAILED,
    "failed": Delivery.FAILED,
    "canceled": Delivery.FAILED,
}
_MEDIA_MAX = 10  # Twilio's own limit of a message


@dataclass(frozen=True, slots=True)
class Twilio:
    """The adapter; see `Adapter` for what each part promises."""

    channel: Channel = Channel.TWILIO
    max_bytes: int = 256 * 1024

    def challenge(self, request: HookRequest, keys: HookKeys) -> HookAnswer | None:
        """Twilio has no handshake."""
        return None

    def authentic(self, request: HookRequest, keys: HookKeys) -> bool:
        """Whether an auth token signed the address with all parameters, or with the body's hash."""
        given = request.headers.get("x-twilio-signature")
        try:
            covered, parameters = _covered(request)
        except MalformedError:
            return False
        found = False
        # Twilio leaves out a port or names the usual one, by product.
        for address in _addresses(request.url):
            sign = partial(hmac_base64, signed_bytes=raw(address + parameters), method="sha1")
            found |= signed(keys.secrets, given, sign)
        return found and covered

    def parse(self, request: HookRequest, keys: HookKeys) -> Sequence[Item]:
        """The message or the status of a call."""
        return (_item(_fields(request)),)

    def accepted(self) -> HookAnswer:
        """An empty TwiML document: nothing is sent back by the answer itself."""
        return HookAnswer(body=b"<Response/>", media_type="text/xml")


def _covered(request: HookRequest) -> tuple[bool, str]:
    """Whether the body is signed at all, and what of it follows the address."""
    if request.method == "GET" or not request.body:
        return not request.body, ""
    if is_form(request.headers):
        return True, "".join(name + value for name, value in sorted(set(form(request.body))))
    told = dict(parse_qsl(request.url.partition("?")[2])).get("bodySHA256")
    return matches(hashlib.sha256(request.body).hexdigest(), told and told.lower()), ""


def _addresses(url: str) -> Sequence[str]:
    address = url.partition("#")[0]
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    usual = {"https": "443", "http": "80"}.get(scheme, "")
    bare = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    return tuple(
        dict.fromkeys(
            (address, f"{scheme}://{bare}{slash}{path}", f"{scheme}://{bare}:{usual}{slash}{path}")
        )
    )


def _fields(request: HookRequest) -> Mapping[str, object]:
    if request.method == "GET" or not request.body:
        return dict(request.query)
    return dict(form(request.body)) if is_form(request.headers) else document(request.body)


def _item(fields: Mapping[str, object]) -> Item:
    sid = line(fields.get("MessageSid")) or line(fields.get("SmsSid"))
    status = line(fields.get("MessageStatus")) or line(fields.get("SmsStatus"))
    if not sid:
        return Aside(Why.UNKNOWN)
    if status not in ("", "received", "receiving"):
        delivery = _DELIVERIES.get(status)
        if delivery is None:
            return Aside(Why.UNKNOWN)
        return Receipt(sid, delivery, None, code(fields.get("ErrorCode")))
    return _message(fields, sid)


def _message(fields: Mapping[str, object], sid: str) -> Item:
    scheme, colon, number = line(fields.get("From")).rpartition(":")
    # Of networks without phones the id is the person: `messenger:…`.
    sender = citizen(number) or (number if scheme else None)
    text = words(fields.get("ButtonPayload")) or words(fields.get("Body"))
    media = _media(fields)
    place = point(
        fields.get("Latitude"),
        fields.get("Longitude"),
        name=fields.get("Label"),
        address=fields.get("Address"),
    )
    if not number or not (text.strip() or media or place):
        return Aside(Why.UNKNOWN)
    if sender is None:
        return Aside(Why.MACHINE)
    return Message(
        provider_id=sid,
        account=account(line(fields.get("To"))),
        sender=f"{scheme}{colon}{sender}",
        text=text,
        name=line(fields.get("ProfileName")) or None,
        media=media,
        point=place,
        replies_to=line(fields.get("OriginalRepliedMessageSid")) or None,
    )


def _media(fields: Mapping[str, object]) -> tuple[Media, ...]:
    found = []
    for number in range(min(whole(fields.get("NumMedia")) or 0, _MEDIA_MAX)):
        url = line(fields.get(f"MediaUrl{number}"))
        media_type = line(fields.get(f"MediaContentType{number}"))
        family = media_type.partition("/")[0]
        kind = MediaKind(family) if family in ("image", "audio", "video") else MediaKind.DOCUMENT
        if url:
            found.append(Media(kind, url, media_type or None))
    return tuple(found)


ADAPTER = Twilio()
