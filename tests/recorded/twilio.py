"""Calls of Twilio."""

import hashlib
import json

from tests.recorded import SITE, get, post, post_form, with_header

SECRETS = ("test-auth-token", "older-auth-token")
OPTIONS: dict[str, str] = {}
HEADER = "x-twilio-signature"
PATH = "/hooks/sms/twilio"

# The vectors of the channels' page; the first is Twilio's own published example.
PUBLISHED_TOKEN = "12345"
PUBLISHED = with_header(
    post(
        "https://mycompany.com/myapp.php?foo=1&bar=2",
        b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309"
        b"&To=%2B18005551212",
        "application/x-www-form-urlencoded",
    ),
    HEADER,
    "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
)
SIGNATURE = "3ZTdkbyrWIHoLQOJ9NF+8ayCIHQ="
SMS = {
    "MessageSid": "SM00000000000000000000000000000001",
    "AccountSid": "AC00000000000000000000000000000001",
    "From": "+6281200000001",
    "To": "+622150000000",
    "Body": "LAPOR jalan rusak di Jl. Melati RT 02",
    "NumMedia": "0",
    "NumSegments": "1",
}
MEDIA = {
    "NumMedia": "3",
    "MediaUrl0": "https://api.twilio.com/M/0",
    "MediaContentType0": "image/jpeg",
    "MediaUrl1": "https://api.twilio.com/M/1",
    "MediaContentType1": "application/pdf",
    "MediaUrl2": "https://api.twilio.com/M/2",
    "MediaContentType2": "audio/amr",
}
JSON = json.dumps(SMS).encode()


def status(name: str, **more: str) -> dict[str, str]:
    return {"MessageSid": "SM9", "MessageStatus": name, "To": "+6281200000001", **more}


CALLS = {
    "sms": post_form(PATH, SMS),
    "by get": get(f"{SITE}{PATH}?MessageSid=SM2&From=%2B6281200000001&To=1708&Body=CEK"),
    "json": post(
        f"{SITE}{PATH}?bodySHA256={hashlib.sha256(JSON).hexdigest()}", JSON, "application/json"
    ),
    "mms": post_form(PATH, SMS | MEDIA | {"Body": ""}),
    "whatsapp": post_form(
        PATH,
        SMS
        | {
            "From": "whatsapp:+6281200000001",
            "To": "whatsapp:+14155238886",
            "ProfileName": "Warga Uji",
            "Latitude": "-1.9",
            "Longitude": "116.2",
            "Label": "Pasar",
            "Body": "",
            "OriginalRepliedMessageSid": "SM8",
        },
    ),
    "advertisement": post_form(PATH, SMS | {"From": "TELKOMSEL"}),
    "short code": post_form(PATH, SMS | {"From": "4444"}),
    "empty": post_form(PATH, SMS | {"Body": " "}),
    "call": PUBLISHED,
    "sent": post_form(PATH, status("sent")),
    "delivered": post_form(PATH, status("delivered")),
    "undelivered": post_form(PATH, status("undelivered", ErrorCode="30005")),
    "failed": post_form(PATH, status("failed", ErrorCode="63016")),
    "queued": post_form(PATH, status("queued")),
}
