"""WhatsApp Cloud API: free words within a day of the citizen's last message, else the template.

The template must be approved with two parameters in its body: the ticket, and where to follow it.
"""

from typing import Any

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from services.ingest.sending.base import BLOCK, HTTPSender
from services.ingest.sending.http import HTTP, Answer
from services.ingest.sending.ports import (
    AgainError,
    Outward,
    RefusedError,
    SendError,
    WindowClosedError,
)
from shared.contracts.enums import Channel

_WINDOW = frozenset({131047, 470})
# Rates and trouble at Meta, and what an operator repairs: token, permission, payment, quality.
_PASSING = frozenset(
    {0, 1, 2, 3, 4, 10, 190, 200, 368, 80007, 130429, 131000, 131005, 131016, 131031, 131042,
     131048, 131056, 131057, 133004, 133016}
)  # fmt: skip


class WhatsappSettings(BaseSettings):
    """What sending by WhatsApp needs."""

    model_config = BLOCK

    send_whatsapp_token: SecretStr = Field(
        default=SecretStr(""), description="System user's access token; none: not sent so."
    )
    send_whatsapp_number: str = Field(
        default="", description="Phone number id to write from when the citizen wrote to none."
    )
    send_whatsapp_template: str = Field(
        default="", description="Approved template with ticket and link; none: SMS instead."
    )
    send_whatsapp_language: str = Field(default="id", description="The template's language.")
    send_whatsapp_url: str = Field(
        default="https://graph.facebook.com/v23.0", description="Address and version of the API."
    )


class WhatsappSender(HTTPSender):
    """Posts a text or the template; receipts come to `/hooks/whatsapp`."""

    channel = Channel.WHATSAPP
    limit = 4096

    def __init__(self, settings: WhatsappSettings, http: HTTP) -> None:
        super().__init__(http, confirms=True)
        self._settings = settings
        self.has_template = bool(settings.send_whatsapp_template)

    def send(self, message: Outward) -> str | None:
        """One call; WhatsApp's `wamid`."""
        settings = self._settings
        ours = message.account or settings.send_whatsapp_number
        token = settings.send_whatsapp_token.get_secret_value()
        answer = self.http.post(
            f"{settings.send_whatsapp_url}/{ours}/messages",
            headers={"authorization": f"Bearer {token}"},
            json={
                "messaging_product": "whatsapp",
                "recipient_type": "individual",
                "to": message.to.lstrip("+"),
                "biz_opaque_callback_data": message.reference,
                **self._content(message),
            },
        )
        if not answer.ok:
            raise _trouble(answer)
        found = answer.json().get("messages")
        first = found[0] if isinstance(found, list) and found else {}
        given = first.get("id") if isinstance(first, dict) else None
        return given if isinstance(given, str) else None

    def _content(self, message: Outward) -> dict[str, Any]:
        if not message.template:
            return {"type": "text", "text": {"preview_url": False, "body": message.text}}
        parameters = [{"type": "text", "text": part} for part in (message.ticket, message.link)]
        template = {
            "name": self._settings.send_whatsapp_template,
            "language": {"code": self._settings.send_whatsapp_language},
            "components": [{"type": "body", "parameters": parameters}],
        }
        return {"type": "template", "template": template}


def _trouble(answer: Answer) -> SendError:
    found = answer.json().get("error") if answer.status < 500 else None
    code = found.get("code") if isinstance(found, dict) else None
    if code in _WINDOW:
        return WindowClosedError(f"code-{code}")
    if code in _PASSING:
        return AgainError(f"code-{code}", answer.after)
    if isinstance(code, int) and answer.status != 429:
        return RefusedError(f"code-{code}")
    return answer.trouble()


def configured(site: str, http: HTTP) -> WhatsappSender | None:
    """The sender, if a token is set."""
    settings = WhatsappSettings()
    token = settings.send_whatsapp_token.get_secret_value()
    return WhatsappSender(settings, http) if token else None
