"""Calls of the Vonage SMS API."""

from urllib.parse import urlencode

from tests.recorded import SITE, get, post_form, post_json

SECRETS = ("test-signature-secret", "older-signature-secret")
OPTIONS: dict[str, str] = {}
PATH = "/hooks/vonage"

# The vector of the channels' page; the text has a mark that is signed as `_`.
SIGNED_TEXT = (
    "&keyword=LAPOR&message-timestamp=2025-11-21 04:00:00&messageId=0A0000000123ABCD1"
    "&msisdn=6281200000001&nonce=aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
    "&text=LAPOR sampah _ bau&timestamp=1763697600&to=622150000000&type=text"
)
MD5 = "c0297a935b5ce14ffb3da0644afdb2a1"
SHA256 = "5415E596B7770714D04DE62CD6D779CF8301AADB7CF079D9ABEFE798DE06D549"
SMS = {
    "type": "text",
    "to": "622150000000",
    "msisdn": "6281200000001",
    "messageId": "0A0000000123ABCD1",
    "message-timestamp": "2025-11-21 04:00:00",
    "text": "LAPOR sampah & bau",
    "keyword": "LAPOR",
    "timestamp": "1763697600",
    "nonce": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
}
CONCAT = {"concat": "true", "concat-ref": "108", "concat-total": "3"}
RECEIPT = {
    "msisdn": "6281200000001",
    "to": "PEMKAB",
    "network-code": "51010",
    "messageId": "0B00000127FDBC63",
    "price": "0.02",
    "scts": "2511210401",
    "message-timestamp": "2025-11-21 04:01:00",
}


CALLS = {
    "form": post_form(PATH, {**SMS, "sig": MD5}),
    "get": get(f"{SITE}{PATH}?{urlencode({**SMS, 'sig': MD5})}"),
    "json": post_json(PATH, {**SMS, "sig": MD5}),
    "part 2": post_json(
        PATH, SMS | {**CONCAT, "concat-part": "2", "messageId": "P2", "text": " lanjut "}
    ),
    "part 1 typed": post_json(
        PATH, {**SMS, "concat": True, "concat-ref": 108, "concat-total": 3, "concat-part": 1}
    ),
    "part 9 of 3": post_form(PATH, SMS | {**CONCAT, "concat-part": "9"}),
    "binary": post_form(PATH, {**SMS, "type": "binary", "text": "", "data": "0605", "udh": "06"}),
    "advertisement": post_form(PATH, {**SMS, "msisdn": "TELKOMSEL"}),
    "short code": post_form(PATH, {**SMS, "msisdn": "4444"}),
    "delivered": post_form(PATH, {**RECEIPT, "status": "delivered", "err-code": "0"}),
    "accepted": post_json(PATH, {**RECEIPT, "status": "accepted", "err-code": "0"}),
    "failed": post_form(PATH, {**RECEIPT, "status": "failed", "err-code": "6"}),
    "unknown": post_form(PATH, {**RECEIPT, "status": "unknown", "err-code": "99"}),
    "nothing": post_form(PATH, {}),
}
