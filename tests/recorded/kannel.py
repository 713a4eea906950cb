"""Calls of Kannel's smsbox."""

from dataclasses import replace
from urllib.parse import quote, urlencode

from services.ingest.channels.message import HookRequest
from tests.recorded import SITE, get, post

SECRETS = ("test-path-secret", "older-path-secret")
OPTIONS = {"zone": "Asia/Makassar"}
SMS = {
    "from": "+6281200000001",
    "to": "1708",
    "text": "LAPOR jalan rusak & bau",
    "t": "2025-11-21 12:00",
    "smsc": "telko1",
    "udh": "",
    "coding": "0",
    "id": "6f1c0d2e-0001",
}


def by_get(octets: dict[str, bytes] | None = None, /, **fields: str) -> HookRequest:
    """A get-url call; `octets` are escaped as they are."""
    query = urlencode(fields)
    for name, value in (octets or {}).items():
        query += f"&{name}={quote(value)}"
    return replace(get(f"{SITE}/hooks/kannel/s?{query}"), path_secret=SECRETS[0])


def by_post(body: bytes, media_type: str, path: str = "", /, **headers: str) -> HookRequest:
    """A post-url call."""
    told = {
        "x-kannel-from": "+6281200000001",
        "x-kannel-to": "1708",
        "x-kannel-time": "2025-11-21 12:00:00",
        "x-kannel-smsc": "telko1",
        "x-kannel-service": "lapor",
    } | {f"x-kannel-{name}": value for name, value in headers.items()}
    call = post(f"{SITE}/hooks/kannel/s{path}", body, media_type, headers=told)
    return replace(call, path_secret=SECRETS[0])


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in SMS.items() if name not in names}


CALLS = {
    "get": by_get(**SMS),
    "get without id": by_get(**without("id")),
    "get in ucs-2": by_get({"text": "Lampu é mati ✓".encode("utf-16-be")}, **without("text")),
    "get in latin-1": by_get({"text": "Café rusak".encode("latin-1")}, **without("text")),
    "get in utf-8": by_get({"text": "Café ✓ 😀".encode()}, **without("text")),
    "get part": by_get({"udh": bytes.fromhex("050003AA0302")}, **without("udh")),
    "get part 16 bit": by_get({"udh": bytes.fromhex("060804012C0301")}, **without("udh")),
    "get part in hexadecimal": by_get(**SMS | {"udh": "050003AA0302"}),
    "get port and part": by_get(
        {"udh": bytes.fromhex("0B0504158200000003AA0303")}, **without("udh")
    ),
    "get ringtone": by_get(**SMS | {"udh": "06050415811581"}),
    "unix time": by_get(**SMS | {"t": "1763697600"}),
    "advertisement": by_get(**SMS | {"from": "TELKOMSEL"}),
    "short code": by_get(**SMS | {"from": "4444"}),
    "nobody": by_get(**without("from")),
    "post": by_post(b"LAPOR jalan rusak & bau", "text/plain; charset=UTF-8"),
    "post in ucs-2": by_post(
        "LAPOR jalan rusak & bau".encode("utf-16-be"), 'text/plain; charset="UTF-16BE"'
    ),
    "post with id": by_post(b"LAPOR", "text/plain", "?id=77"),
    "post part": by_post(b"lanjut", "text/plain", udh="050003AA0302"),
    "delivered": by_get(dlr="1", id="T-1", t="2025-11-21 12:01"),
    "failed": by_get(dlr="2", id="T-1", t="2025-11-21 12:01"),
    "expired": by_get(dlr="34", id="T-1", t="2025-11-21 12:01"),
    "refused by the centre": by_get(dlr="16", id="T-1", t="2025-11-21 12:01"),
    "buffered": by_get(dlr="4", id="T-1", t="2025-11-21 12:01"),
    "accepted": by_get(dlr="8", id="T-1", t="2025-11-21 12:01"),
    "no report": by_get(dlr="64", id="T-1"),
    "report of nothing": by_get(dlr="1"),
}
