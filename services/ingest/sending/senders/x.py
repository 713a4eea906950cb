"""Direct messages on X, signed by OAuth 1.0a; off unless all four keys are set (a paid tier)."""

import base64
import hmac
import secrets
import time
from collections.abc import Mapping
from hashlib import sha1
from urllib.parse import quote

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from services.ingest.sending.base import BLOCK, HTTPSender
from services.ingest.sending.http import HTTP
from services.ingest.sending.ports import Outward, RefusedError
from shared.contracts.enums import Channel


class XSettings(BaseSettings):
    """What sending by X needs."""

    model_config = BLOCK

    send_x_key: str = Field(default="", description="Consumer key; none: not sent so.")
    send_x_secret: SecretStr = Field(default=SecretStr(""), description="Consumer secret.")
    send_x_token: str = Field(default="", description="Our account's access token.")
    send_x_token_secret: SecretStr = Field(default=SecretStr(""), description="Its secret.")
    send_x_url: str = Field(default="https://api.x.com", description="Address of the API.")


class XSender(HTTPSender):
    """Posts to the conversation with the citizen; a person who takes no messages refuses."""

    channel = Channel.X
    limit = 9000

    def __init__(self, settings: XSettings, http: HTTP) -> None:
        super().__init__(http)
        self._settings = settings

    def send(self, message: Outward) -> str | None:
        """One call."""
        settings = self._settings
        url = f"{settings.send_x_url}/2/dm_conversations/with/{quote(message.to, safe='')}/messages"
        oauth = {
            "oauth_consumer_key": settings.send_x_key,
            "oauth_nonce": secrets.token_hex(16),
            "oauth_signature_method": "HMAC-SHA1",
            "oauth_timestamp": str(int(time.time())),
            "oauth_token": settings.send_x_token,
            "oauth_version": "1.0",
        }
        keys = (
            settings.send_x_secret.get_secret_value(),
            settings.send_x_token_secret.get_secret_value(),
        )
        oauth["oauth_signature"] = oauth_signature("POST", url, oauth, keys)
        header = ", ".join(f'{name}="{_encoded(value)}"' for name, value in sorted(oauth.items()))
        answer = self.http.post(
            url, headers={"authorization": f"OAuth {header}"}, json={"text": message.text}
        )
        if answer.status == 403:
            raise RefusedError("status-403")  # the person takes no messages from us
        data = answer.require().json().get("data")
        given = data.get("dm_event_id") if isinstance(data, dict) else None
        return given if isinstance(given, str) else None


def oauth_signature(method: str, url: str, params: Mapping[str, str], keys: tuple[str, str]) -> str:
    """OAuth 1.0a (RFC 5849) over the parameters; a JSON body is not part of it."""
    pairs = sorted((_encoded(name), _encoded(value)) for name, value in params.items())
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join((method, _encoded(url), _encoded(joined)))
    key = "&".join(_encoded(part) for part in keys)
    return base64.b64encode(hmac.new(key.encode(), base.encode(), sha1).digest()).decode()


def _encoded(value: str) -> str:
    return quote(value, safe="-._~")


def configured(site: str, http: HTTP) -> XSender | None:
    """The sender, if all keys are set."""
    found = XSettings()
    keys = (found.send_x_secret.get_secret_value(), found.send_x_token_secret.get_secret_value())
    return XSender(found, http) if all((found.send_x_key, found.send_x_token, *keys)) else None
