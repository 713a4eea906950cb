"""Kannel: messages by get-url or post-url, delivery reports by dlr-url.

The parameters are ours, since the address is: `from=%p to=%P text=%a t=%t smsc=%i udh=%u
charset=%C id=%I`, for reports `dlr=%d id=<ours> t=%t`. With post-url the text is the body and
the rest is in `X-Kannel-…` headers; parameters of its address count first. Kannel signs nothing:
the secret is in the path, the password of Basic, or the header `options["secret_header"]`
(`x-tanggap-secret`). `%t` names no zone: `options["zone"]` (`UTC`). Without `%I` the same words of
one sender within the same minute are one message.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from services.ingest.channels.message import (
    Aside,
    Delivery,
    HookAnswer,
    HookKeys,
    HookRequest,
    Item,
    Message,
    Part,
    Receipt,
    Why,
)
from services.ingest.channels.numbers import (
    account,
    citizen,
    made_up_id,
    part_of,
    part_of_hex,
)
from services.ingest.channels.reading import from_iso, from_unix, line, whole, words
from services.ingest.channels.signatures import carries_secret, raw
from shared.contracts.enums import Channel

_CHARSETS = {
    "utf8": "utf-8",
    "utf16be": "utf-16-be",
    "utf16": "utf-16",
    "ucs2": "utf-16-be",
    "iso88591": "latin-1",
    "latin1": "latin-1",
    "windows1252": "cp1252",
    "cp1252": "cp1252",
}
_HEADERS = {"from": "from", "to": "to", "t": "time", "udh": "udh", "smsc": "smsc"}
# The bits of %d: delivered; failed at the phone or at the centre; the rest is under way.
_DELIVERED, _FAILED, _ACCEPTED = 1, 2 | 16, 4 | 8


@dataclass(frozen=True, slots=True)
class Kannel:
    """The adapter; see `Adapter` for what each part promises."""

    channel: Channel = Channel.KANNEL
    max_bytes: int = 64 * 1024

    def challenge(self, request: HookRequest, keys: HookKeys) -> HookAnswer | None:
        """Kannel has no handshake."""
        return None

    def authentic(self, request: HookRequest, keys: HookKeys) -> bool:
        """Whether the call carries a secret."""
        return carries_secret(request, keys)

    def parse(self, request: HookRequest, keys: HookKeys) -> Sequence[Item]:
        """The message or the report of a call."""
        octets = _octets(request)
        fields = {name: line(value.decode("utf-8", "replace")) for name, value in octets.items()}
        if "dlr" in fields:
            return (_receipt(fields, keys),)
        return (_message(request, octets, fields, keys),)

    def accepted(self) -> HookAnswer:
        """Nothing at all: Kannel would send the words of an answer to the citizen."""
        return HookAnswer()


def _octets(request: HookRequest) -> Mapping[str, bytes]:
    """The parameters as bytes: a text may be in any charset, a header (UDH) is none."""
    found = {
        name: raw(request.headers[f"x-kannel-{header}"])
        for name, header in _HEADERS.items()
        if f"x-kannel-{header}" in request.headers
    }
    if request.method == "POST":
        found["text"] = request.body
        content_type = request.headers.get("content-type", "")
        found["charset"] = raw(content_type.lower().partition("charset=")[2].strip(' "'))
    for pair in request.url.partition("#")[0].partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        if value:
            found[name] = unquote_to_bytes(raw(value.replace("+", " ")))
    return found


def _message(
    request: HookRequest, octets: Mapping[str, bytes], fields: Mapping[str, str], keys: HookKeys
) -> Item:
    number = fields.get("from", "")
    text = words(_decoded(octets.get("text", b""), fields.get("charset", "")))
    part = _part(octets.get("udh", b""))
    if not number or not (text.strip() or part):
        return Aside(Why.UNKNOWN)
    sender = citizen(number)
    if sender is None:
        return Aside(Why.MACHINE)
    time, to = fields.get("t", ""), fields.get("to", "")
    alike = (fields.get("smsc", ""), number, to, octets.get("udh", b"").hex(), text)
    return Message(
        provider_id=fields.get("id") or made_up_id(request.received_at, time, *alike),
        account=account(to),
        sender=sender,
        text=text,
        sent_at=from_unix(time) or from_iso(time, keys.options.get("zone", "UTC")),
        part=part,
    )


def _part(header: bytes) -> Part | None:
    """The piece; get-url has the header's bytes, post-url writes them in hexadecimal."""
    if not header:
        return None
    return part_of(header) or part_of_hex(header.decode("latin-1").removeprefix("0x"))


def _decoded(octets: bytes, charset: str) -> str:
    """The text by the charset that is named, else by what it looks like."""
    named = _CHARSETS.get("".join(filter(str.isalnum, charset.lower())), "utf-8")
    for name in (named, "utf-8", "utf-16-be" if b"\x00" in octets else "latin-1"):
        try:
            text = octets.decode(name)
        except UnicodeDecodeError:
            continue
        # Every second byte of Latin letters in UCS-2 is NUL: then it was none of the others.
        if "\x00" not in text:
            return text
    return octets.decode("latin-1")


def _receipt(fields: Mapping[str, str], keys: HookKeys) -> Item:
    found, bits = fields.get("id", ""), whole(fields["dlr"])
    if not found or bits is None or not bits & (_DELIVERED | _FAILED | _ACCEPTED):
        return Aside(Why.UNKNOWN)
    time = fields.get("t", "")
    at = from_unix(time) or from_iso(time, keys.options.get("zone", "UTC"))
    if bits & _DELIVERED:
        return Receipt(found, Delivery.DELIVERED, at)
    if bits & _FAILED:
        return Receipt(found, Delivery.FAILED, at, f"dlr-{bits}")
    return Receipt(found, Delivery.SENT, at)


ADAPTER = Kannel()
