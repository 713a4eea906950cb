"""Updates of a Telegram bot."""

from typing import Any

from services.ingest.channels.message import HookRequest
from tests.recorded import post_json

SECRETS = ("test_secret-Token", "older_secret-Token")
OPTIONS: dict[str, str] = {}
PERSON = {"id": 70001, "is_bot": False, "first_name": "Warga", "last_name": "Uji"}


def update(kind: str, content: Any, number: int = 900001, path: str = "") -> HookRequest:
    return post_json("/hooks/telegram" + path, {"update_id": number, kind: content})


def message(**content: Any) -> dict[str, Any]:
    return {
        "message_id": 11,
        "date": 1763700000,
        "from": PERSON,
        "chat": {"id": 70001, "type": "private"},
        **content,
    }


def said(**content: Any) -> HookRequest:
    return update("message", message(**content))


def file(name: str, **more: Any) -> dict[str, Any]:
    return {name: {"file_id": f"F-{name}", "file_size": 5, **more}}


SIZES = [
    {"file_id": "F-small", "width": 90, "height": 67, "file_size": 1},
    {"file_id": "F-large", "width": 1280, "height": 960, "file_size": 9},
    {"file_id": "F-middle", "width": 320, "height": 240, "file_size": 5},
]
PLACE = {"latitude": -1.9, "longitude": 116.2, "horizontal_accuracy": 12.5}
BOT = {"id": 8, "is_bot": True, "first_name": "bot"}
GROUP = {"id": -100200, "type": "supergroup"}

CALLS = {
    "text": said(text="Jalan rusak"),
    "other bot": update("message", message(text="x"), path="?account=paser_bot"),
    "photo": said(photo=SIZES, caption="Lubang"),
    "album": update("message", message(photo=SIZES, media_group_id="135", message_id=12), 900002),
    "document": said(**file("document", mime_type="application/pdf")),
    "picture as document": said(**file("document", mime_type="image/png")),
    "voice": said(**file("voice", mime_type="audio/ogg")),
    "audio": said(**file("audio", mime_type="audio/mpeg")),
    "video": said(**file("video", mime_type="video/mp4")),
    "video_note": said(**file("video_note")),
    "animation": said(
        **file("animation", mime_type="video/mp4"), **file("document", mime_type="video/mp4")
    ),
    "location": said(location=PLACE),
    "venue": said(venue={"location": PLACE, "title": "Pasar", "address": "Jl. Melati"}),
    "contact": said(contact={"phone_number": "+62812", "first_name": "Pak", "last_name": "RT"}),
    "reply": said(
        text="Ya",
        reply_to_message=message(**{"message_id": 10, "date": 1763690000, "from": BOT}),
    ),
    "edited": update("edited_message", message(text="Jalan RT 2", edit_date=1763700060)),
    "moving": update("edited_message", message(location=PLACE, edit_date=1763700060)),
    "button": update(
        "callback_query",
        {"id": "44", "from": PERSON, "message": message(**{"from": BOT}), "data": "SELESAI PSR-1"},
    ),
    "button in group": update(
        "callback_query", {"id": "44", "from": PERSON, "message": {"chat": GROUP}, "data": "x"}
    ),
    "sticker": said(sticker={"file_id": "S"}),
    "poll": said(poll={"id": "1"}),
    "bot": said(**{"from": BOT}, text="halo"),
    "group": said(chat=GROUP, text="halo"),
    "channel post": update("channel_post", {"message_id": 1, "text": "pengumuman"}),
    "membership": update("my_chat_member", {"chat": {"id": 70001}}),
    "reaction": update("message_reaction", {"message_id": 3}),
}
