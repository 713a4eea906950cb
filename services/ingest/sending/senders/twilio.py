"""SMS by Twilio's Messages API. No key against repeats exists there: a lost answer sends twice."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from services.ingest.sending.base import BLOCK, HTTPSender
from services.ingest.sending.http import HTTP
from services.ingest.sending.ports import Outward, RefusedError
from shared.contracts.enums import Channel

# The citizen sent STOP to Twilio itself, or the number cannot be written to.
_GONE = frozenset({21211, 21408, 21610, 21612, 21614, 30003, 30005, 30006})

_WHATSAPP = "whatsapp:"


class TwilioSettings(BaseSettings):
    """What sending by Twilio needs."""

    model_config = BLOCK

    send_twilio_account: str = Field(default="", description="Account SID; none: not sent so.")
    send_twilio_token: SecretStr = Field(default=SecretStr(""), description="Its auth token.")
    send_twilio_from: str = Field(
        default="", description="Our number, or a messaging service (`MG…`)."
    )
    send_twilio_url: str = Field(
        default="https://api.twilio.com", description="Address of the API."
    )


class TwilioSender(HTTPSender):
    """Posts a message; receipts come to `/hooks/twilio` when the site is public."""

    channel = Channel.TWILIO
    limit = 459

    def __init__(self, settings: TwilioSettings, site: str, http: HTTP) -> None:
        super().__init__(http)
        self._settings = settings
        self._callback = f"{site}/hooks/twilio" if site.startswith("https://") else ""
        self.confirms = bool(self._callback)

    def send(self, message: Outward) -> str | None:
        """One call; Twilio's `sid`."""
        settings = self._settings
        ours = message.account or settings.send_twilio_from
        if message.to.startswith(_WHATSAPP) and not ours.startswith((_WHATSAPP, "MG")):
            ours = f"{_WHATSAPP}{ours}"  # WhatsApp by Twilio: both ends carry the scheme
        sender = "MessagingServiceSid" if ours.startswith("MG") else "From"
        form = {"To": message.to, sender: ours, "Body": message.text}
        if self._callback:
            form["StatusCallback"] = self._callback
        account = settings.send_twilio_account
        answer = self.http.post(
            f"{settings.send_twilio_url}/2010-04-01/Accounts/{account}/Messages.json",
            form=form,
            auth=(account, settings.send_twilio_token.get_secret_value()),
        )
        if answer.ok:
            sid = answer.json().get("sid")
            return sid if isinstance(sid, str) else None
        code = answer.json().get("code") if answer.status < 500 else None
        if code in _GONE:
            raise RefusedError(f"code-{code}")
        raise answer.trouble(code if isinstance(code, int) else None)


def configured(site: str, http: HTTP) -> TwilioSender | None:
    """The sender, if an account is set."""
    settings = TwilioSettings()
    return TwilioSender(settings, site, http) if settings.send_twilio_account else None
