"""Calls of gateways that are mapped by options."""

from dataclasses import replace
from typing import Any

from services.ingest.channels.message import HookRequest
from tests.recorded import SITE, get, post, post_form, post_json

SECRETS = ("test-path-secret", "older-path-secret")
OPTIONS = {"zone": "Asia/Jakarta", "status": "status"}
PATH = "/hooks/generic/s"
SMS = {
    "id": "A-1",
    "from": "081200000001",
    "to": "1708",
    "text": "LAPOR lampu mati",
    "time": "2025-11-21 11:00:00",
}


def form(fields: dict[str, str], path: str = "") -> HookRequest:
    return replace(post_form(PATH + path, fields), path_secret=SECRETS[0])


def doc(body: Any, path: str = "") -> HookRequest:
    return replace(post_json(PATH + path, body), path_secret=SECRETS[0])


CALLS = {
    "form": form(SMS),
    "json": doc(SMS),
    "get": replace(
        get(
            f"{SITE}{PATH}?id=A-1&from=081200000001&to=1708&text=LAPOR+lampu+mati"
            "&time=2025-11-21+11:00:00"
        ),
        path_secret=SECRETS[0],
    ),
    "no type": replace(
        post(SITE + PATH, b'{"id":"A-2","from":"081200000001","text":"CEK"}', ""),
        path_secret=SECRETS[0],
    ),
    "nested": doc({"data": {"sms": [{"msisdn": 6281200000001, "body": "CEK"}], "uid": "N-1"}}),
    "list": doc({"items": [SMS, SMS | {"id": "A-3"}, 5]}),
    "bare list": doc([SMS, SMS | {"id": "A-4"}]),
    "piece": form(SMS | {"udh": "050003AA0201"}),
    "playsms": form(
        {
            "id": "9",
            "from": "081200000001",
            "to": "1708",
            "message": "CEK",
            "smsc": "gsm1",
            "authcode": SECRETS[1],
        }
    ),
    "advertisement": form(SMS | {"from": "PROMO"}),
    "short code": form(SMS | {"from": "4444"}),
    "delivered": form({"id": "T-1", "status": "DELIVRD"}),
    "failed": form({"id": "T-1", "status": "UNDELIV", "time": "1763697600"}),
    "accepted": form({"id": "T-1", "status": "ACCEPTD", "time": "1763697600000"}),
    "other status": form({"id": "T-1", "status": "maybe"}),
    "nothing": form({}),
}
