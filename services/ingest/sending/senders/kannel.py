"""SMS by an own Kannel (`sendsms`). It gives no id: the receipt's address names our reference."""

from urllib.parse import quote

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from services.ingest.sending.base import BLOCK, HTTPSender
from services.ingest.sending.fitting import in_gsm
from services.ingest.sending.http import HTTP
from services.ingest.sending.ports import Outward
from shared.contracts.enums import Channel

_DELIVERED_FAILED_REJECTED = "19"


class KannelSettings(BaseSettings):
    """What sending by Kannel needs."""

    model_config = BLOCK

    send_kannel_url: str = Field(
        default="",
        description="Its `sendsms` address, such as `http://kannel:13013/cgi-bin/sendsms`.",
    )
    send_kannel_username: str = Field(default="", description="User of `group = sendsms-user`.")
    send_kannel_password: SecretStr = Field(default=SecretStr(""), description="Its password.")
    send_kannel_from: str = Field(default="", description="Our short code or number.")
    send_kannel_smsc: str = Field(default="", description="Which smsc; none: Kannel's own routing.")
    send_kannel_dlr_url: SecretStr = Field(
        default=SecretStr(""),
        description="Where receipts go: `https://…/hooks/kannel/<secret>`; none: no receipts.",
    )


class KannelSender(HTTPSender):
    """Calls `sendsms`."""

    channel = Channel.KANNEL
    limit = 459

    def __init__(self, settings: KannelSettings, http: HTTP) -> None:
        self._settings = settings
        self._dlr = settings.send_kannel_dlr_url.get_secret_value()
        super().__init__(http, confirms=bool(self._dlr))

    def send(self, message: Outward) -> str | None:
        """One call; the id is our reference, which the receipt's address carries."""
        settings = self._settings
        params = {
            "username": settings.send_kannel_username,
            "password": settings.send_kannel_password.get_secret_value(),
            "from": message.account or settings.send_kannel_from,
            "to": message.to,
            "text": message.text,
            "charset": "UTF-8",
            "coding": "0" if in_gsm(message.text) else "2",
        }
        if settings.send_kannel_smsc:
            params["smsc"] = settings.send_kannel_smsc
        if self._dlr:
            # Kannel puts the kind of the receipt where `%d` stands.
            params["dlr-mask"] = _DELIVERED_FAILED_REJECTED
            params["dlr-url"] = f"{self._dlr}?dlr=%d&id={quote(message.reference)}"
        self.http.get(settings.send_kannel_url, params).require()
        return message.reference


def configured(site: str, http: HTTP) -> KannelSender | None:
    """The sender, if an address is set."""
    settings = KannelSettings()
    return KannelSender(settings, http) if settings.send_kannel_url else None
