"""To a gateway of one's own: a webhook by the Standard Webhooks convention, signed.

The same `webhook-id` at every try lets the gateway leave repeats out.
"""

import base64
import binascii
import hmac
import time
from collections.abc import Sequence
from hashlib import sha256

import orjson
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from services.ingest.sending.base import BLOCK, HTTPSender
from services.ingest.sending.http import HTTP
from services.ingest.sending.ports import Outward
from shared.contracts.enums import Channel
from shared.errors import TanggapError

_PREFIX = "whsec_"


class GenericSettings(BaseSettings):
    """What sending to a gateway needs."""

    model_config = BLOCK

    send_generic_url: SecretStr = Field(
        default=SecretStr(""), description="The gateway's webhook; none: not sent so."
    )
    send_generic_secrets: SecretStr = Field(
        default=SecretStr(""),
        description="Signing secrets (`whsec_…`), comma-separated, newest first: each signs.",
    )
    send_generic_limit: int = Field(
        default=459, ge=70, le=10_000, description="The most characters the gateway takes."
    )
    send_generic_confirms: bool = Field(
        default=False, description="Whether the gateway sends receipts to `/hooks/generic`."
    )


class GenericSender(HTTPSender):
    """Posts `{id, to, account, text, ticket}`."""

    channel = Channel.GENERIC

    def __init__(self, settings: GenericSettings, http: HTTP) -> None:
        super().__init__(http, confirms=settings.send_generic_confirms)
        self._url = settings.send_generic_url.get_secret_value()
        self.limit = settings.send_generic_limit
        listed = settings.send_generic_secrets.get_secret_value().split(",")
        self._keys = tuple(signing_key(part) for part in listed if part.strip())
        if not self._keys:
            raise TanggapError("TANGGAP_SEND_GENERIC_SECRETS is not set: the gateway trusts no one")

    def send(self, message: Outward) -> str | None:
        """One call; our reference is the id, by which the gateway's receipts name it."""
        body = orjson.dumps(
            {
                "id": message.reference,
                "to": message.to,
                "account": message.account,
                "text": message.text,
                "ticket": message.ticket,
            }
        )
        at = str(int(time.time()))
        headers = {
            "content-type": "application/json",
            "webhook-id": message.reference,
            "webhook-timestamp": at,
            "webhook-signature": signature(self._keys, message.reference, at, body),
        }
        self.http.post(self._url, headers=headers, content=body).require()
        return message.reference


def signing_key(secret: str) -> bytes:
    """The bytes of a secret as the convention writes it; raises `TanggapError`."""
    try:
        return base64.b64decode(secret.strip().removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise TanggapError("TANGGAP_SEND_GENERIC_SECRETS: a secret is whsec_ and base64") from error


def signature(keys: Sequence[bytes], message_id: str, timestamp: str, body: bytes) -> str:
    """One `v1,…` a key, over `id.timestamp.body`."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    made = (hmac.new(key, signed, sha256).digest() for key in keys)
    return " ".join(f"v1,{base64.b64encode(value).decode()}" for value in made)


def configured(site: str, http: HTTP) -> GenericSender | None:
    """The sender, if an address is set."""
    settings = GenericSettings()
    return GenericSender(settings, http) if settings.send_generic_url.get_secret_value() else None
