"""Whatever is sent: an adapter gives items or `MalformedError`, and lets nobody in by accident."""

import json
from dataclasses import replace
from datetime import UTC
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from services.ingest.channels.message import (
    Adapter,
    Aside,
    HookKeys,
    HookRequest,
    MalformedError,
    Message,
    Receipt,
)
from services.ingest.channels.registry import all_adapters
from shared.contracts.enums import Channel
from tests.recorded import get, keys, post, recorded

ADAPTERS = all_adapters()
EVERY = pytest.mark.parametrize("channel", sorted(ADAPTERS))
FUZZED = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
TYPES = (
    "application/json",
    "application/x-www-form-urlencoded",
    "text/plain; charset=UTF16-BE",
    "",
)
# What stands where something else is expected.
ODD: list[Any] = [
    None,
    True,
    -1,
    0,
    2**53,
    2**70,
    1e300,
    float("nan"),
    "",
    " ",
    "\x00",
    "\ud800",
    "9" * 400,
    "NaN",
    "1e999",
    [],
    [[]],
    [None],
    {},
    {"id": {}},
    "x" * 3000,
    "2025-11-21T00:00:00+99:99",
    [{"type": "image", "payload": []}],
]


def items(adapter: Adapter, call: HookRequest, live: HookKeys) -> list[Any]:
    """What comes of a call; malformed gives nothing, anything else that is raised fails."""
    try:
        return list(adapter.parse(call, live))
    except MalformedError:
        return []


def check(adapter: Adapter, call: HookRequest, live: HookKeys) -> None:
    """Everything an adapter may be asked about a call, and what its items promise."""
    assert adapter.authentic(call, HookKeys(options=live.options)) is False
    assert adapter.authentic(call, HookKeys(("",), "", live.options)) is False
    assert isinstance(adapter.authentic(call, live), bool)
    adapter.challenge(call, live)
    for item in items(adapter, call, live):
        assert isinstance(item, Message | Receipt | Aside)
        orjson.dumps(item)  # no half of a pair of code points: it could not be kept
        if isinstance(item, Receipt):
            assert item.provider_id
            assert item.reason is None or len(item.reason) <= 40
        if isinstance(item, Message):
            assert item.provider_id
            assert item.sender
            assert item.text or item.media or item.point or item.part or item.removed
            assert item.sent_at is None or item.sent_at.tzinfo is UTC
            assert bool(item.replies_to) or not (item.removed or item.edited)
            assert item.thread is not None or not item.public


def mutated(value: Any, draw: st.DrawFn) -> Any:
    """The document with one place of it changed, removed or replaced."""
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        key = draw(st.sampled_from(sorted(value)))
        rest = {name: inner for name, inner in value.items() if name != key}
        return rest if not draw(st.integers(0, 5)) else rest | {key: mutated(value[key], draw)}
    if isinstance(value, list) and value and draw(st.integers(0, 5)):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], mutated(value[place], draw), *value[place + 1 :]]
    return draw(st.sampled_from(ODD))


@st.composite
def altered(draw: st.DrawFn, channel: Channel) -> HookRequest:
    """A recorded call with a place in its document, a byte of it, or its type changed."""
    call = draw(st.sampled_from(list(recorded(channel).values())))
    if draw(st.booleans()) and call.body[:1] in (b"{", b"["):
        document = mutated(json.loads(call.body), draw)
        # Escaped as Meta does, or as it is.
        escaped = draw(st.booleans())
        text = json.dumps(document, ensure_ascii=escaped)
        return replace(call, body=text.encode("utf-8", "surrogatepass"))
    body = bytearray(call.body)
    for _ in range(draw(st.integers(0, 3)) if body else 0):
        body[draw(st.integers(0, len(body) - 1))] = draw(st.integers(0, 255))
    kind = draw(st.sampled_from((*TYPES, call.headers.get("content-type", ""))))
    return replace(call, body=bytes(body), headers={**call.headers, "content-type": kind})


@EVERY
def test_every_channel_has_recorded_calls_that_are_read(channel: Channel) -> None:
    adapter, live = ADAPTERS[channel], keys(channel)
    calls = recorded(channel)
    assert len(calls) >= 10
    for call in calls.values():
        assert items(adapter, call, live)
        assert len(call.body) <= adapter.max_bytes
        check(adapter, call, live)
    assert adapter.accepted().status == 200


@EVERY
@FUZZED
@given(data=st.data())
def test_recorded_calls_with_a_change(channel: Channel, data: st.DataObject) -> None:
    check(ADAPTERS[channel], data.draw(altered(channel)), keys(channel))


@EVERY
@FUZZED
@given(body=st.binary(max_size=200), kind=st.sampled_from(TYPES), query=st.binary(max_size=60))
def test_any_bytes(channel: Channel, body: bytes, kind: str, query: bytes) -> None:
    url = f"https://x.id/hooks?{quote(query, safe='&=+')}"
    check(ADAPTERS[channel], post(url, body, kind), keys(channel))
    check(ADAPTERS[channel], get(url), keys(channel))


@EVERY
@FUZZED
@given(value=st.text(st.characters(), max_size=40))
def test_any_header(channel: Channel, value: str) -> None:
    names = (
        "authorization",
        "content-type",
        "x-hub-signature-256",
        "x-twilio-signature",
        "x-twitter-webhooks-signature",
        "x-telegram-bot-api-secret-token",
        "x-tanggap-secret",
        "x-kannel-from",
        "x-kannel-udh",
        "x-kannel-time",
    )
    live = keys(channel)
    assume(value not in live.secrets)
    call = post("https://x.id/" + value, b"{}", "", headers=dict.fromkeys(names, value))
    assert ADAPTERS[channel].authentic(replace(call, path_secret=value), live) is False
    check(ADAPTERS[channel], replace(call, path_secret=value), live)


@EVERY
def test_deep_documents_and_long_numbers(channel: Channel) -> None:
    bodies = (b'{"entry":' * 3000, b"[" * 100_000, b'{"update_id":' + b"9" * 5000 + b"}", b"{}")
    for body in bodies:
        check(ADAPTERS[channel], post("https://x.id/", body, "application/json"), keys(channel))
    form = "&".join(f"a{number}=1" for number in range(5000)).encode()
    check(ADAPTERS[channel], post("https://x.id/", form, TYPES[1]), keys(channel))
