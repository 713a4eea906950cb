"""Calls of providers as they come, written after their documentation; one module a channel.

Each module has `SECRETS`, `OPTIONS` and `CALLS`: name to call, most of them unsigned.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from urllib.parse import parse_qsl, urlencode, urlsplit

from services.ingest.channels.message import HookKeys, HookRequest, Item, Message
from services.ingest.channels.registry import all_adapters
from shared.contracts.enums import Channel

NOW = datetime(2025, 11, 21, 4, 0, 30, tzinfo=UTC)
SITE = "https://lapor.example.go.id"


def get(url: str, *, headers: Mapping[str, str] | None = None) -> HookRequest:
    """A call without a body; the query is the address's own."""
    return HookRequest(
        method="GET",
        url=url,
        headers=dict(headers or {}),
        query=tuple(parse_qsl(urlsplit(url).query, keep_blank_values=True)),
        body=b"",
        received_at=NOW,
    )


def post(
    url: str, body: bytes, media_type: str, *, headers: Mapping[str, str] | None = None
) -> HookRequest:
    """A call with these very bytes."""
    call = get(url, headers={"content-type": media_type, **(headers or {})})
    return replace(call, method="POST", body=body)


def post_json(path: str, body: object, *, headers: Mapping[str, str] | None = None) -> HookRequest:
    """A call with a document."""
    return post(SITE + path, json.dumps(body).encode(), "application/json", headers=headers)


def post_form(
    path: str,
    fields: Mapping[str, str] | Iterable[tuple[str, str]],
    *,
    headers: Mapping[str, str] | None = None,
) -> HookRequest:
    """A call with a form."""
    pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
    body = urlencode(pairs).encode()
    return post(SITE + path, body, "application/x-www-form-urlencoded", headers=headers)


def with_header(call: HookRequest, name: str, value: str) -> HookRequest:
    """The call with one header more."""
    return replace(call, headers={**call.headers, name: value})


def without_header(call: HookRequest, name: str) -> HookRequest:
    """The call with one header less."""
    return replace(call, headers={key: value for key, value in call.headers.items() if key != name})


def flipped(body: bytes) -> list[bytes]:
    """The body with one byte changed, at its start, in its middle and at its end."""
    places = (0, len(body) // 2, len(body) - 1)
    return [body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :] for at in places]


def recorded(channel: Channel) -> Mapping[str, HookRequest]:
    """Every recorded call of a channel."""
    calls: Mapping[str, HookRequest] = import_module(f"tests.recorded.{channel.value}").CALLS
    return calls


def keys(channel: Channel, **options: str) -> HookKeys:
    """The secrets and options the recorded calls of a channel are checked with."""
    module = import_module(f"tests.recorded.{channel.value}")
    return HookKeys(module.SECRETS, "test-verify-token", {**module.OPTIONS, **options})


def read(channel: Channel, call: HookRequest, **options: str) -> list[Item]:
    """What the channel's adapter makes of a call."""
    return list(all_adapters()[channel].parse(call, keys(channel, **options)))


def one(channel: Channel, call: HookRequest, **options: str) -> Message:
    """The only message of a call."""
    (item,) = read(channel, call, **options)
    assert isinstance(item, Message), item
    return item
