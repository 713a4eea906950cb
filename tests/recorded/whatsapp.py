"""Calls of the WhatsApp Cloud API."""

from typing import Any

from tests.recorded import SITE, post, post_json

SECRETS = ("test-app-secret", "older-app-secret")
OPTIONS: dict[str, str] = {}

# The vector of the channels' page: body and signature.
SIGNED_BODY = (
    b'{"object":"whatsapp_business_account","entry":[{"id":"0","changes":[{"field":"messages",'
    b'"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"622150000000",'
    b'"phone_number_id":"100000000000001"},"contacts":[{"profile":{"name":"Warga Uji"},"wa_id":'
    b'"6281200000001"}],"messages":[{"from":"6281200000001","id":"wamid.TEST0001","timestamp":'
    b'"1763700000","type":"text","text":{"body":"Lampu jalan mati"}}]}}]}]}'
)
SIGNATURE = "sha256=b86a6f90bc708480b9518eca79b0d4fe115ee732ebdd254eadb9c58d27d15ecc"


def value(**parts: Any) -> dict[str, Any]:
    return {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": "622150000000",
            "phone_number_id": "100000000000001",
        },
        "contacts": [{"profile": {"name": "Warga Uji"}, "wa_id": "6281200000001"}],
        **parts,
    }


def call(*values: dict[str, Any], field: str = "messages") -> Any:
    changes = [{"field": field, "value": one} for one in values]
    body = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "0", "changes": [change]} for change in changes],
    }
    return post_json("/hooks/whatsapp", body)


def message(kind: str, content: Any, number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "from": "6281200000001",
        "id": f"wamid.TEST{number:04}",
        "timestamp": "1763700000",
        "type": kind,
        kind: content,
        **more,
    }


def said(kind: str, content: Any, **more: Any) -> Any:
    return call(value(messages=[message(kind, content, **more)]))


def status(name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "wamid.OUT1",
        "status": name,
        "timestamp": "1763700060",
        "recipient_id": "6281200000001",
        **more,
    }


def media(kind: str, media_type: str, **more: str) -> Any:
    file = {"id": f"9{len(kind)}1", "mime_type": media_type, "sha256": "q83v", **more}
    return said(kind, file)


CALLS = {
    "text": post(SITE + "/hooks/whatsapp", SIGNED_BODY, "application/json"),
    "batch": call(
        value(messages=[message("text", {"body": f"ke-{n}"}, n) for n in (1, 2)]),
        value(messages=[message("text", {"body": "ke-3"}, 3)]),
    ),
    "reply": said("text", {"body": "sudah"}, context={"from": "622150000000", "id": "wamid.OUT1"}),
    "image": media("image", "image/jpeg", caption="Jalan rusak"),
    "video": media("video", "video/mp4"),
    "audio": media("audio", "audio/ogg; codecs=opus"),
    "document": media("document", "application/pdf", filename="surat.pdf"),
    "sticker": media("sticker", "image/webp"),
    "location": said(
        "location",
        {"latitude": -1.9, "longitude": 116.2, "name": "Pasar", "address": "Jl. Melati"},
    ),
    "contacts": said(
        "contacts",
        [{"name": {"formatted_name": "Pak RT"}, "phones": [{"phone": "+62 812"}, {}]}],
    ),
    "button": said("button", {"text": "Ya, selesai", "payload": "SELESAI PSR-1"}),
    "list": said("interactive", {"type": "list_reply", "list_reply": {"id": "5", "title": "Baik"}}),
    "choice": said("interactive", {"type": "button_reply", "button_reply": {"title": "Ya"}}),
    "reaction": said("reaction", {"message_id": "wamid.OUT1", "emoji": "👍"}),
    "unsupported": said("unsupported", {}, errors=[{"code": 131051}]),
    "revoke": said("revoke", {"original_message_id": "wamid.TEST0000"}),
    "edit": said(
        "edit",
        {
            "original_message_id": "wamid.TEST0000",
            "message": {"type": "text", "text": {"body": "RT 03"}},
        },
    ),
    "hidden number": call(
        value(
            contacts=[{"profile": {"name": "Warga"}, "user_id": "ID.1349120865530274"}],
            messages=[
                {
                    "from_user_id": "ID.1349120865530274",
                    "id": "wamid.B1",
                    "timestamp": "1763700000",
                    "type": "text",
                    "text": {"body": "halo"},
                }
            ],
        )
    ),
    "statuses": call(
        value(
            statuses=[
                *map(status, ("sent", "delivered", "read", "deleted")),
                status("failed", errors=[{"code": 131047, "title": "Re-engagement message"}]),
            ]
        )
    ),
    "trouble": call(value(errors=[{"code": 130429, "title": "Rate limit hit"}])),
    "echo": call(value(message_echoes=[{"from": "622150000000"}]), field="smb_message_echoes"),
    "other field": call({"event": "APPROVED"}, field="message_template_status_update"),
}
