"""Calls of Infobip."""

from dataclasses import replace
from typing import Any

from services.ingest.channels.message import HookRequest
from tests.recorded import post_json

SECRETS = ("test-path-secret", "older:pass:word")
OPTIONS: dict[str, str] = {}


def call(*results: Any) -> HookRequest:
    body = {"results": list(results), "messageCount": len(results), "pendingMessageCount": 0}
    return replace(post_json("/hooks/infobip", body), path_secret=SECRETS[0])


def sms(number: int = 1, /, **more: Any) -> dict[str, Any]:
    return {
        "messageId": f"81787935310512345{number}",
        "from": "6281200000001",
        "to": "622150000000",
        "text": f"LAPOR lampu mati {number}",
        "cleanText": f"lampu mati {number}",
        "keyword": "LAPOR",
        "receivedAt": "2025-11-21T11:00:00.220+0700",
        "smsCount": 1,
        "price": {"pricePerMessage": 0, "currency": "EUR"},
        "callbackData": "x",
        **more,
    }


def report(group: str, name: str, error: str = "NO_ERROR") -> dict[str, Any]:
    return {
        "bulkId": "1",
        "messageId": "M-1",
        "to": "6281200000001",
        "sentAt": "2025-11-21T04:00:00.000+0000",
        "doneAt": "2025-11-21T04:00:05.000+0000",
        "status": {"groupId": 1, "groupName": group, "id": 5, "name": name},
        "error": {"groupId": 0, "id": 0, "name": error, "permanent": False},
    }


CALLS = {
    "sms": call(sms()),
    "batch": call(sms(1), sms(2), "x", sms(3)),
    "advertisement": call(sms(**{"from": "TELKOMSEL"})),
    "short code": call(sms(**{"from": "4444"})),
    "to a short code": call(sms(to="1708")),
    "delivered": call(report("DELIVERED", "DELIVERED_TO_HANDSET")),
    "at the operator": call(report("DELIVERED", "DELIVERED_TO_OPERATOR")),
    "pending": call(report("PENDING", "PENDING_ENROUTE")),
    "undeliverable": call(report("UNDELIVERABLE", "UNDELIVERABLE_NOT_DELIVERED", "EC_ABSENT")),
    "rejected": call(report("REJECTED", "REJECTED_NO_ROUTE")),
    "new group": call(report("SEEN", "SEEN")),
    "nothing": call(),
}
