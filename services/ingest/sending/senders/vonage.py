"""SMS by Vonage's SMS API. A repeat of a lost answer sends twice; `client-ref` names it to them."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from services.ingest.sending.base import BLOCK, HTTPSender
from services.ingest.sending.fitting import in_gsm
from services.ingest.sending.http import HTTP
from services.ingest.sending.ports import AgainError, Outward, RefusedError
from shared.contracts.enums import Channel

# Invalid parameter or message, barred number, too long, not allowed there.
_REFUSED = frozenset({"2", "3", "6", "7", "12", "22", "29"})


class VonageSettings(BaseSettings):
    """What sending by Vonage needs."""

    model_config = BLOCK

    send_vonage_key: str = Field(default="", description="API key; none: not sent so.")
    send_vonage_secret: SecretStr = Field(default=SecretStr(""), description="API secret.")
    send_vonage_from: str = Field(default="", description="Our number or sender name.")
    send_vonage_url: str = Field(
        default="https://rest.nexmo.com", description="Address of the API."
    )


class VonageSender(HTTPSender):
    """Posts a message; receipts come where the account says (`/hooks/vonage`)."""

    channel = Channel.VONAGE
    limit = 459

    def __init__(self, settings: VonageSettings, http: HTTP) -> None:
        super().__init__(http, confirms=True)
        self._settings = settings

    def send(self, message: Outward) -> str | None:
        """One call; the id of the first piece."""
        settings = self._settings
        form = {
            "api_key": settings.send_vonage_key,
            "api_secret": settings.send_vonage_secret.get_secret_value(),
            "from": (message.account or settings.send_vonage_from).lstrip("+"),
            "to": message.to.lstrip("+"),
            "text": message.text,
            "type": "text" if in_gsm(message.text) else "unicode",
            "client-ref": message.reference[:100],
        }
        answer = self.http.post(f"{settings.send_vonage_url}/sms/json", form=form).require()
        pieces = answer.json().get("messages")
        first = pieces[0] if isinstance(pieces, list) and pieces else None
        if not isinstance(first, dict):
            raise AgainError("unreadable")
        status = str(first.get("status"))
        if status == "0":
            found = first.get("message-id")
            return found if isinstance(found, str) else None
        if status in _REFUSED:
            raise RefusedError(f"code-{status}"[:40])
        # Throttled, no credit, wrong secret, trouble at Vonage.
        raise AgainError(f"code-{status}"[:40])


def configured(site: str, http: HTTP) -> VonageSender | None:
    """The sender, if a key is set."""
    settings = VonageSettings()
    return VonageSender(settings, http) if settings.send_vonage_key else None
