"""Calls of Instagram, in both flavours of login."""

from typing import Any

from services.ingest.channels.message import HookRequest
from tests.recorded import post_json

SECRETS = ("test-app-secret", "older-app-secret")
OPTIONS = {"own": "@pemkab_uji, 3999"}
ACCOUNT, CITIZEN = "3000", "4000"


def call(*entries: dict[str, Any]) -> HookRequest:
    filled = [{"id": ACCOUNT, "time": 1763700000, **entry} for entry in entries]
    return post_json("/hooks/instagram", {"object": "instagram", "entry": filled})


def comment(number: int = 1, field: str = "comments", /, **more: Any) -> dict[str, Any]:
    value = {
        "id": f"17800{number}",
        "from": {"id": CITIZEN, "username": "warga_uji"},
        "text": f"Lampu mati, {number}",
        "media": {"id": "555", "media_product_type": "FEED"},
    }
    return {"field": field, "value": value | more}


def event(**what: Any) -> dict[str, Any]:
    return {
        "sender": {"id": CITIZEN},
        "recipient": {"id": ACCOUNT},
        "timestamp": 1763700000123,
        **what,
    }


def sent(**message: Any) -> HookRequest:
    return call({"time": 1763700000200, "messaging": [event(message={"mid": "ig_1", **message})]})


CALLS = {
    "comment in entry": call(comment()),
    "comment in changes": call({"changes": [comment()]}),
    "batch": call({"changes": [comment(1), comment(2)]}, comment(3), comment(4)),
    "values in a list": call({"field": "comments", "value": [comment(1)["value"]]}),
    "live comment": call(comment(1, "live_comments")),
    "reply": call(comment(2, parent_id="178001")),
    "own by id": call(comment(**{"from": {"id": ACCOUNT}})),
    "own by name": call(comment(**{"from": {"id": "17", "username": "pemkab_uji"}})),
    "own by option": call(comment(**{"from": {"id": "3999"}})),
    "mention": call({"changes": [{"field": "mentions", "value": {"comment_id": "1"}}]}),
    "insights": call({"changes": [{"field": "story_insights", "value": {"media_id": "5"}}]}),
    "text": sent(text="Halo"),
    "echo": sent(text="Terima kasih", is_echo=True),
    "unsent": sent(is_deleted=True),
    "unsupported": sent(is_unsupported=True),
    "image": sent(attachments=[{"type": "image", "payload": {"url": "https://cdn/1.jpg"}}]),
    "voice": sent(attachments=[{"type": "audio", "payload": {"url": "https://cdn/2.m4a"}}]),
    "story mention": sent(
        attachments=[{"type": "story_mention", "payload": {"url": "https://cdn/3"}}]
    ),
    "story reply": sent(text="ini di mana?", reply_to={"story": {"id": "9"}}),
    "seen": call({"messaging": [event(read={"mid": "ig_9"})]}),
    "reaction": call({"messaging": [event(reaction={"mid": "ig_1", "action": "react"})]}),
    "in a list": post_json(
        "/hooks/instagram",
        [{"object": "instagram", "entry": [{"id": ACCOUNT, "time": 1763700000, **comment()}]}],
    ),
    "other object": post_json("/hooks/instagram", {"object": "page", "entry": [comment()]}),
}
