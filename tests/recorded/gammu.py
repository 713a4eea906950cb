"""Calls of gammu's script, and of a poller that reads its tables."""

from dataclasses import replace
from typing import Any

from services.ingest.channels.message import HookRequest
from tests.recorded import post_form, post_json

SECRETS = ("test-path-secret", "older-path-secret")
OPTIONS = {"zone": "Asia/Makassar"}
PATH = "/hooks/gammu/s"
RUN = {
    "SMS_MESSAGES": "1",
    "SMS_1_NUMBER": "+6281200000001",
    "SMS_1_TEXT": "LAPOR lampu mati",
    "SMS_1_CLASS": "-1",
    "SMS_1_REFERENCE": "0",
    "DECODED_PARTS": "0",
    "PHONE_ID": "modem1",
    "ids": "41",
    "time": "1763697600",
}
LONG = RUN | {
    "SMS_MESSAGES": "2",
    "SMS_1_TEXT": "LAPOR la",
    "SMS_2_NUMBER": "+6281200000001",
    "SMS_2_TEXT": "mpu mati",
    "ids": "42 43",
}
JOINED = LONG | {"DECODED_PARTS": "1", "DECODED_1_TEXT": "LAPOR lampu mati sejak Senin"}
ROW = {
    "ID": 44,
    "SenderNumber": "081200000001",
    "TextDecoded": "LAPOR lampu mati",
    "UDH": "",
    "ReceivingDateTime": "2025-11-21 12:00:00",
    "SMSCNumber": "+62811000000",
    "RecipientID": "modem1",
    "Coding": "Default_No_Compression",
    "Class": -1,
    "Processed": "false",
}


def run(fields: dict[str, str]) -> HookRequest:
    return replace(post_form(PATH, fields), path_secret=SECRETS[0])


def rows(body: Any) -> HookRequest:
    return replace(post_json(PATH, body), path_secret=SECRETS[0])


CALLS = {
    "run": run(RUN),
    "run in json": rows(RUN),
    "pieces": run(LONG),
    "joined": run(JOINED),
    "advertisement": run(RUN | {"SMS_1_NUMBER": "TELKOMSEL"}),
    "short code": run(RUN | {"SMS_1_NUMBER": "4444"}),
    "picture only": run(RUN | {"SMS_1_TEXT": ""}),
    "row": rows(ROW),
    "rows": rows([ROW, ROW | {"ID": 45, "UDH": "050003AA0201"}, "x"]),
    "messages": rows({"messages": [ROW, ROW | {"ID": 46}]}),
    "nothing": rows({"messages": []}),
}
