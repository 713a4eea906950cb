"""Calls of a Facebook page: comments and Messenger."""

from typing import Any

from services.ingest.channels.message import HookRequest
from tests.recorded import post_json

SECRETS = ("test-app-secret", "older-app-secret")
OPTIONS: dict[str, str] = {}
PAGE, CITIZEN = "1000", "2000"


def call(*entries: dict[str, Any]) -> HookRequest:
    filled = [{"id": PAGE, "time": 1763700005, **entry} for entry in entries]
    return post_json("/hooks/facebook", {"object": "page", "entry": filled})


def change(field: str = "feed", /, **value: Any) -> dict[str, Any]:
    return {"field": field, "value": value}


def comment(number: int = 1, /, **more: Any) -> dict[str, Any]:
    value = {
        "item": "comment",
        "verb": "add",
        "comment_id": f"1000_77_{number}",
        "post_id": "1000_77",
        "parent_id": "1000_77",
        "from": {"id": CITIZEN, "name": "Warga Uji"},
        "message": f"Air mati, {number}",
        "created_time": 1763700000,
    }
    return change(**(value | more))


def event(**what: Any) -> dict[str, Any]:
    return {
        "sender": {"id": CITIZEN},
        "recipient": {"id": PAGE},
        "timestamp": 1763700000123,
        **what,
    }


def direct(*events: dict[str, Any]) -> HookRequest:
    return call({"messaging": list(events)})


def sent(**message: Any) -> HookRequest:
    return direct(event(message={"mid": "m_1", **message}))


def attached(kind: str, **payload: Any) -> HookRequest:
    return sent(attachments=[{"type": kind, "payload": payload}])


CALLS = {
    "comment": call({"changes": [comment()]}),
    "batch": call(
        {
            "changes": [comment(1), comment(2)],
            "messaging": [event(message={"mid": "m", "text": "x"})],
        },
        {"changes": [comment(3)]},
    ),
    "reply": call({"changes": [comment(2, parent_id="1000_77_1")]}),
    "photo comment": call({"changes": [comment(message="", photo="https://cdn/1.jpg")]}),
    "nameless": call({"changes": [comment(**{"from": None})]}),
    "own comment": call({"changes": [comment(**{"from": {"id": PAGE}})]}),
    "edited": call({"changes": [comment(verb="edited", message="Air mati di RT 2")]}),
    "removed": call({"changes": [comment(verb="remove", message=None)]}),
    "hidden": call({"changes": [comment(verb="hide")]}),
    "like": call({"changes": [comment(item="like", comment_id=None)]}),
    "reaction": call({"changes": [change(item="reaction", verb="add", reaction_type="angry")]}),
    "visitor post": call({"changes": [comment(item="post", comment_id=None, parent_id=None)]}),
    "visitor photo": call(
        {"changes": [comment(item="photo", comment_id=None, link="https://cdn/2.jpg")]}
    ),
    "visitor video": call(
        {"changes": [comment(item="video", comment_id=None, link="https://cdn/3.mp4")]}
    ),
    "other field": call({"changes": [change("ratings", review_text="baik")]}),
    "text": sent(text="Halo, ada jalan rusak"),
    "echo": direct(event(message={"mid": "m_2", "text": "Terima kasih", "is_echo": True})),
    "quick reply": sent(text="Ya", quick_reply={"payload": "SELESAI PSR-1"}),
    "answer": sent(text="Ya", reply_to={"mid": "m_0"}),
    "image": attached("image", url="https://cdn/4.jpg"),
    "file": attached("file", url="https://cdn/5.pdf"),
    "audio": attached("audio", url="https://cdn/6.mp4"),
    "video": attached("video", url="https://cdn/7.mp4"),
    "thumb": attached("image", url="https://cdn/8.png", sticker_id=369239263222822),
    "location": attached("location", coordinates={"lat": -1.9, "long": 116.2}),
    "postback": direct(event(postback={"mid": "m_3", "title": "Cek", "payload": "CEK"})),
    "old postback": direct(event(postback={"title": "Mulai"})),
    "message edit": direct(event(message_edit={"mid": "m_1", "text": "RT 03", "num_edit": 1})),
    "delivery": direct(event(delivery={"mids": ["m_8", "m_9"], "watermark": 1763700000123})),
    "bare delivery": direct(event(delivery={"watermark": 1763700000123})),
    "read": direct(event(read={"watermark": 1763700000123})),
    "message reaction": direct(event(reaction={"mid": "m_1", "action": "react"})),
    "opt-in": direct(event(optin={"type": "one_time_notif_req"})),
    "standby": call({"standby": [event(message={"mid": "m_1", "text": "x"})]}),
    "test button": call(
        {"changes": [change("messages", **event(message={"mid": "m_5", "text": "uji"}))]}
    ),
    "other object": post_json("/hooks/facebook", {"object": "permissions", "entry": [{}]}),
}
